"""Fields that several forms of knowledge share: tags in a line, metadata as lines of `key: value`, lists of files.

What metadata says comes back from its lines as it went in: a value that reads as JSON is JSON, and anything else text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from knowledge.models import TAG_LENGTH
from knowledge.services.metadata import METADATA_BYTES, METADATA_DEPTH, TAGS, flaw
from tenants import plans
from tenants.errors import LimitReached, Problem
from tenants.pages import PageForm

_FLAWS: Final[dict[str, str | Promise]] = {
    "object": _("Write one pair of key and value a line."),
    "size": _("This is more than %(bytes)d bytes."),
    "depth": _("This is more than %(levels)d levels deep."),
    "text": _("This holds characters that cannot be stored."),
    "number": _("Numbers must be finite."),
}


class TagsField(forms.CharField):
    """Tags with commas between them; each once, in the order given."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 -- Django's signature
        given = {"label": _("Tags"), "required": False, "help_text": _("With commas between them.")}
        super().__init__(**{**given, **options})

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 -- same
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value: Any) -> Any:  # noqa: ANN401 -- same
        tags = list(dict.fromkeys(tag for part in str(value or "").split(",") if (tag := part.strip())))
        if len(tags) > TAGS:
            raise forms.ValidationError(gettext("At most %(most)d tags.") % {"most": TAGS})
        if long := next((tag for tag in tags if len(tag) > TAG_LENGTH), None):
            said = gettext("“%(tag)s…” is longer than %(most)d characters.")
            raise forms.ValidationError(said % {"tag": long[:20], "most": TAG_LENGTH})
        return tags

    def run_validators(self, value: Any) -> None:  # noqa: ANN401 -- same
        super().run_validators(", ".join(value))


class MetadataField(forms.CharField):
    """Metadata, a line a pair: `language: en`."""

    widget = forms.Textarea(attrs={"rows": 3, "spellcheck": "false"})

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 -- Django's signature
        given = {
            "label": _("Metadata"),
            "required": False,
            "help_text": _("One pair a line, such as “product: X200”. Searches can be limited by it."),
        }
        super().__init__(**{**given, **options})

    def prepare_value(self, value: Any) -> Any:  # noqa: ANN401 -- same
        return in_lines(value) if isinstance(value, dict) else value

    def to_python(self, value: Any) -> Any:  # noqa: ANN401 -- same
        found: dict[str, Any] = {}
        for number, line in enumerate(str(value or "").splitlines(), 1):
            if not line.strip():
                continue
            key, said = _pair(line.strip(), number)
            if key in found:
                raise forms.ValidationError(gettext("Line %(number)d repeats a key.") % {"number": number})
            found[key] = said
        if wrong := flaw(found):
            raise forms.ValidationError(str(_FLAWS[wrong]) % {"bytes": METADATA_BYTES, "levels": METADATA_DEPTH})
        return found

    def run_validators(self, value: Any) -> None:  # noqa: ANN401 -- same
        """Each value was looked at already."""


def in_lines(metadata: Mapping[str, Any]) -> str:
    return "\n".join(f"{_key(key)}: {_value(value)}" for key, value in metadata.items())


def _key(key: str) -> str:
    plain = key and key == key.strip() and not key.startswith('"') and ":" not in key and key.splitlines() == [key]
    return key if plain else json.dumps(key)


def _value(value: Any) -> str:  # noqa: ANN401 -- JSON
    plain = isinstance(value, str) and value == value.strip() and value.splitlines() == [value]
    return str(value) if plain and _read(str(value)) == value else json.dumps(value)


def _read(text: str) -> Any:  # noqa: ANN401 -- JSON
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _pair(line: str, number: int) -> tuple[str, Any]:
    key, rest = line, ""
    if line.startswith('"'):
        try:
            key, end = json.JSONDecoder().raw_decode(line)
            rest = line[end:].lstrip()
        except ValueError:
            key, rest = "", ""
        colon, said = rest[:1], rest[1:]
    else:
        key, colon, said = line.partition(":")
        key = key.strip()
    if colon != ":" or not isinstance(key, str) or (not key and not line.startswith('""')):
        raise forms.ValidationError(gettext("Line %(number)d is no pair of key and value.") % {"number": number})
    return key, _read(said.strip())


class ManyFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """One file or many; what is inside is looked at by the service, so that each is refused or taken by itself."""

    widget = ManyFiles

    def clean(self, data: Any, initial: Any = None) -> Any:  # noqa: ANN401 -- same
        given = [file for file in (data or []) if file] if isinstance(data, Sequence) else [data] if data else []
        if not given and self.required:
            raise forms.ValidationError(self.error_messages["required"])
        if len(given) > settings.MAX_UPLOAD_FILES:
            said = gettext("These are too many: at most %(most)d files go at once, and none of them was added.")
            raise forms.ValidationError(said % {"most": settings.MAX_UPLOAD_FILES})
        return given


class KnowledgeForm(PageForm):
    """A form whose refusal by the plan says so in a sentence; `limit_reached` has the page point to the plan."""

    limit_reached = False

    def refuse(self, problem: Problem) -> None:
        if isinstance(problem, LimitReached):
            self.limit_reached = True
            self.add_error(None, limit_words(problem))
        else:
            super().refuse(problem)


def limit_words(problem: LimitReached) -> str:
    """Which limit of the plan it is, for people."""
    name = next(iter(problem.errors), "")
    if name == "datasets":
        return gettext("Your plan includes %(most)s datasets, and all of them are in use.") % {
            "most": plans.limit_of("datasets")
        }
    if name == "documents":
        return gettext("Your plan includes %(most)s documents; this would be more.") % {
            "most": plans.limit_of("documents")
        }
    if name == "storage_bytes":
        megabytes = round((plans.limit_of("storage_bytes") or 0) / 1_000_000)
        return gettext("Your plan includes %(most)s MB of storage; this would be more.") % {"most": megabytes}
    return problem.detail
