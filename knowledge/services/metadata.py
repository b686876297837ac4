"""What the database takes as metadata: a JSON object of modest size, without what PostgreSQL's jsonb refuses."""

from __future__ import annotations

import json
import math
from typing import Any, Final, Literal

METADATA_BYTES: Final = 16_384
METADATA_DEPTH: Final = 10
TAGS: Final = 50

Flaw = Literal["object", "size", "depth", "text", "number"]


def flaw(metadata: Any) -> Flaw | None:  # noqa: ANN401 -- JSON
    """What is wrong with it, or nothing."""
    if not isinstance(metadata, dict):
        return "object"
    return _flaw(metadata, depth=1) or ("size" if len(json.dumps(metadata)) > METADATA_BYTES else None)


def _flaw(value: Any, *, depth: int) -> Flaw | None:  # noqa: ANN401 -- same
    if isinstance(value, str) and any(char == "\x00" or "\ud800" <= char <= "\udfff" for char in value):
        return "text"
    if isinstance(value, float) and not math.isfinite(value):
        return "number"
    if not isinstance(value, dict | list):
        return None
    if depth > METADATA_DEPTH:
        return "depth"
    inside = [*value, *value.values()] if isinstance(value, dict) else value
    return next((found for inner in inside if (found := _flaw(inner, depth=depth + 1))), None)
