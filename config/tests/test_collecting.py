"""Static files are collected where something changed, and not otherwise."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

from config.supervisor import collecting


@pytest.fixture
def source(tmp_path: Path, settings: Any) -> Path:
    """One file to be collected, by the storage of a running Parley."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "one.css").write_text("a { color: red }")
    settings.STATICFILES_DIRS = [folder]
    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    settings.STATIC_ROOT = tmp_path / "root"
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "servestatic.storage.CompressedManifestStaticFilesStorage"}
    }
    finders.get_finder.cache_clear()  # type: ignore[attr-defined]  # an lru_cache
    return folder / "one.css"


@pytest.fixture(autouse=True)
def _finders_forgotten() -> Any:
    yield
    finders.get_finder.cache_clear()  # type: ignore[attr-defined]  # an lru_cache


def test_what_is_collected_is_left_alone_until_a_source_changes(source: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    assert collecting.collect(mark=mark)
    first = staticfiles_storage.url("one.css")
    assert not collecting.collect(mark=mark)
    source.write_text("a { color: blue }")
    assert collecting.collect(mark=mark)
    assert staticfiles_storage.url("one.css") != first
    (source.parent / "two.css").write_text("b {}")
    assert collecting.collect(mark=mark)
    assert staticfiles_storage.url("two.css")


def test_a_changed_file_with_an_older_date_is_collected(source: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    assert collecting.collect(mark=mark)
    source.write_text("a { color: sea }")
    os.utime(source, (1_000_000_000, 1_000_000_000))
    assert collecting.collect(mark=mark)
    assert (tmp_path / "root" / "one.css").read_text() == "a { color: sea }"


@pytest.mark.parametrize("lost", ["mark", "list", "file", "half a list"])
def test_what_was_killed_or_lost_is_collected_again(source: Path, tmp_path: Path, lost: str) -> None:
    mark, root = tmp_path / "mark", tmp_path / "root"
    assert collecting.collect(mark=mark)
    name = staticfiles_storage.url("one.css").rsplit("/", 1)[1]
    if lost == "half a list":
        (root / "staticfiles.json").write_text("{")
    else:
        {"mark": mark, "list": root / "staticfiles.json", "file": root / name}[lost].unlink()
    assert collecting.collect(mark=mark)
    assert (root / name).exists()
    assert not collecting.collect(mark=mark)


def test_a_collection_that_fails_leaves_no_mark(source: Path, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    assert collecting.collect(mark=mark)
    source.write_text("a { background: url(gone.png) }")
    with pytest.raises(ValueError, match=r"gone\.png"):
        collecting.collect(mark=mark)
    assert not mark.exists()
    source.write_text("a { color: red }")
    assert collecting.collect(mark=mark)


def test_what_another_version_collected_since_is_not_taken_for_ours(source: Path, tmp_path: Path) -> None:
    mark, listed = tmp_path / "mark", tmp_path / "root" / "staticfiles.json"
    assert collecting.collect(mark=mark)
    listed.write_text(listed.read_text() + " ")
    assert collecting.collect(mark=mark)
