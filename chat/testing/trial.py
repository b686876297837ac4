"""Asks a bot one case, through a turn like any customer's that leaves no conversation behind.

In: the bot with the behaviour to be tried, and the case. Out: the case with what came of it. A provider that does not
answer, or a turn that breaks, fails the case in words; a database that is away is nobody's answer, and is raised. The
calls to models are booked either way.
"""

from __future__ import annotations

import asyncio
import logging
from uuid import UUID

from django.db import InterfaceError, OperationalError

from bots.models import TestResult
from bots.types import BotProfile
from chat.testing import judge
from chat.turn import hop, opening, pipeline
from chat.turn.types import Said
from integrations import services as providers
from integrations.chatmodels.types import Turn
from integrations.errors import ProviderError

SECONDS = 300
FIELDS = ("passed", "failures", "got", "said", "citations", "guardrail", "model", "latency_ms")
log = logging.getLogger(__name__)


async def ask(*, profile: BotProfile, case: TestResult) -> TestResult:
    begun = await hop.inside(profile.tenant, _begin, profile, case)
    try:
        async with asyncio.timeout(SECONDS):
            _note(case, await pipeline.rehearse(begun=begun))
    except ProviderError as error:
        _broke(case, f"The provider did not answer: {error.owner_detail}")
    except TimeoutError:
        _broke(case, f"There was no answer within {SECONDS} seconds.")
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("A case of a test broke the turn.")
        _broke(case, "The turn broke. This is our fault, and it was recorded.")
    finally:
        if begun.trace.calls:
            await hop.inside(profile.tenant, providers.book, begun.trace.calls)
    case.latency_ms = begun.trace.latency()["total"]
    return case


def _begin(profile: BotProfile, case: TestResult) -> pipeline.Begun:
    history = [Turn(said["role"], said["content"]) for said in case.history]
    return pipeline.begin(opening.rehearsal(profile=profile, message=case.question, history=history))


def _note(case: TestResult, said: Said) -> None:
    hits = [(quote, said.found.hits[quote.passage]) for quote in said.quotes]
    verdict = said.verdict
    case.said = said.text
    case.got = judge.got(action=verdict.action, reason=verdict.reason or "")
    case.guardrail = {"action": verdict.action, "reason": verdict.reason, "topic": verdict.topic}
    case.model = said.reply.model[:200] if said.reply else ""
    case.citations = [
        {
            "number": quote.number, "document_id": str(hit.document_id), "document_title": hit.document_title,
            "quote": quote.text,
        }
        for quote, hit in hits
    ]  # fmt: skip
    heard = judge.Heard(
        said.text, verdict.action, verdict.reason or "", verdict.topic or "",
        cited=[(UUID(str(hit.document_id)), hit.document_title) for _, hit in hits],
    )  # fmt: skip
    case.failures = judge.failures(expected=_expected(case), heard=heard)
    case.passed = not case.failures


def _expected(case: TestResult) -> judge.Expected:
    return judge.Expected(
        case.expect, case.expected_document_ids, case.expected_titles, case.expected_words, case.forbidden_words
    )


def _broke(case: TestResult, reason: str) -> None:
    case.got, case.passed, case.failures = "error", False, [reason]
