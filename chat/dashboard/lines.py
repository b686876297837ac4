"""Lists and talks in a text area: one thing on each line; pure but for the field."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_SIDE = re.compile(r"\s*(customer|user|kunde|bot|assistant)\s*:\s?", re.IGNORECASE)
_MINE = frozenset({"customer", "user", "kunde"})


class Lines(forms.CharField):
    """A list of short texts, one on each line; empty lines count for nothing, and each counts once."""

    widget = forms.Textarea

    def __init__(self, *, most: int, longest: int, rows: int = 3, **kwargs: Any) -> None:  # noqa: ANN401 -- a field's arguments
        self.most, self.longest = most, longest
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": rows}), **kwargs)

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 -- a list, or what was typed
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def clean(self, value: Any) -> Any:  # noqa: ANN401 -- Django's signature
        lines = list(dict.fromkeys(line.strip() for line in super().clean(value).splitlines() if line.strip()))
        if len(lines) > self.most:
            raise ValidationError(_("At most %(most)s lines.") % {"most": self.most})
        if any(len(line) > self.longest for line in lines):
            raise ValidationError(_("At most %(longest)s characters on a line.") % {"longest": self.longest})
        return lines


def said_as_text(history: Sequence[Mapping[str, str]]) -> str:
    return "\n".join(f"{'Customer' if each['role'] == 'user' else 'Bot'}: {each['content']}" for each in history)


def text_as_said(text: str) -> list[dict[str, str]]:
    """Raises `ValueError` where it does not say who begins."""
    said: list[dict[str, str]] = []
    for line in text.splitlines():
        found = _SIDE.match(line)
        if found:
            role = "user" if found[1].casefold() in _MINE else "assistant"
            said.append({"role": role, "content": line[found.end() :]})
        elif said:
            said[-1]["content"] += f"\n{line}"
        elif line.strip():
            raise ValueError(_("Begin with “Customer:” or “Bot:”."))
    return [{**each, "content": each["content"].strip()} for each in said if each["content"].strip()]
