"""E-mails: the subject as heading, who wrote to whom and when, and the text; attachments are named, not read."""

import io
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import BinaryIO, Final

from knowledge.ingest.extract import html
from knowledge.ingest.extract.errors import ExtractionError
from knowledge.ingest.extract.txt import paragraphs_of
from knowledge.ingest.types import Block, Extracted, Limits

_SIGNATURE: Final = "\n-- \n"
_HEADERS: Final = ("From", "To", "Date")


def extract(stream: BinaryIO, *, limits: Limits) -> Extracted:
    try:
        message = BytesParser(_class=EmailMessage, policy=policy.default).parse(stream)
        return Extracted(
            tuple(_blocks(message, limits)), title=str(message["Subject"] or ""), warnings=tuple(_warnings(message))
        )
    except (LookupError, ValueError, AttributeError, TypeError, RecursionError) as error:
        raise ExtractionError(
            "corrupt_file", "The e-mail is damaged. Save it again and upload it.", diagnosis=repr(error)[:300]
        ) from None


def _blocks(message: EmailMessage, limits: Limits) -> Iterator[Block]:
    if message["Subject"]:
        yield Block("heading", str(message["Subject"]), 1)
    known = [f"{name}: {message[name]}" for name in _HEADERS if message[name]]
    if known:
        yield Block("paragraph", "\n".join(known))
    body = message.get_body(("plain", "html"))
    if body is None:
        return
    text = body.get_content()
    if not isinstance(text, str):
        return
    if body.get_content_subtype() == "html":
        yield from html.extract(io.BytesIO(text.encode("utf-8-sig", "replace")), limits=limits).blocks
    else:
        yield from paragraphs_of(text.replace("\r\n", "\n").partition(_SIGNATURE)[0])


def _warnings(message: EmailMessage) -> Iterator[str]:
    names = [part.get_filename() or "without a name" for part in message.iter_attachments()]
    if names:
        yield f"Attachments were left out: {', '.join(names)[:300]}. Upload them on their own."
