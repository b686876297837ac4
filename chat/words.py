"""Why a test failed and a turn broke: kept in English, and said again to who reads a page."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop, pgettext, pgettext_lazy

from integrations import words as integrations
from tenants.words import Kept, in_words

_SHOULD: Mapping[str, str | Promise] = {
    "answer": pgettext_lazy("of a bot", "answer"),
    "refuse": pgettext_lazy("of a bot", "refuse"),
    "hand over to a person": pgettext_lazy("of a bot", "hand over to a person"),
    "have nothing to say": pgettext_lazy("of a bot", "have nothing to say"),
}
_DID: Mapping[str, str | Promise] = {
    "answered": pgettext_lazy("of a bot", "answered"),
    "refused": pgettext_lazy("of a bot", "refused"),
    "handed over to a person": pgettext_lazy("of a bot", "handed over to a person"),
    "had nothing to say": pgettext_lazy("of a bot", "had nothing to say"),
}
_QUOTED = re.compile("“(.*?)”", re.DOTALL)
SENTENCES = (
    gettext_noop("It should %(should)s, and it %(did)s (%(because)s)."),
    gettext_noop("It should %(should)s, and it %(did)s."),
    gettext_noop("It should cite %(wanted)s, and it cites %(cited)s."),
    gettext_noop("The answer lacks %(words)s."),
    gettext_noop("The answer says %(words)s."),
    gettext_noop("The provider did not answer: %(why)s"),
    gettext_noop("There was no answer within %(seconds)s seconds."),
    gettext_noop("The turn broke. This is our fault, and it was recorded."),
    gettext_noop("The provider did not judge the question in time."),
    gettext_noop("The provider did not put the question into other words in time."),
    gettext_noop("There is no provider to ask."),
    gettext_noop("It was called off."),
    gettext_noop("The worker stopped %(times)s times."),
    gettext_noop("The worker stopped %(times)s times at or near the question %(words)s."),
)


def _because(said: str) -> str:
    """A reason's code and the topic it is about."""
    reason, comma, topic = said.partition(", ")
    return f"{in_words(reason, 'reason')}{comma}{topic}"


def _quoted(said: str) -> str:
    """Quotation marks as the reader's language has them; what stands between them is the tenant's."""
    return _QUOTED.sub(lambda found: gettext("“%(title)s”") % {"title": found[1]}, said)


def _wanted(said: str) -> str:
    if said == "one of the expected documents":
        return gettext("one of the expected documents")
    first, *others = _quoted(said).split(" or ")
    for title in others:
        first = pgettext("of two documents", "%(first)s or %(last)s") % {"first": first, "last": title}
    return first


def _cited(said: str) -> str:
    return gettext("nothing") if said == "nothing" else _quoted(said)


_KEPT = Kept(
    (*SENTENCES, *integrations.SENTENCES),
    terms={
        "should": lambda said: str(_SHOULD.get(said, said)), "did": lambda said: str(_DID.get(said, said)),
        "because": _because, "words": _quoted, "wanted": _wanted, "cited": _cited, "why": integrations.again,
    },
)  # fmt: skip


def again(text: str) -> str:
    """Why a case failed, a run ended or a turn broke, in the language of who reads."""
    return _KEPT.again(text)
