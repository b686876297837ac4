"""A worker killed in the middle loses and doubles nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.stack import Stack

pytestmark = pytest.mark.xdist_group("stack")


def _long_text(seed: int) -> str:
    """Some hundred paragraphs, no two alike, so that embedding them takes a while."""
    return "\n\n".join(
        f"Paragraph {number} of report {seed}. Machine {seed * 1000 + number} stands in hall {number % 17} and was "
        f"serviced on day {number}. Its inspector wrote down {number * 7 % 101} findings and {number * 3 % 13} repairs."
        for number in range(400)
    )


def test_a_worker_killed_while_it_embeds_loses_and_doubles_nothing(stack: Stack) -> None:
    with stack.client() as anonymous:
        tenant = {"name": "Faulty", "slug": "faulty", "email": "f@faulty.example", "password": "correct horse battery"}
        assert anonymous.post("/admin/tenants/", json=tenant).status_code == 201
    owner = stack.sign_in(email="f@faulty.example", password="correct horse battery")
    dataset = owner.post("/v1/tenant/datasets/", json={"name": "Reports"}).json()["id"]
    documents = f"/v1/tenant/datasets/{dataset}/documents"
    for seed in (1, 2):
        body = {"title": f"Report {seed}", "content": _long_text(seed), "source_type": "text"}
        assert owner.post(documents, json=body).status_code == 201

    def rows() -> list[Any]:
        found: list[Any] = owner.get(documents).json()["results"]
        return found

    stack.wait(lambda: any(row["stage"] == "embedding" for row in rows()), "embedding")
    stack.kill_worker()
    assert {row["status"] for row in rows()} <= {"pending", "processing", "completed"}
    stack.start_worker()
    done = stack.wait(lambda: (found := rows()) and all(r["status"] == "completed" for r in found) and found, "the end")
    for row in done:
        chunks: list[Any] = []
        page = f"{documents}/{row['id']}/chunks?page_size=200"
        while page:
            answer = owner.get(page.removeprefix(stack.url)).json()
            chunks += answer["results"]
            page = answer["next"]
        assert len(chunks) == row["chunk_count"] > 20
        assert [chunk["position"] for chunk in chunks] == list(range(len(chunks)))
        assert len({chunk["content"] for chunk in chunks}) == len(chunks)
