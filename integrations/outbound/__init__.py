"""The one HTTP client for addresses that tenants choose: it connects to public addresses only."""

from integrations.outbound.addresses import (
    AddressRefused,
    AddressUnknown,
    AnswerPacked,
    AnswerRefused,
    check_url,
    is_public,
    port_of,
)
from integrations.outbound.connections import client, patiently

__all__ = [
    "AddressRefused",
    "AddressUnknown",
    "AnswerPacked",
    "AnswerRefused",
    "check_url",
    "client",
    "is_public",
    "patiently",
    "port_of",
]
