"""Test cases as lines of JSON: how they are read and written."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import RequestDataTooBig
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from bots.api.testing_shapes import CaseOut, ImportedCase
from bots.models import TestCase

MEDIA_TYPE = "application/x-ndjson"
MOST_BYTES = 8 * 1024 * 1024


class LinesParser(BaseParser):
    """A case on each line; empty lines count for nothing."""

    media_type = MEDIA_TYPE

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 -- DRF's signature
        body: bytes = stream.read(MOST_BYTES + 1)
        if len(body) > MOST_BYTES:
            raise RequestDataTooBig
        try:
            lines = body.decode("utf-8-sig").split("\n")
        except UnicodeDecodeError as error:
            raise ParseError("The lines are not UTF-8.") from error
        return {"cases": [_read(at, line) for at, line in enumerate(lines, 1) if line.strip()]}


def _read(number: int, line: str) -> Any:  # noqa: ANN401 -- JSON
    try:
        return json.loads(line)
    except ValueError as error:
        raise ParseError(f"Line {number} is no JSON.") from error


def written(cases: Iterable[TestCase]) -> str:
    kept = set(ImportedCase().fields)
    rows = ({name: value for name, value in CaseOut(case).data.items() if name in kept} for case in cases)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
