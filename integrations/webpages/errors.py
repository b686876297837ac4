"""Why a web page could not be had, as a stable code and a sentence for the tenant."""

from __future__ import annotations

from typing import Final

from tenants.errors import Problem

_SENTENCES: Final = {
    "page_not_found": "There is no page at this address any more. Check the address, or delete the document.",
    "page_forbidden": "The site does not show this page to us. Make it public, or upload its text instead.",
    "page_disallowed": "The site's robots.txt forbids us this page. Allow ParleyBot there, or upload the text.",
    "page_unreachable": "The site cannot be reached at the moment. It is tried again by itself.",
    "page_too_large": "The page is larger than a document may be.",
    "page_type_unsupported": "What lies at this address is no web page, PDF or text.",
    "page_redirects": "The page redirects in circles or too often.",
    "page_failed": "The site answers with a failure of its own. It is tried again by itself.",
    "address_refused": "This address leads to a private network, where pages are not looked for.",
    "sitemap_empty": "No sitemap of this site could be found, or it names no page. Give the sitemap's own address.",
}
_RETRYABLE: Final = {"page_unreachable", "page_failed"}


class WebPageError(Problem):
    """`retryable` says whether it may be had later, `retry_after` in how many seconds, where the site says so."""

    status, code, title = 502, "page_failed", "The page could not be fetched"

    def __init__(self, code: str, *, retry_after: float | None = None) -> None:
        super().__init__(_SENTENCES[code], code=code)
        self.retryable = code in _RETRYABLE
        self.retry_after = retry_after
