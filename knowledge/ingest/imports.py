"""Makes documents of a site's pages: the sitemap is read here, each page is fetched when its document's turn comes."""

from __future__ import annotations

from typing import Final

from integrations import webpages
from knowledge.ingest import incoming, intake, queue
from knowledge.ingest.queue import Lease
from knowledge.ingest.turns import Turn
from knowledge.models import WebImport
from tenants.types import Principal

_APART: Final = 0.5  # seconds between two pages of a site that does not say how long to wait
_LONGEST_APART: Final = 30.0
_AT_ONCE: Final = 50


def run(lease: Lease, turn: Turn) -> None:
    row = WebImport.objects.select_related("dataset").get(id=lease.claim.id)

    def on_wait() -> None:
        lease.keep()
        turn.check_reluctantly()

    found = webpages.sitemap(row.url, limit=row.limit, on_wait=on_wait)
    allowed = []
    for url in found.urls:
        on_wait()  # a long robots.txt takes its time for each
        if webpages.allowed(url, on_wait=on_wait):
            allowed.append(url)
    apart = min(max(webpages.crawl_delay(row.url, on_wait=on_wait), _APART), _LONGEST_APART)
    pages = [incoming.page(url=url, delay=number * apart) for number, url in enumerate(allowed)]
    added = 0
    for first in range(0, len(pages), _AT_ONCE):
        results = intake.add(
            by=Principal(kind="user", user_id=row.created_by), dataset=row.dataset,
            given=pages[first : first + _AT_ONCE], tags=row.tags, metadata=row.metadata,
        )  # fmt: skip
        added += sum(not result.duplicate for result in results)
        lease.advance(found=len(found.urls), added=added)
    skipped = len(found.urls) - added + found.skipped
    queue.complete(lease.claim, found=len(found.urls), added=added, skipped=skipped)
