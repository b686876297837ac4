"""Codes have words: every deed that is recorded, every reason of a guard."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

from tenants import words
from tenants.templatetags import ui

ROOT = Path(settings.BASE_DIR)
APPS = ["tenants", "apikeys", "integrations", "knowledge", "bots", "chat"]
OPERATORS = {"setting", "plan"}  # what operators do to the whole place is in no tenant's log


def _sources() -> str:
    paths = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "tests" not in path.parts]
    return "\n".join(path.read_text("utf-8") for path in paths)


def test_every_deed_on_record_has_words() -> None:
    found = set(re.findall(r'(?:action=|_note\(user, |action = )"([a-z_]+\.[a-z_]+)"', _sources()))
    assert len(found) > 60
    assert {name for name in found if name.split(".")[0] not in OPERATORS} <= set(words.DEEDS)


def test_every_reason_of_the_guard_has_words() -> None:
    patterns = tomllib.loads((ROOT / "bots/guardrails/attacks.toml").read_text("utf-8"))
    said = set(re.findall(r'reason="([a-z_]+)"', _sources()))
    assert "off_topic" in said
    assert {*patterns["english"], *patterns["other_languages"], *said} <= set(words.REASONS)


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/131.0 Safari/537.36 Edg/131.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile Safari/604.1", "Safari on iPhone"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("x" * 100, "x" * 59 + "…"),
        ("", "An unknown browser"),
    ],
)  # fmt: skip
def test_a_browser_is_named_as_people_name_it(told: str, shown: str) -> None:
    assert ui.device(told) == shown


def test_a_code_without_words_stands_as_it_is() -> None:
    assert words.in_words("moon.shine", "deed") == "moon.shine"
