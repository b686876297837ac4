"""How a guard does on messages of which one knows what should become of them, and what another policy would change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from rest_framework.test import APIClient

from bots.enums import PrivateData, Strictness
from bots.guardrails import bench, library
from bots.guardrails.bench import Probe
from bots.models import Bot, Scope
from bots.tests.conftest import Theirs
from bots.tests.test_guard import ALLOWED, FORBIDDEN, TRIGGERS
from bots.types import ScopePolicy
from tenants.enums import Role

POLICY = ScopePolicy(allowed_topics=ALLOWED, forbidden_topics=FORBIDDEN, escalation_triggers=TRIGGERS)
SCOPE: dict[str, Any] = {
    "allowed_topics": ["shipping", "billing"],
    "forbidden_topics": ["medical advice"],
    "context_settings": {"escalation_triggers": ["billing_dispute"]},
}
KNITTING = ("Which wool is best for socks?", "How do I knit a heel?", "How many stitches do I cast on?")


def _share(report: bench.Report, kind: str) -> float:
    passed = [each.passed for each in report.tried if each.probe.kind == kind]
    return sum(passed) / len(passed)


@pytest.mark.parametrize("level", list(Strictness))
def test_the_guides_scope_does_well_at_every_level(level: Strictness) -> None:
    report = bench.run(policy=replace(POLICY, strictness=level))
    assert _share(report, "forbidden") >= 0.85
    assert _share(report, "in_topic") >= 0.9
    assert _share(report, "off_topic") >= 0.8
    assert _share(report, "injection") >= 0.9
    assert _share(report, "private") == 1
    assert sum(each.count for each in report.table) == len(report.tried)


def test_no_probe_stands_in_the_library() -> None:
    read = library.read
    groups = [*read("topics.toml").values(), *read("triggers.toml").values()]
    known = {text for group in groups for text in group["examples"]} | set(read("injections.toml")["attacks"])
    probes = read("probes.toml")
    said = [text for group in (*probes["topics"].values(), *probes["general"].values()) for text in group]
    assert known.isdisjoint(said)
    assert len(said) == len(set(said))


def test_each_verdict_comes_with_its_reason() -> None:
    report = bench.run(policy=POLICY)
    refused = next(each for each in report.tried if each.probe.kind == "forbidden" and each.outcome == "refuse")
    verdict = refused.verdict
    assert (verdict.reason, verdict.topic, verdict.layer) == ("forbidden_topic", "medical advice", "embedder")
    assert verdict.nearest
    assert verdict.ahead["forbidden"] >= 0


def test_a_phrase_of_ones_own_is_tried_by_its_words() -> None:
    report = bench.run(policy=ScopePolicy(forbidden_topics=("origami",)))
    own = [each for each in report.tried if each.probe.topic == "origami"]
    assert [each.outcome for each in own] == ["refuse"] * 3


@pytest.mark.parametrize(("pii", "outcome"), [("mask", "mask"), ("refuse", "refuse"), ("allow", "allow")])
def test_private_data_is_tried_as_the_bot_wants_it(pii: str, outcome: str) -> None:
    report = bench.run(policy=replace(POLICY, pii=PrivateData(pii)))
    assert {each.outcome for each in report.tried if each.probe.kind == "private"} == {outcome}


def test_the_same_policy_changes_nothing_and_another_what_it_should() -> None:
    assert bench.run(policy=POLICY, live=POLICY).changes == ()
    laxer = replace(POLICY, forbidden_topics=FORBIDDEN[1:])
    changes = bench.run(policy=laxer, live=POLICY).changes
    assert {each.before.verdict.topic for each in changes} == {"medical advice"}
    assert {each.before.outcome for each in changes} == {"refuse"}
    own = Probe("Which pills help against a headache?", "own", "refuse")
    (change,) = [each for each in bench.run(policy=laxer, own=[own], live=POLICY).changes if each.probe == own]
    assert (change.before.outcome, change.before.verdict.topic) == ("refuse", "medical advice")
    assert change.after.outcome == "allow"


def test_thresholds_that_do_better_are_suggested_with_what_they_change() -> None:
    spoilt = replace(POLICY, thresholds={"forbidden": 0.2})
    report = bench.run(policy=spoilt)
    (better,) = [each for each in report.suggestions if each.threshold == "forbidden"]
    assert better.now == 0.2
    assert better.then < 0.2
    assert better.wrong_then < better.wrong
    assert any(each.after.outcome == "refuse" for each in better.changes)
    mended = bench.run(policy=replace(POLICY, thresholds={"forbidden": better.then}))
    assert [each for each in mended.suggestions if each.threshold == "forbidden"] == []
    assert _share(mended, "forbidden") > _share(report, "forbidden")


def test_own_messages_count(api: APIClient, bot: Bot) -> None:
    api.post(f"/v1/tenant/bots/{bot.id}/scopes", SCOPE, format="json")
    examples = [
        {"text": "Where is my parcel?", "expected": "allow"},
        {"text": "Which pills help against a headache?", "expected": "allow"},
        {"text": "What does the moon weigh?", "expected": "refuse", "relevant": False},
    ]
    report = _post(api, bot, examples=examples).json()
    own = {each["text"]: (each["outcome"], each["passed"]) for each in report["probes"] if each["kind"] == "own"}
    assert list(own.values()) == [("allow", True), ("refuse", False), ("refuse", True)]
    assert {"kind": "own", "expected": "allow", "outcome": "refuse", "count": 1} in report["table"]
    assert report["changes"] == []


def test_a_scope_that_is_proposed_is_compared_with_the_one_that_is_live(api: APIClient, bot: Bot) -> None:
    api.post(f"/v1/tenant/bots/{bot.id}/scopes", SCOPE, format="json")
    proposed = {**SCOPE, "forbidden_topics": ["medical advice", "knitting"], "topic_examples": {"knitting": KNITTING}}
    examples = [{"text": "How do I knit the heel of a sock?", "expected": "refuse"}]
    report = _post(api, bot, scope=proposed, examples=examples).json()
    (change,) = [each for each in report["changes"] if each["kind"] == "own"]
    assert (change["before"], change["after"], change["topic_after"]) == ("allow", "refuse", "knitting")
    # Which changed nothing of the bot's.
    assert Scope.objects.get(bot=bot).forbidden_topics == ["medical advice"]


def test_a_bot_without_a_scope_can_be_tried(api: APIClient, bot: Bot) -> None:
    report = _post(api, bot).json()
    assert {each["kind"] for each in report["probes"]} == {"off_topic", "injection", "private"}


@pytest.mark.parametrize(
    "body",
    [
        {"examples": [{"text": "Hi", "expected": "mask"}]},
        {"examples": [{"text": "x" * 2001, "expected": "allow"}]},
        {"examples": [{"text": "nul\x00", "expected": "allow"}]},
        {"examples": [{"text": "Hi", "expected": "allow"}] * 201},
        {"examples": "Hi"},
        {"scope": {"strictness_level": "iron"}},
        {"scope": {"topic_examples": {"sewing": ["How?"]}}},
        {"scope": {"allowed_topics": ["a"], "forbidden_topics": ["A"]}},
        {"probes": []},
    ],
)
def test_what_cannot_be_tried_is_refused(api: APIClient, bot: Bot, body: dict[str, Any]) -> None:
    assert _post(api, bot, **body).status_code == 400


def test_editors_may_try_and_viewers_may_not(api_as: Callable[..., APIClient], bot: Bot) -> None:
    assert _post(api_as(Role.EDITOR), bot).status_code == 200
    assert _post(api_as(Role.VIEWER), bot).status_code == 403


def test_a_key_needs_to_read_bots(key_client: Callable[..., APIClient], bot: Bot) -> None:
    assert _post(key_client("bots:read"), bot).status_code == 200
    assert _post(key_client("chat:write"), bot).status_code == 403


def test_another_tenants_bot_is_not_found(api: APIClient, theirs: Theirs) -> None:
    assert _post(api, theirs.bot).status_code == 404


def _post(client: APIClient, bot: Bot, **body: Any) -> Any:
    return client.post(f"/v1/tenant/bots/{bot.id}/guardrails/bench", body, format="json")
