"""Why a web page could not be had, as a stable code and a sentence for the tenant."""

from __future__ import annotations

from typing import Final

from integrations import words
from tenants.errors import Problem

_RETRYABLE: Final = {"page_unreachable", "page_failed"}


class WebPageError(Problem):
    """`retryable` says whether it may be had later, `retry_after` in how many seconds, where the site says so."""

    status, code, title = 502, "page_failed", "The page could not be fetched"

    def __init__(self, code: str, *, retry_after: float | None = None) -> None:
        super().__init__(words.WEB_PAGES[code], code=code)
        self.retryable = code in _RETRYABLE
        self.retry_after = retry_after
