"""Words, tones and icons for what knowledge calls by codes: sources, states, stages, languages."""

from __future__ import annotations

from django import template
from django.conf.locale import LANG_INFO
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from knowledge import words
from knowledge.enums import SourceType, Stage, Status
from knowledge.models import Document

register = template.Library()

_SOURCES: dict[str, tuple[str, str | Promise]] = {
    SourceType.FILE: ("file", _("File")),
    SourceType.TEXT: ("text", _("Text")),
    SourceType.QA: ("chat", _("Questions and answers")),
    SourceType.WEB: ("web", _("Web page")),
}
_STATES: dict[str, tuple[str, str | Promise]] = {
    Status.PENDING: ("info", _("Waiting")),
    Status.PROCESSING: ("info", _("Processing")),
    Status.COMPLETED: ("good", _("Ready")),
    Status.FAILED: ("bad", _("Failed")),
}
_STAGES: dict[str, str | Promise] = {
    Stage.FETCHING: _("Fetching"),
    Stage.EXTRACTING: _("Reading"),
    Stage.SPLITTING: _("Splitting"),
    Stage.EMBEDDING: _("Embedding"),
    Stage.STORING: _("Storing"),
}
_CANCELLED = "cancelled"


@register.filter
def source_icon(kind: str) -> str:
    return _SOURCES[kind][0]


@register.filter
def source_word(kind: str) -> str:
    return str(_SOURCES[kind][1])


@register.filter
def status_tone(row: Document) -> str:
    return "" if row.error_code == _CANCELLED else f"is-{_STATES[row.status][0]}"


@register.filter
def status_word(row: Document) -> str:
    return gettext("Cancelled") if row.error_code == _CANCELLED else str(_STATES[row.status][1])


@register.filter
def is_in_work(row: Document) -> bool:
    return row.status in {Status.PENDING, Status.PROCESSING}


@register.filter
def what_it_does(row: Document) -> str:
    """What a document in work is at, or whom it waits for, in a few words."""
    if row.status == Status.PROCESSING:
        if row.stage == Stage.EMBEDDING and row.chunk_total:
            return gettext("Embedding %(done)d of %(total)d") % {"done": row.chunks_done, "total": row.chunk_total}
        return str(_STAGES.get(row.stage, _("Starting")))
    behind = getattr(row, "behind", None)
    if not behind:
        return gettext("Next in the queue")
    return ngettext("%(count)d before it", "%(count)d before it", behind) % {"count": behind}


@register.filter
def file_kind(row: Document) -> str:
    """The end of a file's name, as people say it: `PDF`."""
    _, dot, end = row.file_name.rpartition(".")
    return end.upper() if dot and row.source_type == SourceType.FILE else ""


@register.filter
def language_word(code: str) -> str:
    """The language's own name for itself."""
    return str(LANG_INFO.get(code, {}).get("name_local", code))


@register.filter
def said_again(sentence: str) -> str:
    """What the worker writes in English, in the language of who reads."""
    return words.again(sentence)
