"""The patterns of `attacks.toml`, compiled."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from pathlib import Path

INJECTION = "prompt_injection"

_read = tomllib.loads(Path(__file__).with_suffix(".toml").read_text("utf-8"))


def _compiled(pattern: str) -> re.Pattern[str]:
    for name, piece in _read["pieces"].items():
        pattern = pattern.replace(f"<{name}>", piece)
    return re.compile(as_said(pattern))


def as_said(pattern: str) -> str:
    """A pattern in the form of the texts it is for (`unmask.normalise`), its signs of one case already."""
    return unicodedata.normalize("NFKC", pattern).replace("ς", "σ")


decisive = tuple(
    (reason, _compiled(pattern))
    for part in ("english", "other_languages")
    for reason, patterns in _read[part].items()
    for pattern in patterns
)
hints = tuple(
    (weight, _compiled(pattern)) for kind, weight in (("strong", 2), ("weak", 1)) for pattern in _read["hints"][kind]
)
