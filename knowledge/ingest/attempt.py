"""How an attempt at some work ends when it does not end well; nothing is left hanging.

What the file, the page or the provider refuses for good (`ExtractionError` and its like) is final. What should come
back by itself is waited for. A lost lease is nobody's business any more. Anything else is ours, and is tried again.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from datetime import timedelta

from django.db import InterfaceError, OperationalError, connection

from integrations.errors import ProviderError
from integrations.webpages import WebPageError
from knowledge.ingest import queue
from knowledge.ingest.extract.errors import ExtractionError, ParserDied
from knowledge.ingest.turns import TurnOver
from tenants.errors import Problem, Unavailable

_SOON = timedelta(seconds=2)
_WAIT = 15.0  # seconds, where nobody says how long
_STORAGE = "The server cannot store anything at the moment. It goes on by itself once it can; nothing is lost."
log = logging.getLogger(__name__)


def at(claim: queue.Claim, work: Callable[[queue.Lease], None]) -> None:
    """Do the work, and see to it that it ends in some way."""
    try:
        _ended(claim, work)
    except queue.LeaseLost as lost:
        log.info("%s", lost)


def _ended(claim: queue.Claim, work: Callable[[queue.Lease], None]) -> None:
    try:
        work(queue.Lease(claim))
    except queue.LeaseLost:
        raise
    except TurnOver:
        queue.put_down(claim)
    except ParserDied as died:
        log.warning("The parser of %s died in attempt %s: %s", claim.id, claim.attempt, died.diagnosis)
        queue.give_back(claim, after=_SOON, code=died.code, reason=died.detail)
    except ExtractionError as refused:
        log.info("%s is refused: %s %s", claim.id, refused, refused.diagnosis)
        queue.fail(claim, code=refused.code, reason=refused.detail)
    except (ProviderError, WebPageError) as error:
        _outside(claim, error)
    except Problem as refused:  # a limit of the plan, say
        _refused(claim, refused)
    except Exception as error:  # whatever it is
        log.exception("%s failed in attempt %s", claim.id, claim.attempt)
        _ours(claim, error)


def _refused(claim: queue.Claim, refused: Problem) -> None:
    if isinstance(refused, Unavailable):
        queue.postpone(claim, seconds=_WAIT, code=refused.code, notice=refused.detail)
    else:
        queue.fail(claim, code=refused.code, reason=refused.detail)


def _outside(claim: queue.Claim, error: ProviderError | WebPageError) -> None:
    reason = error.owner_detail if isinstance(error, ProviderError) else error.detail
    if error.retryable:
        seconds = error.retry_after if error.retry_after is not None else _WAIT
        queue.postpone(claim, seconds=seconds, code=error.code, notice=reason)
    else:
        queue.fail(claim, code=error.code, reason=reason)


def _ours(claim: queue.Claim, error: Exception) -> None:
    """A database comes back, and a full disk gets room again; anything else is tried a few times."""
    if isinstance(error, OperationalError | InterfaceError):
        connection.close()
        queue.postpone(claim, seconds=_WAIT, code="database_unavailable", notice=_STORAGE)
    elif isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EIO}:
        queue.postpone(claim, seconds=_WAIT, code="storage_unavailable", notice=_STORAGE)
    else:
        queue.give_back(claim)
