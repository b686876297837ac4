"""How far a tenant is on its way to a bot on its website: read off what there is, whoever made it and wherever.

Only what leaves no trace of its own is remembered, in the member's session: which steps were skipped, and which were
looked at and left as they are.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from bots import selectors as bots
from bots.models import Bot, Scope, Visit
from chat.enums import Source
from chat.models import Conversation
from integrations.enums import ProviderName
from integrations.models import TenantAIProvider
from knowledge.enums import Status
from knowledge.models import Dataset, Document
from tenants.models import AuditEvent
from tenants.types import Principal, TenantRef

STEPS: dict[str, str | Promise] = {
    "name": gettext_lazy("Your organisation"),
    "provider": gettext_lazy("AI provider"),
    "knowledge": gettext_lazy("Knowledge"),
    "bot": gettext_lazy("The bot and its first answer"),
    "topics": gettext_lazy("Topics"),
    "look": gettext_lazy("Look"),
    "website": gettext_lazy("On your website"),
}
HAPPENS = frozenset({"website"})  # what nobody can say is done: it has to be seen
_IN_WORK = (Status.PENDING, Status.PROCESSING)
_KEY = "first-run"


@dataclass(frozen=True)
class Marks:
    """What a member said of steps: `skipped`, or `seen` and good as they are."""

    skipped: frozenset[str] = field(default_factory=frozenset)
    seen: frozenset[str] = field(default_factory=frozenset)


def marks(request: HttpRequest, tenant: TenantRef) -> Marks:
    kept = request.session.get(_KEY, {}).get(str(tenant.id), {})
    return Marks(frozenset(kept.get("skipped", ())), frozenset(kept.get("seen", ())))


def mark(request: HttpRequest, tenant: TenantRef, step: str, *, as_: str) -> None:
    """`as_` is "skipped" or "seen"; the later word holds."""
    now = marks(request, tenant)
    kept = {"skipped": set(now.skipped) - {step}, "seen": set(now.seen) - {step}}
    kept[as_].add(step)
    every = request.session.get(_KEY, {})
    request.session[_KEY] = {**every, str(tenant.id): {name: sorted(steps) for name, steps in kept.items()}}


class State:
    """What there is, read once each where it is asked for. The bot is the tenant's first, as is the dataset."""

    def __init__(self, marks: Marks, *, ours: str, by: Principal) -> None:
        """`ours` is the origin by which Parley is read here, on which the bot's own page may be seen."""
        self.marks, self.ours, self.by = marks, ours, by

    @cached_property
    def is_named(self) -> bool:
        """Whether who goes through this made the organisation, and so gave it its name a moment ago."""
        here = self.by.tenant
        made = AuditEvent.objects.filter(tenant_id=here.id if here else None, action="tenant.create")
        return made.filter(Q(actor_kind="anonymous") | Q(actor_id=self.by.user_id)).exists()

    @cached_property
    def provider(self) -> TenantAIProvider | None:
        """That of the bot, else the newest that is more than the built-in one."""
        if self.bot:
            return self.bot.tenant_ai_provider
        rows = list(TenantAIProvider.objects.filter(is_active=True).order_by("-created_at"))
        return next((row for row in rows if row.provider_name != ProviderName.BUILTIN), rows[0] if rows else None)

    @cached_property
    def bot(self) -> Bot | None:
        rows = Bot.objects.select_related("live_version", "tenant_ai_provider")
        return rows.order_by("created_at", "id").first()

    @cached_property
    def dataset(self) -> Dataset | None:
        linked = self.bot.links.filter(is_active=True).select_related("dataset").first() if self.bot else None
        return linked.dataset if linked else Dataset.objects.order_by("created_at", "id").first()

    @cached_property
    def documents(self) -> Counter[str]:
        """Of the dataset, by how far they are."""
        if self.dataset is None:
            return Counter()
        rows = Document.objects.filter(dataset=self.dataset).order_by().values_list("status").annotate(Count("id"))
        return Counter(dict(rows))

    @property
    def is_ready(self) -> bool:
        """Whether a document can answer."""
        return self.documents[Status.COMPLETED] > 0

    @property
    def is_reading(self) -> bool:
        waits = self.documents[Status.PENDING] + self.documents[Status.PROCESSING] > 0
        return waits or (self.dataset is not None and self.dataset.imports.filter(status__in=_IN_WORK).exists())

    @cached_property
    def scope(self) -> Scope | None:
        return self.bot.bot_scopes.filter(is_active=True).first() if self.bot else None

    @cached_property
    def visitor(self) -> Visit | None:
        """The last website that showed the bot; its own page where no other did."""
        rows = list(bots.visits(self.bot.id).filter(refused="")) if self.bot else []
        return next((row for row in rows if not self._is_own(row)), rows[0] if rows else None)

    @cached_property
    def turned_away(self) -> list[Visit]:
        """Websites that tried to show the bot and are not listed."""
        return bots.turned_away(self.bot, bots.visits(self.bot.id)) if self.bot else []

    @property
    def is_waiting(self) -> bool:
        """Whether a website is still expected: the bot's own page is none."""
        return self.visitor is None or self.is_own_page

    @property
    def sign(self) -> str:
        """What the website step tells of visitors, in short: as long as it is the same, there is nothing to tell."""
        seen = self.visitor.origin if self.visitor else ""
        told = [seen, str(self.is_found), *(row.origin for row in self.turned_away)]
        return hashlib.sha256(" ".join(told).encode()).hexdigest()[:16]

    @property
    def is_own_page(self) -> bool:
        return self.visitor is not None and self._is_own(self.visitor)

    def _is_own(self, visit: Visit) -> bool:
        return visit.origin in {self.ours, settings.PUBLIC_URL}

    @cached_property
    def has_customer(self) -> bool:
        """Whether anybody was talked to in public."""
        return bool(self.bot) and Conversation.objects.filter(bot=self.bot, source=Source.PUBLIC).exists()

    @cached_property
    def has_answered(self) -> bool:
        """Whether anybody was talked to, by whichever door; the playground keeps no conversation."""
        return bool(self.bot) and Conversation.objects.filter(bot=self.bot).exists()

    @property
    def is_found(self) -> bool:
        return self.visitor is not None or self.has_customer

    def is_done(self, step: str) -> bool:
        made: dict[str, Any] = {
            "name": lambda: self.provider or self.dataset or self.is_named,
            "provider": lambda: self.provider,
            "knowledge": lambda: self.is_ready,
            "bot": lambda: self.bot,
            "topics": lambda: self.scope,
            "look": lambda: self.bot and hasattr(self.bot, "look"),
            "website": lambda: self.is_found,
        }
        return bool(made[step]()) or (step in self.marks.seen and step not in HAPPENS)

    def is_settled(self, step: str) -> bool:
        return self.is_done(step) or step in self.marks.skipped | self.marks.seen

    @property
    def next_step(self) -> str | None:
        """The first that is neither done nor skipped."""
        return next((step for step in STEPS if not self.is_settled(step)), None)

    def shown(self, current: str) -> list[dict[str, Any]]:
        """The list at the side."""
        return [
            {
                "name": name, "title": title, "is_current": name == current, "is_done": self.is_done(name),
                "is_skipped": name in self.marks.skipped and not self.is_done(name),
                "is_awaited": name in self.marks.seen and not self.is_done(name),
            }
            for name, title in STEPS.items()
        ]  # fmt: skip


def before(step: str) -> str | None:
    names = list(STEPS)
    at = names.index(step)
    return names[at - 1] if at else None


def after(step: str) -> str | None:
    names = list(STEPS)
    at = names.index(step) + 1
    return names[at] if at < len(names) else None
