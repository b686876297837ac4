"""How many customers wait, for the one who asks: one statement over those that are at a desk."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q

from chat import selectors
from chat.enums import Status
from chat.models import Conversation
from tenants.types import Principal


@dataclass(frozen=True, slots=True)
class Desk:
    """`waiting`: taken by nobody yet. Of `mine`, `mine_waiting` have not been answered since they wrote."""

    waiting: int
    mine: int
    mine_waiting: int
    others: int

    @property
    def calls(self) -> int:
        """How many call for the one who asks."""
        return self.waiting + self.mine_waiting


def of(by: Principal) -> Desk:
    taken = Q(status=Status.WITH_PERSON)
    mine = taken & Q(taken_by=by.user_id)
    rows = Conversation.objects.filter(status__in=(Status.ESCALATED, Status.WITH_PERSON))
    found = selectors.visible(rows, by=by).aggregate(
        waiting=Count("id", filter=Q(status=Status.ESCALATED)),
        mine=Count("id", filter=mine),
        mine_waiting=Count("id", filter=mine & Q(waiting_since__isnull=False)),
        others=Count("id", filter=taken & ~Q(taken_by=by.user_id)),
    )
    return Desk(**found)
