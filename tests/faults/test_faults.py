"""The short form of `make faults`: each kind of fault once, at the moments where it hurts most."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.runs import run
from tests.faults.world import World, world

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def faulty() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.mark.parametrize(
    ("fault", "stage"),
    [
        ("kill_worker", "embedding"), ("kill_pool", "extracting"), ("kill_parser", ""),
        ("restart_database", "embedding"),
        ("flush_redis", "extracting"), ("restart_redis", "embedding"), ("provider_slows", "embedding"),
    ],
)  # fmt: skip
def test_nothing_is_lost_stuck_or_mixed(faulty: World, fault: str, stage: str) -> None:
    outcome = run(faulty, fault=fault, stage=stage, documents=4)
    assert outcome.is_good, outcome
