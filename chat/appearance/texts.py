"""The widget's own texts, by language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

ENGLISH = "en"
FROM_THE_RIGHT = frozenset({"ar", "he"})
_FILE = Path(__file__).with_name("texts.toml")


@lru_cache(maxsize=1)
def load() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))


def language_of(*wanted: str) -> str:
    """The first of these languages that there are texts for; `de-AT` and `de_AT` are German."""
    for tag in wanted:
        language = tag.strip().lower().replace("_", "-").split("-")[0]
        if language in load():
            return language
    return ENGLISH


def direction_of(language: str) -> str:
    return "rtl" if language in FROM_THE_RIGHT else "ltr"
