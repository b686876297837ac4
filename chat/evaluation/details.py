"""Writes down every case for whoever tunes: what was asked and expected, and what came of it, a JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TextIO


class Details:
    """Without a file nothing is written."""

    def __init__(self, file: TextIO | None = None) -> None:
        self._file = file

    def add(self, part: str, name: str, facts: Mapping[str, Any]) -> None:
        if self._file is not None:
            self._file.write(json.dumps({"part": part, "set": name, **facts}, ensure_ascii=False) + "\n")
