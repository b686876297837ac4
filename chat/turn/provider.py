"""The bot's provider with its key opened, read before the model is awaited."""

from __future__ import annotations

from bots.types import BotProfile
from chat.turn.trace import Trace
from integrations import selectors
from integrations.errors import ProviderError
from integrations.types import ProviderRef
from tenants.errors import NotFound


def of(profile: BotProfile, trace: Trace) -> ProviderRef | None:
    """`None` where it cannot be asked; the trace then says why, and the built-in one speaks."""
    try:
        return selectors.provider_ref(profile.provider_id)
    except (ProviderError, NotFound) as error:
        trace.failed("provider", error)
        return None
