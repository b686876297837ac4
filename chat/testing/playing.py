"""A member's own talk with a bot: turns like any customer's, of which nothing is kept but the calls in the ledger.

In: the bot with the behaviour to be tried, what was said before, and a question. Out: what the bot said, and the notes
of the turn. A provider that does not answer, or a turn that breaks, is told in words beside the notes.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bots.types import BotProfile
from chat.turn import hop, opening, pipeline
from chat.turn.types import Listener, Opened, Said
from integrations import services as providers
from integrations.chatmodels.types import Turn
from integrations.errors import ProviderError
from integrations.types import Call

SECONDS = 300
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A turn that is over. `said` is `None` where it came to nothing, and `problem` says why."""

    turn: Opened
    said: Said | None
    problem: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    calls: Sequence[Call] = ()
    latency_ms: Mapping[str, int] = field(default_factory=dict)


def begin(*, profile: BotProfile, question: str, history: Sequence[Turn]) -> pipeline.Begun:
    return pipeline.begin(opening.rehearsal(profile=profile, message=question, history=history))


async def play(*, begun: pipeline.Begun, listener: Listener | None = None) -> Played:
    said, problem = None, ""
    try:
        async with asyncio.timeout(SECONDS):
            said = await pipeline.rehearse(begun=begun, listener=listener)
    except ProviderError as error:
        problem = error.owner_detail
    except TimeoutError:
        problem = f"There was no answer within {SECONDS} seconds."
    except Exception as error:
        log.exception("A turn of the playground broke.")
        begun.trace.failed("turn", error)
        problem = "The turn broke. This is our fault, and it was recorded."
    finally:
        if begun.trace.calls:
            await hop.inside(begun.turn.profile.tenant, providers.book, begun.trace.calls)
    trace = begun.trace
    return Played(
        turn=begun.turn, said=said, problem=problem, facts=trace.facts, calls=tuple(trace.calls),
        latency_ms=trace.latency(),
    )  # fmt: skip
