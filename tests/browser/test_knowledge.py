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


def test_documents_that_come_join_the_list_and_leave_its_reader_where_they_are(opened: Desk, visit: Any) -> None:
    visitor = visit()
    page = visitor.page
    opened.sign_in(page)
    dataset = a_dataset(opened, "Growing")
    documents = f"/v1/tenant/datasets/{dataset}/documents/"
    for number in range(40):
        opened.made(documents, {"title": f"Part {number}", "content": f"{number}. {desk.POLICY}"})
    page.goto(f"{opened.root}knowledge/{dataset}/")
    expect(page.locator("#rows > tr")).to_have_count(25)
    expect(page.locator("#poll[hx-get]")).to_have_count(1)
    box, link = page.get_by_label("Choose Part 30"), page.get_by_role("link", name="Part 25")
    box.check()
    link.focus()
    link.evaluate("element => element.scrollIntoView({ block: 'center' })")
    before = link.bounding_box()
    opened.made(documents, {"title": "Came since", "content": f"Since. {desk.POLICY}"})
    expect(page.locator("#rows > tr")).to_have_count(26, timeout=20_000)
    expect(page.locator("#rows > tr").first).to_contain_text("Came since")
    after = link.bounding_box()
    assert before
    assert after
    assert abs(before["y"] - after["y"]) < 4
    expect(link).to_be_focused()
    expect(box).to_be_checked()
    expect(page.locator("#poll[hx-get]")).to_have_count(0, timeout=90_000)
    expect(page.get_by_role("button", name="Delete", exact=True)).to_be_enabled()
    expect(box).to_be_checked()
    assert not visitor.errors


def test_too_many_files_without_scripts_lose_nothing_that_was_typed(opened: Desk, visit: Any, tmp_path: Path) -> None:
    page = visit(java_script_enabled=False).page
    opened.sign_in(page)
    dataset = a_dataset(opened, "Too many")
    files = [tmp_path / f"{number}.txt" for number in range(30)]
    for file in files:
        file.write_text(desk.POLICY)
    page.goto(f"{opened.root}knowledge/{dataset}/documents/new/")
    page.locator("summary", has_text="Tags and metadata").click()
    page.fill("[name=tags]", "manuals")
    page.set_input_files("#id_files", files)
    page.get_by_role("button", name="Add the files").click()
    expect(page.locator(".errorlist")).to_contain_text("at most 20 files go at once")
    expect(page.get_by_text("a browser does not keep them")).to_be_visible()
    expect(page.locator("[name=tags]")).to_have_value("manuals")


def test_ticked_documents_are_tagged_and_all_that_fit_deleted(opened: Desk, visit: Any) -> None:
    visitor = visit()
    page = visitor.page
    opened.sign_in(page)
    dataset = a_dataset(opened, "Many at once")
    for number in range(27):
        opened.made(
            f"/v1/tenant/datasets/{dataset}/documents/", {"title": f"Part {number}", "content": f"{number}. Words."}
        )
    page.goto(f"{opened.root}knowledge/{dataset}/")
    tags = page.get_by_role("button", name="Tags", exact=True)
    expect(tags).to_be_disabled()
    page.get_by_label("Choose Part 20").check()
    page.get_by_label("Choose Part 21").check()
    tags.click()
    page.fill("[name=add]", "chosen ones")
    page.get_by_role("button", name="Change the tags").click()
    expect(page.locator(".messages")).to_contain_text("The tags of 2 documents were changed.")
    expect(page.locator("#rows .chip", has_text="chosen ones")).to_have_count(2)
    delete = page.get_by_role("button", name="Delete", exact=True)
    expect(delete).to_be_disabled()
    page.get_by_label("All 27 documents").check()
    delete.click()
    page.get_by_role("button", name="Delete the documents").click()
    expect(page.get_by_text("No documents yet")).to_be_visible()
    assert not visitor.errors
