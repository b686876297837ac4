"""One chunk: corrected, and taken out of search or put back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from knowledge import selectors, services
from knowledge.dashboard.fields import KnowledgeForm
from knowledge.dashboard.frame import OfDocument
from knowledge.models import Chunk
from knowledge.services.chunks import MOST_CHARACTERS
from tenants.enums import Role
from tenants.pages import FormPage


class ChunkForm(KnowledgeForm):
    content = forms.CharField(
        label=_("Text"), max_length=MOST_CHARACTERS, strip=False, widget=forms.Textarea(attrs={"rows": 12})
    )
    is_enabled = forms.BooleanField(label=_("Bots may find and quote it"), required=False)

    def clean_content(self) -> str:
        """As the database has it: browsers send their own ends of lines."""
        return str(self.cleaned_data["content"]).replace("\r\n", "\n")


class _OfChunk(OfDocument):
    @cached_property
    def chunk(self) -> Chunk:
        return selectors.chunk(self.document, self.kwargs["chunk_id"])


class ChunkPage(_OfChunk, FormPage):
    template: ClassVar[str] = "dashboard/knowledge/chunk.html"
    form_class = ChunkForm

    def initial(self) -> Mapping[str, Any]:
        return {"content": self.chunk.content, "is_enabled": self.chunk.is_enabled}

    def values(self) -> Mapping[str, Any]:
        around = selectors.chunks(self.document)
        position = self.chunk.position
        return {
            "chunk": self.chunk,
            **self.ways(),
            "before": around.filter(position__lt=position).last(),
            "after": around.filter(position__gt=position).first(),
        }

    def ways(self) -> dict[str, str]:
        """Where the one who came here from an answer goes next: back, and to asking again."""
        return {name: address for name in ("back", "again") if (address := self.ours(name))}

    def save(self, form: ChunkForm) -> HttpResponseBase:
        if "content" in form.changed_data:
            self.count_cost()
        services.update_chunk(by=self.principal, chunk=self.chunk, **form.cleaned_data)
        said = gettext("Saved.")
        if "content" in form.changed_data:
            said = gettext("Saved. It is found by its words at once, and by its meaning in a moment.")
        messages.success(self.request, said)
        address, ways = self.url("chunk", self.dataset.id, self.document.id, self.chunk.id), self.ways()
        return self._move(f"{address}?{urlencode(ways)}" if ways else address)


class SwitchPage(_OfChunk):
    """Out of search at once, or back; the list of chunks gets the one that changed."""

    roles: ClassVar[dict[str, Role]] = {"POST": Role.EDITOR}
    template: ClassVar[str] = "dashboard/knowledge/_chunk.html"

    def post(self, request: HttpRequest, **ids: UUID) -> HttpResponseBase:
        chunk = services.update_chunk(
            by=self.principal, chunk=self.chunk, is_enabled=request.POST.get("is_enabled") == "yes"
        )
        if getattr(request, "htmx", False):
            return self.show(chunk=chunk)
        return self.go("document", self.dataset.id, self.document.id, said=gettext("Saved."))
