"""Mail where there is no mail server: a file for each under `MAIL_FOLDER`, or where none is set, on standard output.

Either is plain text that a person reads: `make up` shows each file at the terminal as it comes.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage
from django.utils import timezone

KEPT = 200  # mails; they hold links that open accounts
_UNFIT = re.compile(r"[^\w.@+-]")


class Unsent(BaseEmailBackend):
    """Takes every mail and sends none."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder: Path | None = settings.MAIL_FOLDER
        for message in email_messages:
            text = as_text(message)
            if folder is None:
                # Not `sys.stdout`, which Celery's workers make a log of warnings.
                print(f"\n{text}", file=sys.__stdout__, flush=True)
            else:
                _keep(folder, text, name=(message.recipients() or ["nobody"])[0])
        return len(email_messages)


def as_text(message: EmailMessage) -> str:
    """The mail as one reads it, without the encoding of the wire."""
    heads: dict[str, Any] = {
        "From": message.from_email, "To": ", ".join(message.recipients()), "Subject": message.subject,
    }  # fmt: skip
    return "\n".join(f"{name}: {' '.join(str(said).split())}" for name, said in heads.items()) + f"\n\n{message.body}\n"


def _keep(folder: Path, text: str, *, name: str) -> None:
    """Whole or not at all: who shows it reads what they find at once. For nobody else at the machine to read."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{timezone.now():%Y%m%d-%H%M%S-%f}-{_UNFIT.sub('_', name)[:80]}.txt"
    part = path.with_suffix(".part")
    part.touch(mode=0o600)
    part.write_text(text, encoding="utf-8")
    part.rename(path)
    for old in sorted(folder.glob("*.txt"))[:-KEPT]:
        old.unlink(missing_ok=True)
