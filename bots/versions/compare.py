"""A bot's versions and its draft held against each other.

In: versions, or a bot as it is kept. Out: the changes from one to the other, with the names of what they point at:
for a version as they were when it was made, for the draft as they are now.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bots import behaviour
from bots.models import Bot, BotVersion
from bots.versions import changes, publish


@dataclass(frozen=True, slots=True)
class Draft:
    """A bot's draft next to what its customers talk to."""

    behaviour: dict[str, Any]
    names: dict[str, str]
    fingerprint: str
    live_version: int
    changes: tuple[changes.Change, ...]

    @property
    def differs(self) -> bool:
        return bool(self.changes)


def versions(old: BotVersion | None, new: BotVersion) -> tuple[changes.Change, ...]:
    if old is None:
        return changes.between(None, new.behaviour, names=new.names)
    return changes.between(old.behaviour, new.behaviour, names=old.names | new.names)


def draft(bot: Bot) -> Draft:
    live = bot.live_version
    assert live is not None  # every bot has one from its first moment
    now = behaviour.draft(bot.id)
    names = publish.names(now)
    return Draft(
        behaviour=now,
        names=names,
        fingerprint=behaviour.fingerprint(now),
        live_version=live.number,
        changes=changes.between(live.behaviour, now, names=live.names | names),
    )
