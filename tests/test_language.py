"""Pages speak the reader's language; the APIs, and what is kept, speak English."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation
from rest_framework.test import APIClient

import chat.words
import knowledge.words
from integrations import services
from integrations.errors import ProviderError
from tenants import formats
from tenants.enums import Role
from tenants.models import Plan, Tenant
from tenants.types import Principal, TenantRef

ROOT = Path(settings.BASE_DIR)
GERMAN = {"Accept-Language": "de"}
_FORMATTED = re.compile(r"""\|(date|time)\s*:|\{%\s*now\b""")
_PROVIDERS = {"ProviderError", "ProviderNotAsked", *(kind.__name__ for kind in ProviderError.__subclasses__())}
_SAYS = {"ExtractionError": 1, "ParserDied": 1, "_with": 2, **dict.fromkeys(_PROVIDERS, 0)}  # where the sentence stands


def test_the_same_refusal_is_english_over_the_api_and_german_on_a_page(
    api: APIClient, page_as: Callable[..., Client]
) -> None:
    page = page_as(Role.OWNER)
    address = f"bots/{uuid4()}/"
    assert "Diesen Bot gibt es nicht." in page.get(f"/dashboard/acme/{address}", headers=GERMAN).content.decode()
    assert api.get(f"/v1/tenant/{address}", headers=GERMAN).json()["detail"] == "There is no such bot."
    assert "There is no such bot." in page.get(f"/dashboard/acme/{address}").content.decode()


def test_a_limit_is_told_in_the_language_of_who_runs_into_it(
    api: APIClient, page_as: Callable[..., Client], acme: TenantRef, principal: Principal
) -> None:
    provider = services.create(by=principal, name="Built in", provider_name="builtin")
    Tenant.objects.filter(id=acme.id).update(plan=Plan.objects.create(slug="small", name="Small", bots=0))
    sent = {"name": "Help", "tenant_ai_provider_id": str(provider.id)}
    page = page_as(Role.OWNER).post("/dashboard/acme/bots/new/", sent, headers=GERMAN).content.decode()
    assert "Ihr Tarif umfasst so viele Bots: 0. Belegt: 0." in page
    told = api.post("/v1/tenant/bots", sent, headers=GERMAN).json()
    assert told["detail"] == "Your plan allows 0 bots; 0 are in use."
    assert told["errors"] == {"bots": ["At most 0."]}


def test_the_operators_api_speaks_english_too(staff: APIClient) -> None:
    told = staff.get(f"/admin/tenants/{uuid4()}", headers=GERMAN).json()
    assert (told["title"], told["detail"]) == ("Not found", "There is no such tenant.")
    wrong = staff.post("/admin/tenants/", {}, headers=GERMAN).json()
    assert "This field is required." in json.dumps(wrong)


def test_a_title_that_stands_for_the_sentence_is_text(api: APIClient) -> None:
    told = api.get(f"/v1/tenant/gaps/{uuid4()}", headers=GERMAN).json()
    assert (told["title"], told["detail"]) == ("There is no such gap", "There is no such gap")


def test_moments_and_amounts_are_written_as_the_reader_does() -> None:
    at = datetime(2026, 11, 6, 14, 5, 9, tzinfo=UTC)
    with translation.override("de"):
        assert formats.moment(at) == "06.11.2026, 14:05"
        assert formats.moment(at, "second") == "06.11.2026, 14:05:09"
        assert formats.moment(at.date(), "day") == "06.11.2026"
        assert (formats.size(1_400_000), formats.seconds(1234), formats.number(12_345.6, 1)) == (
            "1,4 MB", "1,2 s", "12.345,6",
        )  # fmt: skip
        assert (formats.dollars(1.2), formats.shortly(2.5), formats.shortly(25.0)) == ("1,20 $", "2,5", "25")
    with translation.override("en"):
        assert formats.moment(at, "minute_of_year") == "6 Nov, 14:05"
        assert (formats.size(1_400_000), formats.dollars(1.2)) == ("1.4 MB", "$1.20")
        assert formats.tagged(at) == '<time datetime="2026-11-06T14:05:09+00:00">6 Nov 2026, 14:05</time>'


def test_every_language_has_every_form_of_a_moment() -> None:
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            for form in ("day", "day_of_year", "minute", "minute_of_year", "second"):
                assert formats.moment(datetime(2026, 11, 6, tzinfo=UTC), form)[0].isdigit(), (code, form)


def test_no_template_has_a_format_of_its_own() -> None:
    found = [
        f"{path.name}: {line.strip()[:80]}"
        for path in sorted((ROOT / "templates").rglob("*.*"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if _FORMATTED.search(line)
    ]
    assert not found, "{% moment … %} and |written of tenants/templatetags/ui.py"


def _sentences(folder: str) -> Iterator[tuple[str, str]]:
    """What is said of a document or a provider there: the arguments of what is raised, its holes filled."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        if "tests" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and (at := _SAYS.get(_name(node.func))) is not None and len(node.args) > at:
                for said in _filled(node.args[at], constants):
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", said


def _name(func: ast.expr) -> str:
    if isinstance(func, ast.IfExp):
        return _name(func.body)
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _filled(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield re.sub(r"\{[^}]*\}", "7", node.value)
    elif isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "7" for part in node.values)
    elif isinstance(node, ast.Name) and node.id in constants:
        yield from _filled(constants[node.id], {})
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        yield from _filled(node.func.value, constants)
    elif isinstance(node, ast.IfExp):
        yield from (*_filled(node.body, constants), *_filled(node.orelse, constants))


def test_all_that_is_kept_of_documents_and_providers_can_be_said_in_german() -> None:
    found = [*_sentences("knowledge/ingest"), *_sentences("integrations")]
    assert len(found) > 60
    _all_translated(found, knowledge.words.again)


def test_all_that_is_kept_of_turns_can_be_said_in_german() -> None:
    _all_translated([*_sentences("chat")], chat.words.again)


def _all_translated(found: list[tuple[str, str]], again: Callable[[str], str]) -> None:
    with translation.override("de"):
        assert not [(place, said) for place, said in found if again(said) == said], "the SENTENCES of words.py"
    with translation.override("en"):
        assert [again(said) for _place, said in found] == [said for _place, said in found]


@pytest.mark.parametrize(
    ("kept", "german"),
    [
        ("The PDF has 12,345 pages; the limit is 2,000. Split it.",
         "Das PDF hat 12.345 Seiten; die Grenze ist 2.000. Teilen Sie es auf."),
        ("The file has 31.5 MB; the limit is 25 MB. Split it.",
         "Die Datei hat 31,5 MB; die Grenze sind 25 MB. Teilen Sie sie auf."),
        ("The file is a program. Supported: PDF, DOCX and CSV.",
         "Die Datei ist ein Programm. Lesbar sind: PDF, DOCX und CSV."),
        ("Attachments were left out: a.pdf, b.doc. Upload them on their own.",
         "Anhänge wurden weggelassen: a.pdf, b.doc. Laden Sie sie einzeln hoch."),
        ("Your plan allows 250.0 MB of storage; 240.1 MB are in use.",
         "Ihr Tarif umfasst 250,0 MB Speicher; 240,1 MB sind belegt."),
        ("What nobody foresaw.", "What nobody foresaw."),
    ],
)  # fmt: skip
def test_numbers_and_names_of_what_is_kept_stay(kept: str, german: str) -> None:
    with translation.override("de"):
        assert knowledge.words.again(kept) == german


@pytest.mark.parametrize(
    ("kept", "german"),
    [
        ("It should refuse, and it answered.", "Er sollte ablehnen und hat geantwortet."),
        ("It should answer, and it refused (off_topic, Weather).",
         "Er sollte antworten und hat abgelehnt (Nicht zum Thema, Weather)."),
        ("It should cite “Shipping” or “Prices”, and it cites nothing.",
         "Als Beleg erwartet: „Shipping“ oder „Prices“. Genannt: nichts."),
        ("It should cite one of the expected documents, and it cites “Returns”, “Prices”.",
         "Als Beleg erwartet: eines der erwarteten Dokumente. Genannt: „Returns“, „Prices“."),
        ("The answer lacks “free”, “€50”.", "In der Antwort fehlt: „free“, „€50“."),
        ("The provider did not answer: The provider did not answer in time.",
         "Der Anbieter hat nicht geantwortet: Der Anbieter hat nicht rechtzeitig geantwortet."),
        ("It was called off.", "Er wurde abgebrochen."),
    ],
)  # fmt: skip
def test_why_a_test_failed_is_said_in_german(kept: str, german: str) -> None:
    with translation.override("de"):
        assert chat.words.again(kept) == german
