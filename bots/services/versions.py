"""Publishing a draft, going back to a version, giving a draft up. Each is one transaction with its audit row."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from bots import behaviour, selectors
from bots.errors import NothingToPublish
from bots.models import Bot, BotVersion
from bots.services.changing import locked
from bots.versions import gate, restore
from bots.versions import publish as publishing
from tenants import audit
from tenants.types import Principal


def publish(*, by: Principal, bot_id: UUID, note: str = "") -> BotVersion:
    """From here on customers talk to what is in the draft. Raises `NothingToPublish`, `TestsNotPassed`."""
    with transaction.atomic():
        bot = locked(bot_id)
        draft = behaviour.draft(bot.id)
        if not publishing.differs(bot, draft):
            raise NothingToPublish
        gate.check(bot=bot, fingerprint=behaviour.fingerprint(draft))
        return publishing.publish(bot=bot, draft=draft, by=by, note=note)


def rollback(*, by: Principal, bot_id: UUID, number: int, note: str = "") -> BotVersion:
    """Customers talk to the behaviour of an older version again, under a new number; it takes the draft's place too.

    The way out of an emergency: it asks for no tests. Raises `VersionNotRestorable`.
    """
    with transaction.atomic():
        bot = locked(bot_id)
        version = selectors.version(bot=bot, number=number)
        if not publishing.differs(bot, version.behaviour):
            raise NothingToPublish
        restore.restore(bot=bot, version=version)
        return publishing.publish(
            bot=bot, draft=behaviour.draft(bot.id), by=by, note=note, rolled_back_to=version.number
        )


def discard_draft(*, by: Principal, bot_id: UUID) -> Bot:
    """The draft is again what customers talk to; what was not published is lost."""
    with transaction.atomic():
        bot = locked(bot_id)
        live = bot.live_version
        if live and publishing.differs(bot, behaviour.draft(bot.id)):
            restore.restore(bot=bot, version=live)
            audit.record(
                by=by, action="bot.discard_draft", target=bot.id, data={"name": bot.name, "version": live.number}
            )
    return bot
