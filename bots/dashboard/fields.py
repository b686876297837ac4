"""Fields of bots' forms: texts with one kind of line end, lists with a line each, phrases with their examples."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

Phrase = tuple[str, list[str]]
EXAMPLES, EXAMPLE_CHARACTERS = 20, 500  # of one phrase


class Prose(forms.CharField):
    """A text of several lines; browsers send line ends that no other caller sends."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:  # noqa: ANN401 -- Django's signature
        return str(super().to_python(value) or "").replace("\r\n", "\n").replace("\r", "\n")


class Lines(forms.CharField):
    """A line for each entry, each once."""

    widget = forms.Textarea

    def __init__(self, *, most: int, longest: int, **given: Any) -> None:  # noqa: ANN401 -- Django's arguments
        self.most, self.longest = most, longest
        super().__init__(required=False, **given)

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 -- Django's signature
        return value if isinstance(value, str) or value is None else "\n".join(value)

    def clean(self, value: Any) -> Any:  # noqa: ANN401 -- Django's signature
        return lines(super().clean(value), most=self.most, longest=self.longest)

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ANN401 -- Django's signature
        return _differs(self, initial or [], data)


def lines(text: str, *, most: int, longest: int) -> list[str]:
    """The lines that say something, each once. Raises `ValidationError`."""
    said = once(line.strip() for line in text.splitlines() if line.strip())
    if len(said) > most:
        raise ValidationError(_("At most %(most)s lines.") % {"most": most})
    if any(len(line) > longest for line in said):
        raise ValidationError(_("At most %(longest)s characters a line.") % {"longest": longest})
    return said


def once(texts: Any) -> list[str]:  # noqa: ANN401 -- any iterable of texts
    """The first of those that differ in capital letters alone, in their order."""
    kept: dict[str, str] = {}
    for text in texts:
        kept.setdefault(text.casefold(), text)
    return list(kept.values())


class PhrasesWidget(forms.Widget):
    """A row for each phrase: what it is, and its example questions with a line each. Some rows are free."""

    template_name = "dashboard/bots/_phrases.html"
    use_fieldset = True
    free = 1

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[tuple[str, str]]:  # noqa: ANN401 -- Django's signature
        if not hasattr(data, "getlist"):
            return list(data.get(name, []))
        said, examples = data.getlist(name), data.getlist(f"{name}_examples")
        return [(phrase, examples[at] if at < len(examples) else "") for at, phrase in enumerate(said)]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:  # noqa: ANN401 -- Django's signature
        return name not in data

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:  # noqa: ANN401 -- same
        context = super().get_context(name, value, attrs)
        rows = [(phrase, said if isinstance(said, str) else "\n".join(said)) for phrase, said in value or []]
        rows = [row for row in rows if any(row)]
        context["widget"]["rows"] = rows + [("", "")] * self.free
        context["widget"]["disabled"] = bool((attrs or {}).get("disabled"))
        return context

    def id_for_label(self, id_: str) -> str:
        return ""


class Phrases(forms.Field):
    """Phrases of a scope with example questions; the value is a list of pairs."""

    widget = PhrasesWidget

    def __init__(self, *, most: int, **given: Any) -> None:  # noqa: ANN401 -- Django's arguments
        self.most = most
        super().__init__(required=False, **given)

    def clean(self, value: Sequence[tuple[str, Any]] | None) -> list[Phrase]:
        found: dict[str, Phrase] = {}
        for phrase, text in value or []:
            said = text if isinstance(text, str) else "\n".join(text)
            self._take(found, " ".join(str(phrase).split()), said)
        if len(found) > self.most:
            raise ValidationError(_("At most %(most)s of them.") % {"most": self.most})
        return list(found.values())

    def _take(self, found: dict[str, Phrase], phrase: str, said: str) -> None:
        examples = lines(said, most=EXAMPLES, longest=EXAMPLE_CHARACTERS)
        if not phrase:
            if examples:
                raise ValidationError(_("These examples lack the topic that they are of: %(said)s") % {"said": said})
            return
        if "\x00" in phrase or "\x00" in said:
            raise ValidationError(_("Null characters are not allowed."))
        if len(phrase) > 200:
            raise ValidationError(_("At most %(longest)s characters for one.") % {"longest": 200})
        known, before = found.get(phrase.casefold(), (phrase, []))
        found[phrase.casefold()] = (known, once([*before, *examples]))

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ANN401 -- Django's signature
        return _differs(self, [(phrase, list(said)) for phrase, said in initial or []], data)


class Pairs(forms.CharField):
    """Metadata, a line each: `name: value`. A value is JSON where it reads as such, else a text."""

    widget = forms.Textarea
    most_bytes = 4_096

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 -- Django's signature
        if not isinstance(value, Mapping):
            return value
        return "\n".join(f"{_name(name)}: {_written(held)}" for name, held in value.items())

    def clean(self, value: Any) -> Any:  # noqa: ANN401 -- Django's signature
        found: dict[str, Any] = {}
        for line in filter(None, map(str.strip, super().clean(value).replace("\r", "\n").split("\n"))):
            name, said = _parts(line)
            if not (name and said):
                raise ValidationError(_("Write each as “name: value”, on a line of its own."))
            found[name] = _read(said)
        if len(json.dumps(found)) > self.most_bytes:
            raise ValidationError(_("At most %(most)s bytes.") % {"most": self.most_bytes})
        return found

    def has_changed(self, initial: Any, data: Any) -> bool:  # noqa: ANN401 -- Django's signature
        return _differs(self, initial or {}, data)


def _differs(field: forms.Field, initial: Any, data: Any) -> bool:  # noqa: ANN401 -- what the field holds
    try:
        return not field.disabled and bool(field.clean(data) != initial)
    except ValidationError:
        return True


def _name(name: str) -> str:
    """As `_parts` reads it back."""
    return name if _parts(f"{name}: 1")[0] == name else json.dumps(name, ensure_ascii=False)


def _parts(line: str) -> tuple[str, str]:
    """A name and what is said of it; a name with a colon in it stands in quotes."""
    try:
        name, end = json.JSONDecoder().raw_decode(line) if line.startswith('"') else ("", 0)
    except ValueError:
        name, end = "", 0
    rest = line[end:].lstrip()
    if name and rest.startswith(":"):
        return str(name), rest[1:].strip()
    plain, _colon, said = line.partition(":")
    return plain.strip(), said.strip()


def _written(value: Any) -> str:  # noqa: ANN401 -- JSON
    """As `_read` reads it back."""
    if (
        isinstance(value, str)
        and value == value.strip()
        and not {"\n", "\r"} & set(value)
        and value
        and _read(value) == value
    ):
        return value
    return json.dumps(value, ensure_ascii=False)


def _read(said: str) -> Any:  # noqa: ANN401 -- JSON
    try:
        return json.loads(said, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return said


def _no_number(name: str) -> Any:  # noqa: ANN401 -- never answers
    raise ValueError(name)
