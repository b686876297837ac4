"""What a bot would lack with a version, so that it is known before customers talk to it.

In: the behaviour. Out: what is missing, as things are now: `documents` where it answers from none, `provider` where the
one that puts its answers into words is gone, switched off or fails, `builtin` where only quotes are left, and
`guardrails` where it says nothing of its topics.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from bots import behaviour
from integrations.enums import ProviderName
from integrations.models import TenantAIProvider
from knowledge.enums import Status
from knowledge.models import Document

Loss = Literal["documents", "provider", "builtin", "guardrails"]


def of(held: behaviour.Behaviour, *, live: behaviour.Behaviour | None) -> list[Loss]:
    """`live` is what customers talk to: what that lacks as well is told only where it leaves no answer at all."""
    lost: list[Loss] = []
    if not _has_documents(held):
        lost.append("documents")
    if not _answers(held):
        lost.append("provider")
    elif live and _is_builtin(held) and not _is_builtin(live):
        lost.append("builtin")
    if live and live["scope"] and not held["scope"]:
        lost.append("guardrails")
    return lost


def _has_documents(held: behaviour.Behaviour) -> bool:
    rows = Document.objects.filter(dataset__in=behaviour.dataset_ids(held), status=Status.COMPLETED)
    return rows.exists()


def _provider(held: behaviour.Behaviour) -> TenantAIProvider | None:
    return TenantAIProvider.objects.filter(id=UUID(held["tenant_ai_provider_id"])).first()


def _answers(held: behaviour.Behaviour) -> bool:
    row = _provider(held)
    return row is not None and row.is_active and row.last_test_code in {"", "ok"}


def _is_builtin(held: behaviour.Behaviour) -> bool:
    row = _provider(held)
    return row is not None and row.provider_name == ProviderName.BUILTIN
