"""Fixtures of the tests that cross apps."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stack import Stack

RUNNING = {"stack", "faulty"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file that asks running processes stays with one worker: what is made for the file is made once."""
    for item in items:
        if isinstance(item, pytest.Function) and RUNNING.intersection(item.fixturenames):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A running Parley; the tests that share it make a tenant each."""
    whole = Stack(
        folder=tmp_path_factory.mktemp("stack"),
        database_url=os.environ["PARLEY_TEST_DATABASE"],
        redis_url=os.environ["PARLEY_TEST_REDIS"],
        redis_database=255 - int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")),
    )
    Path(whole.folder / "static").mkdir()
    try:
        whole.up()
        yield whole
    finally:
        whole.down()
