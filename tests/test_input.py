"""No input gets a 500: what a hostile or clumsy client may send anywhere."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import get_resolver
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

NIL = "00000000-0000-0000-0000-000000000000"
BODIES: list[Any] = [
    None, [], "text", 7, {}, {"": None}, {"name": None}, {"name": []}, {"name": {"a": 1}}, {"name": "\x00"},
    {"name": "x" * 100_000, "slug": "x" * 100_000, "query": "x" * 100_000}, {"config": {"a": {"b": ["\x00"]}}},
    {"bot_id": "\x00", "messages": "hello"}, {"bot_id": NIL, "messages": [[]]},
    {"bot_id": NIL, "messages": [{"role": {}}]},
    {"email": "\x00", "password": "\x00"}, {"email": {}, "password": []}, {"value": float(10**300)},
    {"k": 10**30, "query": "a"},
]  # fmt: skip
OPENAI = ("/v1/chat/completions", "/v1/models")  # whose clients read errors of another shape
QUERIES = ["page=0", "page=x", "page_size=-1", "search=%00", "search=%FF", "ordering=password", "status=%00", "bot=%00"]


def _paths() -> list[tuple[str, str]]:
    schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # spectacular's own
    return [
        (verb.upper(), path.replace("{", "").replace("}", ""))
        for path, item in schema["paths"].items()
        for verb in ("get", "post", "put", "patch", "delete")
        if verb in item
    ]


def _url(path: str) -> str:
    return "/".join({"number": "1"}.get(part, NIL if part.endswith("_id") else part) for part in path.split("/"))


def _code(path: str, answer: Any) -> Any:
    """The code of a problem in the shape that this address has for problems."""
    if path.startswith(OPENAI):
        return answer["Content-Type"] == "application/json" and answer.json()["error"]["code"]
    return answer["Content-Type"] == "application/problem+json" and answer.json()["code"]


@pytest.mark.parametrize("who", ["anonymous", "api", "staff"])
def test_no_body_and_no_query_breaks_an_endpoint(who: str, request: pytest.FixtureRequest) -> None:
    client: APIClient = request.getfixturevalue(who)
    client.raise_request_exception = False
    assert len(_paths()) > 40
    for verb, path in _paths():
        if verb in {"GET", "DELETE"}:
            answers = [client.generic(verb, f"{_url(path)}?{query}") for query in QUERIES]
        else:
            answers = [getattr(client, verb.lower())(_url(path), body, format="json") for body in BODIES]
            raw = ["{", "[" * 100_000, "\xff", '{"a": NaN}', '{"name": "\\ud800"}', '{"\\ud800": 1}', ""]
            raw.append('{"name": "n", "provider_type": "builtin", "config": {"a": 1e999}}')
            answers += [client.generic(verb, _url(path), text, content_type="application/json") for text in raw]
        for answer in answers:
            assert answer.status_code < 500, (verb, path, answer.content[:300])
            if answer.status_code >= 400:
                assert _code(path, answer), (verb, path, answer.content[:300])


def test_a_refusal_may_quote_half_a_character(api: APIClient) -> None:
    refused = api.generic("POST", "/v1/tenant/ai-providers/", '{"provider_name": "\\ud800"}', "application/json")
    assert (refused.status_code, list(refused.json()["errors"])) == (400, ["provider_name"])
    taken = api.generic("POST", "/v1/tenant/ai-providers/", '{"provider_name": "builtin"}', "application/json")
    assert taken.status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/v1", "/v1/tenant/nothing", "/%00", "/v1/chat/sessions/%00", "/admin"])
def test_addresses_that_lead_nowhere_are_problems_too(path: str, client: Any) -> None:
    assert get_resolver() is not None
    answer = client.get(path)
    assert answer.status_code in {401, 404}
    assert answer["Content-Type"] == "application/problem+json"
