"""Files are dropped onto the dashboard, sent, and watched until bots can answer from them; with scripts and without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.browser.desk import Desk
from tests.stack import Stack

_TRANSFER = """(files) => {
  const transfer = new DataTransfer();
  for (const [name, text] of files) transfer.items.add(new File([text], name, { lastModified: 1 }));
  return transfer;
}"""


@pytest.fixture(scope="module")
def opened(stack: Stack) -> Desk:
    return desk.opened(stack, name="Library")


def a_dataset(opened: Desk, name: str) -> str:
    return str(opened.made("/v1/tenant/datasets/", {"name": name})["id"])


def drop(page: Page, *files: tuple[str, str]) -> None:
    transfer = page.evaluate_handle(_TRANSFER, [list(file) for file in files])
    page.dispatch_event("[data-drop-zone]", "drop", {"dataTransfer": transfer})


def test_files_are_dropped_sent_and_watched_until_they_are_ready(opened: Desk, visit: Any) -> None:
    visitor = visit()
    page = visitor.page
    opened.sign_in(page)
    dataset = a_dataset(opened, "Dropped")
    page.goto(f"{opened.root}knowledge/{dataset}/documents/new/")
    drop(
        page,
        ("shipping.md", "# Shipping\n\n" + desk.POLICY),
        ("same.md", "# Shipping\n\n" + desk.POLICY),
        ("bad.exe", "MZ"),
    )
    expect(page.locator(".upload")).to_have_count(3)
    expect(page.locator(".upload", has_text="bad.exe")).to_contain_text("cannot be read")
    page.get_by_role("button", name="Add 2 files").click()
    expect(page.locator("[data-upload-status]")).to_have_text("1 added, 1 already there, 1 not taken.")
    page.get_by_role("link", name="To the documents").click()
    page.locator("tbody input[type=checkbox]").check()
    expect(page.locator("tbody .state")).to_contain_text("Ready", timeout=60_000)
    expect(page.locator("tbody input[type=checkbox]")).to_be_checked()  # though its row came anew
    expect(page.locator("#poll[hx-get]")).to_have_count(0)
    assert not visitor.errors


def test_files_are_added_without_scripts(opened: Desk, visit: Any, tmp_path: Path) -> None:
    page = visit(java_script_enabled=False).page
    opened.sign_in(page)
    dataset = a_dataset(opened, "Sent as a form")
    (tmp_path / "one.txt").write_text(desk.POLICY)
    (tmp_path / "bad.exe").write_text("MZ")
    page.goto(f"{opened.root}knowledge/{dataset}/documents/new/")
    page.set_input_files("#id_files", [tmp_path / "one.txt", tmp_path / "bad.exe"])
    page.get_by_role("button", name="Add the files").click()
    expect(page.locator(".upload", has_text="one.txt")).to_contain_text("Added")
    expect(page.locator(".upload", has_text="bad.exe")).to_contain_text("not supported")
