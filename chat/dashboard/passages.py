"""From what an answer rests on to where it is corrected, and back again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from chat.enums import Role
from chat.models import Message
from knowledge import selectors as knowledge
from knowledge.models import Document
from tenants.errors import NotFound
from tenants.pages import Page

LONGEST = 1_000  # characters of a question in an address


def lead(shown: Sequence[Message], *, talk: str, playground: str) -> None:
    """Gives each answer `ways`: a query with which the page of a passage leads back to it, and on to the playground
    with its question, as one that needs nothing said before it where that is known."""
    question = ""
    for message in shown:
        if message.role == Role.USER:
            question = message.content
        elif message.role == Role.ASSISTANT:
            asked = str(message.trace.get("question") or question)[:LONGEST]
            ways = {"back": f"{talk}?at={message.position}#message-{message.position}"}
            if asked:
                ways["again"] = f"{playground}?{urlencode({'question': asked})}"
            message.ways = urlencode(ways)  # type: ignore[attr-defined]  # for the template


class CitedDocument(Page):
    """From a citation, which knows the document alone, to the document's page."""

    section: ClassVar[str] = "datasets"

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        found = self.found()
        return self.go("document", found.dataset_id, found.id)

    def found(self) -> Document:
        found = Document.objects.filter(id=self.kwargs["document_id"]).first()
        if found is None:
            raise NotFound(_("This document is no longer there. What was quoted from it stays in the conversation."))
        return found


class CitedPassage(CitedDocument):
    """To the passage itself; where the document was processed since, and has others, to the document."""

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        document = self.found()
        if knowledge.chunks(document).filter(id=ids["chunk_id"]).exists():
            kept = {name: request.GET[name] for name in ("back", "again") if name in request.GET}
            address = self.url("chunk", document.dataset_id, document.id, ids["chunk_id"])
            return self._move(f"{address}?{urlencode(kept)}" if kept else address)
        messages.info(request, _("The document was processed again since. Look for the passage among these."))
        return self.go("document", document.dataset_id, document.id)
