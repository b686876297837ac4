"""A verdict as people read it: what a message is about, and what it is close to, in sentences. Pure.

In: the facts of a verdict, or of a trace, which may be older than some of them. Out: sentences of the reader's
language with the topic marked; how near is near stands here alone.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.enums import Threshold

# How far short of its threshold something is still worth a word; the classifier's scores spread wider.
CLOSE: Mapping[str, float] = {
    Threshold.FORBIDDEN: 0.15, Threshold.ALLOWED: 0.15, Threshold.ESCALATION: 0.15, Threshold.INJECTION: 1.0,
}  # fmt: skip
_ABOUT: Mapping[str, str | Promise] = {
    "forbidden": gettext_lazy("About the forbidden topic {topic}."),
    "allowed": gettext_lazy("About the allowed topic {topic}."),
    "escalation": gettext_lazy("Calls a person: {topic}."),
}
_WITHOUT_TOPIC: Mapping[str, str | Promise] = {
    "forbidden": gettext_lazy("About a forbidden topic."),
    "allowed": gettext_lazy("About an allowed topic."),
    "escalation": gettext_lazy("Asks for a person."),
    "small_talk": gettext_lazy("Small talk."),
    "injection": gettext_lazy("Taken for an attack on the bot."),
    "private": gettext_lazy("Holds private data."),
}
_NEAR: Mapping[str, str | Promise] = {
    Threshold.FORBIDDEN: gettext_lazy("Close to {topic}, not close enough to refuse."),
    Threshold.ALLOWED: gettext_lazy("Close to {topic}, not close enough to count as it."),
    Threshold.ESCALATION: gettext_lazy("Close to {topic}, not close enough to call a person."),
}


def sentences(
    *, kind: str, topic: str | None, ahead: Mapping[str, float], closest: Mapping[str, str]
) -> list[SafeString]:
    """What it is first, then what it is close to; one at least, where there is a kind at all."""
    said = [_about(kind, topic)] if kind in _WITHOUT_TOPIC else []
    if kind in {"unlisted", "allowed"}:
        said += _near(kind, ahead, closest)
    if kind == "unlisted" and not said:
        said.append(format_html("{}", _("Close to nothing that is listed.")))
    return said


def _about(kind: str, topic: str | None) -> SafeString:
    if topic and kind in _ABOUT:
        return _marked(_ABOUT[kind], topic)
    return format_html("{}", _WITHOUT_TOPIC[kind])


def _near(kind: str, ahead: Mapping[str, float], closest: Mapping[str, str]) -> list[SafeString]:
    """Of a listed topic, only what would be refused or handed over is worth a word."""
    names = [name for name in _NEAR if not (kind == "allowed" and name == Threshold.ALLOWED)]
    said = [_marked(_NEAR[name], closest[name]) for name in names if _is_near(name, ahead) and closest.get(name)]
    if _is_near(Threshold.INJECTION, ahead):
        said.append(format_html("{}", _("Sounds a little like an attack, not enough to refuse it.")))
    return said


def _is_near(name: str, ahead: Mapping[str, float]) -> bool:
    return -CLOSE[name] <= ahead.get(name, -9.0) < 0


def _marked(sentence: str | Promise, topic: str) -> SafeString:
    return format_html(str(sentence), topic=format_html("<em>{}</em>", topic.replace("_", " ")))
