"""Every text of the pages is in every catalogue, translated, and the compiled catalogues are those of the sources."""

from __future__ import annotations

import ast
import gettext
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
APPS = ["tenants", "apikeys", "integrations", "knowledge", "bots", "chat", "config"]
CATALOGUES = sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))
_TAG = re.compile(r"""\{%\s*translate\s+("[^"]+"|'[^']+')|\b_\(("[^"]+"|'[^']+')\)""")
_CALLS = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "gettext_noop"}


def _catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def _said() -> Iterator[str]:
    for page in (ROOT / "templates").rglob("*.*"):
        for in_tag, in_call in _TAG.findall(page.read_text(encoding="utf-8")):
            yield (in_tag or in_call)[1:-1].replace("%", "%%")  # as makemessages writes them
    for app in APPS:
        for module in (ROOT / app).rglob("*.py"):
            if "tests" not in module.parts:
                yield from _called(module)


def _called(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLS and node.args:
            text = node.args[0]
            if isinstance(text, ast.Constant) and isinstance(text.value, str):
                yield text.value


def test_texts_are_marked_by_the_names_that_makemessages_knows() -> None:
    for app in APPS:
        for module in (ROOT / app).rglob("*.py"):
            for name in re.findall(r"import n?gettext(?:_lazy)? as (\w+)", module.read_text(encoding="utf-8")):
                assert name == "_", f"{module}: what is in {name}(…) is not collected"


def test_there_is_a_catalogue_for_every_language() -> None:
    assert {path.parts[-3] for path in CATALOGUES} == {code for code, _ in settings.LANGUAGES} - {"en"}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_every_text_is_translated(path: Path) -> None:
    catalogue = _catalogue(path)
    bare = [entry.id for entry in catalogue if entry.id and (not entry.string or not all(_forms(entry.string)))]
    assert not bare, "make messages, then translate"
    assert not [entry.id for entry in catalogue if entry.id and entry.fuzzy]
    known = {form for entry in catalogue for form in _forms(entry.id)}
    missing = sorted({text for text in _said() if text} - known)
    assert not missing, "make messages, then translate"


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_placeholders_survive_translation(path: Path) -> None:
    for entry in _catalogue(path):
        names = [set(re.findall(r"%\((\w+)\)", form)) for form in _forms(entry.id)]
        for form in _forms(entry.string):
            assert set(re.findall(r"%\((\w+)\)", form)) in names, entry.id


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_the_compiled_catalogue_is_that_of_the_source(path: Path) -> None:
    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for entry in _catalogue(path):
        if isinstance(entry.id, str) and entry.id:
            said = compiled.pgettext(entry.context, entry.id) if entry.context else compiled.gettext(entry.id)
            assert said == entry.string, "make messages"


def _forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())
