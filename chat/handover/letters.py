"""What a mail to a customer says around the answer, and which page it may lead to. Pure but for the texts' file."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from tomllib import loads
from urllib.parse import urlsplit

_PAGE = re.compile(r"https?://[\w.:\[\]-]+(?:/[!-~]*)?", re.ASCII)


@cache
def load() -> dict[str, dict[str, str]]:
    """By language, as many as the widget speaks."""
    found: dict[str, dict[str, str]] = loads((Path(__file__).parent / "letters.toml").read_text("utf-8"))
    return found


def words(wanted: str) -> dict[str, str]:
    """In this language; `de-AT` is German, and what is not spoken is English."""
    return load().get(wanted.lower().replace("_", "-").split("-")[0], load()["en"])


def is_page(address: str) -> bool:
    return bool(_PAGE.fullmatch(address))


def origin_of(page: str) -> str:
    parts = urlsplit(page)
    return f"{parts.scheme}://{parts.netloc}"
