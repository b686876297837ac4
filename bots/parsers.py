"""Test cases as they come and go: their shape, and as lines of JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import BaseParser

from bots.enums import Expectation
from bots.models import TestCase
from bots.services.testing import CASES
from tenants.errors import Invalid
from tenants.http import StrictSerializer

QUESTION_CHARACTERS = 4_000
ANSWER_CHARACTERS = 20_000
HISTORY = 50
MEDIA_TYPE = "application/x-ndjson"
MOST_BYTES = 8 * 1024 * 1024


class SaidBefore(StrictSerializer):
    role = serializers.ChoiceField(choices=["user", "assistant"])
    content = serializers.CharField(max_length=ANSWER_CHARACTERS)


class Words(serializers.ListField):
    child = serializers.CharField(max_length=200)


class Expected(StrictSerializer):
    """What a case asks of the answer."""

    expect = serializers.ChoiceField(choices=Expectation.choices, required=False)
    expected_document_ids = serializers.ListField(
        child=serializers.UUIDField(),
        max_length=20,
        required=False,
        help_text="One of these, or of `expected_titles`, must be cited.",
    )
    expected_titles = serializers.ListField(
        child=serializers.CharField(max_length=500), max_length=20, required=False, help_text="As above, by title."
    )
    expected_words = Words(max_length=20, required=False, help_text="All of these must be in the answer.")
    forbidden_words = Words(max_length=20, required=False, help_text="None of these may be in the answer.")
    note = serializers.CharField(max_length=2_000, required=False, allow_blank=True)


class CaseIn(Expected):
    question = serializers.CharField(max_length=QUESTION_CHARACTERS)
    history = SaidBefore(many=True, required=False, max_length=HISTORY, help_text="What was said before, in its order.")  # type: ignore[call-arg]  # of the list that `many` makes

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 -- DRF's signature
        fields = super().to_internal_value(data)
        if "history" in fields:
            fields["history"] = [dict(turn) for turn in fields["history"]]
        return fields


class ImportedCase(CaseIn):
    """As `GET …/cases/export` writes it. What a case has by itself is left aside."""

    id = serializers.UUIDField(required=False, help_text="That of a case of this set is replaced; any other is new.")


class CasesIn(StrictSerializer):
    cases = ImportedCase(many=True, min_length=1, max_length=CASES)  # type: ignore[call-arg]  # same


class CaseOut(serializers.ModelSerializer[TestCase]):
    test_set_id = serializers.UUIDField(read_only=True)
    history = SaidBefore(many=True, read_only=True)

    class Meta:
        model = TestCase
        fields = [
            "id", "test_set_id", "question", "history", "expect", "expected_document_ids", "expected_titles",
            "expected_words", "forbidden_words", "note", "source_message_id", "created_by", "created_at", "updated_at",
        ]  # fmt: skip


class LinesParser(BaseParser):
    """A case on each line; empty lines count for nothing."""

    media_type = MEDIA_TYPE

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 -- DRF's signature
        return {"cases": read(stream.read(MOST_BYTES + 1))}


def read(body: bytes) -> list[Any]:
    """The cases on the lines, not looked at yet. Raises `ParseError`."""
    if len(body) > MOST_BYTES:
        raise RequestDataTooBig
    try:
        lines = body.decode("utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise ParseError(_("The lines are not UTF-8.")) from error
    return [_read(at, line) for at, line in enumerate(lines, 1) if line.strip()]


def checked(body: bytes) -> list[dict[str, Any]]:
    """The cases of a file, in their shape. Raises `Invalid` with what is wrong, by line."""
    try:
        shape = CasesIn(data={"cases": read(body)})
        shape.is_valid(raise_exception=True)
    except RequestDataTooBig as error:
        raise Invalid(_("The file is larger than %(most)s MB.") % {"most": MOST_BYTES // 1024 // 1024}) from error
    except ParseError as error:
        raise Invalid(str(error.detail)) from error
    except ValidationError as error:
        raise Invalid(_told(error.detail)) from error
    cases: list[dict[str, Any]] = shape.validated_data["cases"]
    return cases


def _told(detail: Any) -> str:  # noqa: ANN401 -- DRF's nest of lists and dicts
    """The first few things wrong, each with its place."""
    found = list(_flat(detail, ()))
    return " ".join(f"{where}: {sentence}" for where, sentence in found[:5]) + (" …" if len(found) > 5 else "")


def _flat(detail: Any, at: tuple[str, ...]) -> Iterator[tuple[str, str]]:  # noqa: ANN401 -- same
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _flat(inner, (*at, _numbered(name) if isinstance(name, int) else str(name)))
    elif isinstance(detail, list):
        for number, inner in enumerate(detail):
            deeper = isinstance(inner, list | Mapping)
            yield from _flat(inner, (*at, _numbered(number)) if deeper else at)
    else:
        yield ", ".join(part for part in at if part != "cases"), str(detail)


def _numbered(at: int) -> str:
    return _("case %(number)s") % {"number": at + 1}


def _read(number: int, line: str) -> Any:  # noqa: ANN401 -- JSON
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ParseError(_("Line %(number)s is no JSON.") % {"number": number}) from error


def written(cases: Iterable[TestCase]) -> str:
    kept = set(ImportedCase().fields)
    rows = ({name: value for name, value in CaseOut(case).data.items() if name in kept} for case in cases)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
