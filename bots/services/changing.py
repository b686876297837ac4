"""The frame of every change of a bot: one transaction, its row locked, and in the end a version where one is due."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from bots.enums import PublishMode
from bots.models import Bot
from bots.versions import publish
from tenants.errors import NotFound
from tenants.types import Principal

_UNDER_WAY: ContextVar[Mapping[UUID, Bot]] = ContextVar("bots_under_way", default=MappingProxyType({}))


@contextmanager
def changing(*, by: Principal, bot_id: UUID, is_new: bool = False) -> Iterator[Bot]:
    """Change a bot in here. Unless its drafts are reviewed, what became of its behaviour is published at the end.

    One inside another of the same bot is part of it, so that several changes make one version. `is_new` says that the
    bot is still being set up and answered nobody: then they complete its first version.
    """
    under_way = _UNDER_WAY.get()
    with transaction.atomic():
        if bot_id in under_way:
            yield under_way[bot_id]
            return
        bot = locked(bot_id)
        token = _UNDER_WAY.set({**under_way, bot_id: bot})
        try:
            yield bot
        finally:
            _UNDER_WAY.reset(token)
        if bot.publish_mode == PublishMode.IMMEDIATE:
            (publish.complete_first if is_new else publish.if_changed)(bot=bot, by=by)


def locked(bot_id: UUID) -> Bot:
    """Inside a transaction. Raises `NotFound`."""
    bot = Bot.objects.select_for_update(of=("self",)).select_related("live_version").filter(id=bot_id).first()
    if bot is None:
        raise NotFound(_("There is no such bot."))
    return bot
