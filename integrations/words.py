"""The sentences of this app that are kept in English, and said again to who reads a page (tenants.words.Kept)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.utils.translation import gettext_noop

from integrations.errors import ProviderError
from tenants.words import Kept

# Why a web page could not be had, by code.
WEB_PAGES: Mapping[str, str] = {
    "page_not_found": gettext_noop(
        "There is no page at this address any more. Check the address, or delete the document."
    ),
    "page_forbidden": gettext_noop(
        "The site does not show this page to us. Make it public, or upload its text instead."
    ),
    "page_disallowed": gettext_noop(
        "The site's robots.txt forbids us this page. Allow ParleyBot there, or upload the text."
    ),
    "page_unreachable": gettext_noop("The site cannot be reached at the moment. It is tried again by itself."),
    "page_too_large": gettext_noop("The page is larger than a document may be."),
    "page_type_unsupported": gettext_noop("What lies at this address is no web page, PDF or text."),
    "page_redirects": gettext_noop("The page redirects in circles or too often."),
    "page_failed": gettext_noop("The site answers with a failure of its own. It is tried again by itself."),
    "address_refused": gettext_noop("This address leads to a private network, where pages are not looked for."),
    "sitemap_empty": gettext_noop(
        "No sitemap of this site could be found, or it names no page. Give the sitemap's own address."
    ),
}
# What else is said of a provider: beside what each kind of failure says of itself.
_DETAILS = (
    gettext_noop("The answer is larger than we take, or compressed."),
    gettext_noop("The connection broke in the middle."),
    gettext_noop("The provider reports a failure of its own in the middle of the answer."),
    gettext_noop("The provider reports a failure of its own (HTTP %(status)s)."),
    gettext_noop("The provider redirects elsewhere, and keys do not follow. Check the address."),
    gettext_noop("The provider answered without a word."),
    gettext_noop("The provider did not come to an end in time."),
    gettext_noop("The provider fell silent in the middle of the answer."),
    gettext_noop("The model does not stop talking."),
    gettext_noop("The provider's stream broke off in the middle of the answer."),
    gettext_noop("The provider streams a line that is longer than any answer."),
    gettext_noop("No model is named. Set the bot's model or the provider's default_model."),
    gettext_noop("This provider has no embedding models."),
    gettext_noop("This provider's key has used up what it may a minute; embedding goes on by itself."),
    gettext_noop("The model's vectors have %(dimensions)s dimensions; %(most)s can be kept."),
    gettext_noop("The provider answered with vectors of several sizes, or not with numbers."),
    gettext_noop("The provider did not answer with %(count)s vectors of %(dimensions)s dimensions."),
    gettext_noop("The provider answered with vectors that are no directions: zeros, or no numbers."),
    gettext_noop("%(reason)s Run `python manage.py prepare_models`."),
    gettext_noop("The provider answers."),
)


def _says(kind: type[ProviderError]) -> Iterator[str]:
    yield kind.owner_says
    for narrower in kind.__subclasses__():
        yield from _says(narrower)


SENTENCES = (*WEB_PAGES.values(), *dict.fromkeys(_says(ProviderError)), *_DETAILS)
_KEPT = Kept(SENTENCES)


def again(text: str) -> str:
    """Why a provider or a web page failed, in the language of who reads."""
    return _KEPT.again(text)
