"""What two behaviours of a bot differ in, in words and lines for people. Pure.

In: the changes of `versions.changes`. Out: for each an entry with what it is called and how it is shown: a text line by
line, a list as what came and what went, anything else as before and after.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bots.dashboard import forms, scope_form
from bots.enums import Judge, PrivateData, Strictness
from bots.types import DEFAULT_HISTORY
from bots.versions.changes import Change

Word = str | Promise
TEXTS = {"system_prompt", "scope.refusal_message"}
AROUND = 2  # lines of a text that are shown around a change
NAMES: Mapping[str, Word] = {
    "tenant_ai_provider_id": _("AI provider"),
    "model": _("Model"),
    "fallback_ai_provider_id": _("Fallback provider"),
    "fallback_model": _("Fallback model"),
    "system_prompt": _("Prompt"),
    "temperature": _("Temperature"),
    "max_tokens": _("Longest answer, in tokens"),
    "datasets": _("Knowledge"),
    "settings.response_format": _("Form of an answer"),
    "settings.citation_style": _("Marks of sources"),
    "settings.fallback_behavior": _("When the documents hold no answer"),
    "settings.provider_failure": _("When no provider answers"),
    "settings.follow_ups": _("Follow-up questions"),
    "scope.strictness_level": _("How strict"),
    "scope.allowed_topics": _("Allowed topics"),
    "scope.forbidden_topics": _("Forbidden topics"),
    "scope.refusal_message": _("What a refusal says"),
    "scope.context_settings.max_conversation_history": _("Messages the bot remembers"),
    "scope.context_settings.citation_required": _("Say nothing without a source"),
    "scope.context_settings.escalation_triggers": _("What calls a person"),
    "scope.context_settings.pii": _("Private data in a message"),
    "scope.context_settings.judge": _("Who decides in doubt"),
    "scope.context_settings.thresholds.forbidden": _("Threshold of forbidden topics"),
    "scope.context_settings.thresholds.allowed": _("Threshold of allowed topics"),
    "scope.context_settings.thresholds.escalation": _("Threshold of what calls a person"),
    "scope.context_settings.thresholds.injection": _("Threshold of attacks"),
}
EXAMPLES = "scope.topic_examples."
_CHOICES: Mapping[str, Iterable[tuple[str, Word]]] = {
    "settings.response_format": forms.RESPONSE,
    "settings.citation_style": forms.CITATION,
    "settings.fallback_behavior": forms.NOTHING,
    "settings.provider_failure": forms.FAILURE,
    "settings.follow_ups": forms.FOLLOW_UPS,
    "scope.strictness_level": scope_form.STRICTNESS,
    "scope.context_settings.pii": scope_form.PRIVATE,
    "scope.context_settings.judge": scope_form.JUDGE,
}


# What holds of a scope where it says nothing; whether sources are asked for then hangs on its strictness.
DEFAULTS: Mapping[str, Any] = {
    "scope.strictness_level": Strictness.MODERATE.value,
    "scope.context_settings.max_conversation_history": DEFAULT_HISTORY,
    "scope.context_settings.pii": PrivateData.MASK.value,
    "scope.context_settings.judge": Judge.OFF.value,
}


@dataclass(frozen=True, slots=True)
class Line:
    """`kind` is `same`, `added`, `removed`, or `gap` where equal lines are left out."""

    kind: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """One of the three: `lines` of a text, `added` and `removed` and `changed` of a list, or `old` and `new`."""

    name: Word
    old: Word = ""
    new: Word = ""
    lines: tuple[Line, ...] = ()
    added: tuple[Word, ...] = ()
    removed: tuple[Word, ...] = ()
    changed: tuple[Word, ...] = ()


def shown(changes: Sequence[Change]) -> list[Shown]:
    return [_shown(change) for change in telling(changes)]


def telling(changes: Sequence[Change]) -> list[Change]:
    """In the order of the pages; what only says a default is left out where there is anything else."""
    order = list(NAMES)
    known = sorted(changes, key=lambda each: order.index(each.field) if each.field in order else len(order))
    return [change for change in known if not _says_a_default(change)] or known


def _says_a_default(change: Change) -> bool:
    return change.field in DEFAULTS and {change.old, change.new} == {None, DEFAULTS[change.field]}


def _shown(change: Change) -> Shown:
    name = name_of(change.field)
    if change.field in TEXTS:
        return Shown(name, lines=tuple(lines(change.old or "", change.new or "")))
    if change.field == "datasets":
        return Shown(
            name,
            added=tuple(map(_dataset, change.added)),
            removed=tuple(map(_dataset, change.removed)),
            changed=tuple(f"{named(each)}: {_terms(each['old'])} → {_terms(each['new'])}" for each in change.changed),
        )
    if isinstance(change.old or change.new, list) and (change.added or change.removed):
        return Shown(name, added=tuple(map(str, change.added)), removed=tuple(map(str, change.removed)))
    return Shown(name, old=_value(change.field, change.old), new=_value(change.field, change.new))


def name_of(field: str) -> Word:
    if field.startswith(EXAMPLES):
        return gettext("Examples of “%(topic)s”") % {"topic": field.removeprefix(EXAMPLES)}
    return NAMES.get(field, field)


def lines(old: str, new: str) -> Iterator[Line]:
    """Line by line, with few of those that stayed."""
    before, after = old.splitlines(), new.splitlines()
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    groups = list(matcher.get_grouped_opcodes(AROUND))
    for at, group in enumerate(groups):
        if at or group[0][1] > 0:
            yield Line("gap")
        for kind, start, end, start_new, end_new in group:
            if kind == "equal":
                yield from (Line("same", text) for text in before[start:end])
                continue
            yield from (Line("removed", text) for text in before[start:end])
            yield from (Line("added", text) for text in after[start_new:end_new])
    if groups and groups[-1][-1][2] < len(before):
        yield Line("gap")


def named(link: Mapping[str, Any]) -> str:
    return str(link.get("name") or link["dataset_id"])


def _dataset(link: Mapping[str, Any]) -> str:
    return f"{named(link)} ({_terms(link)})"


def _terms(link: Mapping[str, Any]) -> str:
    said = [gettext("priority %(priority)s") % {"priority": link.get("priority", 1)}]
    if link.get("tags"):
        said.append(gettext("tags %(tags)s") % {"tags": ", ".join(link["tags"])})
    said += [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in link.get("metadata", {}).items()]
    return ", ".join(said)


def _value(field: str, value: Any) -> Word:  # noqa: ANN401 -- JSON
    if isinstance(value, Mapping) and "name" in value:
        return str(value["name"] or value["id"])
    if value is None and field in DEFAULTS:
        return gettext("%(value)s (default)") % {"value": _value(field, DEFAULTS[field])}
    if value is None and field == "scope.context_settings.citation_required":
        return gettext("as the strictness says (default)")
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if value in (None, "", []):
        return gettext("nothing")
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return dict(_CHOICES.get(field, ())).get(str(value), str(value))
