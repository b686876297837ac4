"""How an attempt at a document ends when it does not end well; a document is never left hanging.

A refusal of the file's (`ExtractionError`) is final. A lost lease is nobody's business any more. Anything else is ours,
and is tried again a few times.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from knowledge.ingest import queue
from knowledge.ingest.extract.errors import ExtractionError

log = logging.getLogger(__name__)


@contextmanager
def of(claim: queue.Claim) -> Iterator[queue.Lease]:
    try:
        with _ended(claim):
            yield queue.Lease(claim)
    except queue.LeaseLost as lost:
        log.info("%s", lost)


@contextmanager
def _ended(claim: queue.Claim) -> Iterator[None]:
    try:
        yield
    except queue.LeaseLost:
        raise
    except ExtractionError as refused:
        log.info("Document %s is refused: %s %s", claim.document_id, refused, refused.diagnosis)
        queue.fail(claim, code=refused.code, reason=refused.detail)
    except Exception:  # whatever it is
        log.exception("Document %s failed in attempt %s", claim.document_id, claim.attempt)
        queue.give_back(claim)
