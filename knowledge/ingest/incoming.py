"""What comes in, before anything of it is stored: checked, named and hashed.

Only the name, the size and the hash are looked at here. What is inside a file is found out in the sandbox.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integrations import webpages
from knowledge.enums import SourceType
from knowledge.ingest import clean, files, reading
from knowledge.ingest.extract.sniff import CONTENT_TYPES, SUFFIXES, SUPPORTED
from knowledge.models import NAME_LENGTH, URL_LENGTH
from tenants import formats
from tenants.errors import Invalid


class Refused(Invalid):
    """Files that are not taken, with a sentence for each; the code is theirs where all share one."""

    code, title = "files_refused", gettext_lazy("Some files cannot be taken, so none was")


@dataclass(frozen=True, slots=True, eq=False)
class Incoming:
    """Two of the same bytes are still two. A web page has no file yet: its address is what it is known by."""

    title: str
    source_type: SourceType
    content_hash: str
    file_name: str = ""
    content_type: str = ""
    size: int = 0
    url: str = ""
    file: File[bytes] | None = None
    delay: float = 0.0  # seconds from now until it may be worked on

    @property
    def key(self) -> str:
        return files.key_of(self.content_hash) if self.file else ""


def text(*, title: str, content: str) -> Incoming:
    """A text, kept as a file in UTF-8. Raises `Invalid` where the title shows nothing or the text is too large."""
    return _written(title, content, field="content", source_type=SourceType.TEXT, content_type="text/plain")


def pairs(*, title: str, given: Sequence[Mapping[str, str]]) -> Incoming:
    """Questions with their answers, kept as JSON. Raises as `text`."""
    content = json.dumps({"pairs": [{name: pair[name] for name in ("question", "answer")} for pair in given]})
    return _written(title, content, field="pairs", source_type=SourceType.QA, content_type="application/json")


def page(*, url: str, title: str = "", delay: float = 0.0) -> Incoming:
    """A web page, fetched when its turn comes. Raises `Invalid` where the address is none we may go to."""
    address = webpages.canonical(url)
    if len(address) > URL_LENGTH:
        raise Invalid(errors={"url": [_("At most %(most)s characters.") % {"most": URL_LENGTH}]})
    return Incoming(
        title=name(title or address),
        source_type=SourceType.WEB,
        content_hash=hashlib.sha256(f"page {address}".encode()).hexdigest(),
        url=address,
        delay=delay,
    )


def checked(uploads: Sequence[File[bytes]]) -> list[Incoming]:
    """The uploads, in their order. Raises `Refused` where any of them is not taken."""
    if not uploads:
        raise Refused(_("Send at least one file."), code="no_files", errors={"files": [_("Send at least one file.")]})
    if len(uploads) > settings.MAX_UPLOAD_FILES:
        most = _("At most %(most)s files at once.") % {"most": settings.MAX_UPLOAD_FILES}
        raise Refused(most, code="too_many_files", errors={"files": [most]})
    refusals = {_shown(upload): found for upload in uploads if (found := _refusal(upload))}
    if refusals:
        codes = {code for code, _sentence in refusals.values()}
        raise Refused(
            code=codes.pop() if len(codes) == 1 else None,
            errors={shown: [sentence] for shown, (_code, sentence) in refusals.items()},
        )
    return [_from_upload(upload) for upload in uploads]


def name(text: str) -> str:
    """A name fit to be shown: on one line, without what turns or hides text, not too long."""
    shown = clean.collapse(text).replace("\n", " ")[:NAME_LENGTH].strip()
    if not shown:
        raise Invalid(errors={"title": [_("Nothing of this title can be seen.")]})
    return shown


def _written(title: str, content: str, *, field: str, source_type: SourceType, content_type: str) -> Incoming:
    data = content.encode()
    if len(data) > reading.limits().file_bytes:
        raise Refused(code="too_large", errors={field: [_("The text is larger than %(size)s MB. Split it.") % _most()]})
    return _incoming(
        title=name(title), source_type=source_type, file_name="", content_type=content_type, file=ContentFile(data)
    )


def _refusal(upload: File[bytes]) -> tuple[str, str] | None:
    if PurePath(_shown(upload)).suffix.lower() not in SUFFIXES:
        return "unsupported_type", _("Files of this type are not supported. Supported: %(supported)s.") % {
            "supported": SUPPORTED
        }
    if not upload.size:
        return "empty_file", _("The file is empty.")
    if upload.size > reading.limits().file_bytes:
        return "too_large", _("The file is larger than %(size)s MB. Split it.") % _most()
    return None


def _most() -> dict[str, str]:
    return {"size": formats.shortly(reading.limits().file_bytes / 1024**2)}


def _from_upload(upload: File[bytes]) -> Incoming:
    shown = _shown(upload)
    path = PurePath(shown)
    return _incoming(
        title=_readable(path.stem.strip()) or shown,
        source_type=SourceType.FILE,
        file_name=shown,
        content_type=CONTENT_TYPES[SUFFIXES[path.suffix.lower()]],
        file=upload,
    )


def _readable(stem: str) -> str:
    """A file's name as a title: `shipping-policy` is “Shipping policy”. Capitals and spaces are left alone."""
    if re.fullmatch(r"[a-z0-9]+([-_]+[a-z0-9]+)+", stem):
        words = re.split(r"[-_]+", stem)
        return " ".join([words[0].capitalize(), *words[1:]])
    return stem


def _incoming(*, title: str, source_type: SourceType, file_name: str, content_type: str, file: File[bytes]) -> Incoming:
    return Incoming(
        title=title,
        source_type=source_type,
        file_name=file_name,
        content_type=content_type,
        size=file.size,
        content_hash=files.hash_of(file),
        file=file,
    )


def _shown(upload: File[bytes]) -> str:
    """The file's name, its end kept where it is cut: the end says what kind of file it is."""
    shown = clean.collapse(PurePath(upload.name or "").name).replace("\n", " ").strip() or "file"
    suffix = PurePath(shown).suffix[:20]
    return shown if len(shown) <= NAME_LENGTH else shown[: NAME_LENGTH - len(suffix)] + suffix
