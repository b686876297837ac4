"""The page that says what a bot answers from."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bots import services
from bots.models import Bot, BotDataset
from bots.tests.conftest import Theirs
from knowledge import services as knowledge
from knowledge.models import Dataset
from tenants.enums import Role
from tenants.types import Principal

PageAs = Callable[..., Client]


@pytest.fixture
def page(page_as: PageAs) -> Client:
    return page_as(Role.EDITOR)


@pytest.fixture
def root(bot: Bot) -> str:
    return f"/dashboard/acme/bots/{bot.id}/knowledge/"


LINES = "year: 2024\r\nname: kettle: red\r\nnew: true"


def _text(answer: Any) -> str:
    return str(answer.content.decode())


def _row(dataset_id: UUID, **values: Any) -> dict[str, Any]:
    sent = {"priority": 1, "is_active": "on", "tags": "", "metadata": "", **values}
    return {f"{dataset_id}-{name}": value for name, value in sent.items() if value is not None}


def test_a_dataset_is_added_behind_the_others_and_removed(
    page: Client, root: str, bot: Bot, dataset: Dataset, principal: Principal
) -> None:
    second = knowledge.create_dataset(by=principal, name="Second")
    assert "Choose one of your datasets" in _text(page.get(root))
    for each in (dataset, second):
        assert page.post(f"{root}add/", {"dataset_id": str(each.id)})["Location"] == root
    assert list(bot.links.order_by("priority").values_list("dataset_id", "priority")) == [
        (dataset.id, 1), (second.id, 2),
    ]  # fmt: skip
    assert page.post(f"{root}{dataset.id}/remove/")["Location"] == root
    assert bot.links.get().dataset_id == second.id
    assert Dataset.objects.count() == 2


def test_terms_of_several_datasets_are_one_version(
    page: Client, root: str, bot: Bot, dataset: Dataset, principal: Principal
) -> None:
    second = knowledge.create_dataset(by=principal, name="Second")
    for each in (dataset, second):
        services.link_dataset(by=principal, bot_id=bot.id, dataset_id=each.id)
    before = bot.versions.count()
    sent = {
        **_row(dataset.id, priority=5, tags="faq\r\nfaq\n shipping ", metadata=LINES),
        **_row(second.id, is_active=None),
    }
    assert page.post(root, sent)["Location"] == root
    first = BotDataset.objects.get(dataset=dataset)
    assert (first.priority, first.tags) == (5, ["faq", "shipping"])
    assert first.metadata == {"year": 2024, "name": "kettle: red", "new": True}
    assert not BotDataset.objects.get(dataset=second).is_active
    assert bot.versions.count() == before + 1
    shown = _text(page.get(root))
    assert "new: true\nname: kettle: red\nyear: 2024" in shown
    sent = {
        **_row(dataset.id, priority=5, tags="faq\nshipping", metadata=LINES),
        **_row(second.id, is_active=None),
    }
    page.post(root, sent)
    assert bot.versions.count() == before + 1


@pytest.mark.parametrize(
    "value",
    ["2024", "true", "null", '"quoted"', " padded ", "two\nlines", "", [1, "a"], {"in": 1}, 1.5, None, "a: b"],
)
def test_metadata_comes_back_as_it_was(
    page: Client, root: str, bot: Bot, dataset: Dataset, principal: Principal, value: Any
) -> None:
    held = {"name": value, "a: b": value, '"': value, " padded ": value}
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id, metadata=held)
    before = bot.versions.count()
    written = re.search(r'name="[^"]*-metadata"[^>]*>(.*?)</textarea>', _text(page.get(root)), re.DOTALL)
    assert written
    assert page.post(root, _row(dataset.id, metadata=html.unescape(written[1]).lstrip("\n"))).status_code == 302
    assert BotDataset.objects.get().metadata == held
    assert bot.versions.count() == before


def test_wrong_terms_come_back_as_they_were_sent(
    page: Client, root: str, bot: Bot, dataset: Dataset, principal: Principal
) -> None:
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
    wrong: list[dict[str, Any]] = [
        {"priority": 0}, {"priority": 101}, {"priority": "x"}, {"metadata": "no colon"}, {"tags": "x" * 61},
        {"tags": "\n".join(map(str, range(51)))}, {"metadata": f"name: {'x' * 5000}"}, {"tags": "a\x00b"},
    ]  # fmt: skip
    for each in wrong:
        answer = page.post(root, _row(dataset.id, **{"tags": "kept", **each}))
        assert answer.status_code == 422, each
        assert "Nothing is saved yet" in _text(answer)
    assert BotDataset.objects.get().tags == []


def test_what_is_not_the_tenants_is_not_there(
    page: Client, root: str, bot: Bot, theirs: Theirs, dataset: Dataset
) -> None:
    assert page.post(f"{root}add/", {"dataset_id": str(theirs.dataset.id)}).status_code == 404
    assert page.post(f"{root}{theirs.dataset.id}/remove/").status_code == 404
    assert page.post(f"{root}{dataset.id}/remove/").status_code == 404  # it is no knowledge of this bot
    answer = page.post(f"{root}add/", {"dataset_id": "x"}, follow=True)
    assert "Choose a dataset" in _text(answer)
    page.post(f"{root}add/", {"dataset_id": str(dataset.id)})
    answer = page.post(f"{root}add/", {"dataset_id": str(dataset.id)}, follow=True)
    assert "has this dataset already" in _text(answer)
    assert "Secret plans" not in _text(answer)
    assert bot.links.count() == 1


def test_a_viewer_adds_and_removes_nothing(
    page_as: PageAs, root: str, bot: Bot, dataset: Dataset, principal: Principal
) -> None:
    viewer = page_as(Role.VIEWER)
    assert viewer.post(f"{root}add/", {"dataset_id": str(dataset.id)}).status_code == 403
    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
    assert viewer.post(f"{root}{dataset.id}/remove/").status_code == 403
    assert viewer.post(root, _row(dataset.id, priority=9)).status_code == 403
    assert bot.links.get().priority == 1


def test_the_page_asks_the_same_of_one_and_of_three(
    page: Client, root: str, bot: Bot, dataset: Dataset, principal: Principal
) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert page.get(root).status_code == 200
        return sum(not query["sql"].startswith("SET search_path") for query in seen.captured_queries)

    services.link_dataset(by=principal, bot_id=bot.id, dataset_id=dataset.id)
    page.get(root)
    one = asked()
    for name in ("Second", "Third"):
        other = knowledge.create_dataset(by=principal, name=name)
        services.link_dataset(by=principal, bot_id=bot.id, dataset_id=other.id)
    assert asked() == one
