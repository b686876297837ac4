"""Works on a run of tests: asks what has no result yet, a few cases at a time, and keeps its lease meanwhile.

In: the id of a run. Out: whether somebody has to go on with it, since a run gives its worker back after a while, so
that mail and documents need not wait. It may be killed anywhere: each result is kept as it comes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from contextlib import suppress
from uuid import UUID

from asgiref.sync import async_to_sync

from bots import selectors as bots
from bots.models import TestResult, TestRun
from bots.types import BotProfile
from chat.testing import queue, trial
from chat.turn import hop

AT_ONCE = 4
SLICE_SECONDS = 60.0
log = logging.getLogger(__name__)


def work(run_id: UUID) -> bool:
    run = queue.claim(run_id)
    if run is None:
        return False
    profile = bots.profile_of(run.test_set.bot, run.behaviour)
    try:
        return async_to_sync(_work)(run, profile)
    except queue.LeaseLost as lost:
        log.info("%s", lost)
        return False


async def _work(run: TestRun, profile: BotProfile) -> bool:
    until = time.monotonic() + SLICE_SECONDS
    while cases := await hop.inside(profile.tenant, queue.to_ask, run, AT_ONCE):
        await _ask_all(run, profile, cases)
        if time.monotonic() > until:
            await hop.inside(profile.tenant, queue.put_down, run)
            return True
    await hop.inside(profile.tenant, queue.complete, run)
    return False


async def _ask_all(run: TestRun, profile: BotProfile, cases: Sequence[TestResult]) -> None:
    beating = asyncio.create_task(_beat(run, profile))
    try:
        ended = await asyncio.gather(*(_ask(run, profile, case) for case in cases), return_exceptions=True)
    finally:
        beating.cancel()
        await asyncio.wait([beating])
    for outcome in ended:
        if outcome is not None:
            raise outcome


async def _ask(run: TestRun, profile: BotProfile, case: TestResult) -> None:
    await trial.ask(profile=profile, case=case)
    await hop.inside(profile.tenant, queue.save, run, case, trial.FIELDS)


async def _beat(run: TestRun, profile: BotProfile) -> None:
    """Keep the lease while models are awaited. Once it is lost, the next result finds out."""
    with suppress(queue.LeaseLost):
        while True:
            await asyncio.sleep(queue.LEASE.total_seconds() / 4)
            await hop.inside(profile.tenant, queue.keep, run)
