"""Mail without a mail server: kept where a person finds it, and shown at the terminal as a mail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.mail import send_mail

from config import mail
from config.supervisor.logs import Mailbox


def _send(body: str = "Wählen Sie ein neues:\n\nhttps://parley.example/a-link/", to: str = "ann@x.example") -> None:
    send_mail(
        "[Parley] Passwort", body, "Parley <p@x.example>", [to],
        connection=mail.Unsent(),
    )  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.MAIL_FOLDER = tmp_path / "mail"
    return tmp_path / "mail"


def test_a_mail_is_a_file_that_is_read_as_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "KEPT", 2)
    _send(to="../../evil@x.example")
    _send()
    kept = sorted(folder.iterdir())
    assert [path.name.split("-", 3)[3] for path in kept] == [".._.._evil@x.example.txt", "ann@x.example.txt"]
    assert kept[1].read_text(encoding="utf-8") == (
        "From: Parley <p@x.example>\nTo: ann@x.example\nSubject: [Parley] Passwort\n\n"
        "Wählen Sie ein neues:\n\nhttps://parley.example/a-link/\n"
    )
    assert [oct(path.stat().st_mode & 0o777) for path in (folder, kept[1])] == ["0o700", "0o600"]
    _send()
    assert kept[0] not in folder.iterdir()


def test_without_a_folder_it_is_printed(settings: Any, capfd: pytest.CaptureFixture[str]) -> None:
    settings.MAIL_FOLDER = None
    _send()
    said = capfd.readouterr().out
    assert "Subject: [Parley] Passwort\n\nWählen Sie ein neues:\n" in said


def test_the_terminal_shows_each_mail_once_and_obeys_none(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _send("of an earlier run")
    box = Mailbox(folder)
    box.look()
    assert capsys.readouterr().out == ""
    _send("Join \x1b[2JEvil\n\nhttps://parley.example/a-link/")
    box.look()
    box.look()
    said = capsys.readouterr().out
    assert said.count("    | https://parley.example/a-link/\n") == 1
    assert "    | To: ann@x.example\n" in said
    assert "\x1b" not in said
    assert "of an earlier run" not in said
