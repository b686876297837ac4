"""One document: what is known of it, what it says, its chunks; changed, replaced, processed again, deleted, fetched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.core.files.storage import default_storage
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import cached_property
from django.utils.http import content_disposition_header
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from knowledge import selectors, services
from knowledge.dashboard.adding import TEXT_LENGTH
from knowledge.dashboard.documents import edited_chunks, edited_words, what_goes
from knowledge.dashboard.fields import KnowledgeForm, MetadataField, TagsField
from knowledge.dashboard.frame import OfDocument, asked
from knowledge.enums import SourceType, Status
from knowledge.models import NAME_LENGTH, Document
from tenants.enums import Role
from tenants.errors import Conflict, NotFound
from tenants.pages import ConfirmPage, FormPage

_IN_WORK: Final = {Status.PENDING, Status.PROCESSING}
_ENDINGS: Final = {SourceType.TEXT: ".txt", SourceType.QA: ".json", SourceType.WEB: ".html"}
_UNSAFE: Final = re.compile(r'[\\/:*?"<>|\x00-\x1f]+')
_DISCARD = _("Let go of what was edited in its chunks")
_RENAMED = _(
    "A new title is part of what is searched, so the document is processed again, and what was edited in its chunks "
    "is lost. Say here that this is all right."
)
_REPLACED = _("Its chunks were edited, and a new version undoes that. Say here that this is all right.")


class DocumentPage(OfDocument):
    """Its chunks, or what it says as one text; while it is in work, its state alone for who asks again."""

    template: ClassVar[str] = "dashboard/knowledge/document.html"

    def get(self, request: HttpRequest, **ids: UUID) -> HttpResponseBase:
        document = self.document
        if "state" in request.GET:
            return self.state()
        chunks = selectors.chunks(document)
        filters = asked(request.GET, "search", "only", "view")
        if text := filters.get("search"):
            chunks = chunks.filter(content__icontains=text)
        if filters.get("only") == "disabled":
            chunks = chunks.filter(is_enabled=False)
        if filters.get("only") == "edited":
            chunks = chunks.filter(edited_at__isnull=False)
        page = self.paged(chunks)
        as_text = filters.get("view") == "text"
        return self.show(
            page=page,
            filters=filters,
            text=whole(page) if as_text else None,
            counts=selectors.chunks(document).aggregate(
                edited=Count("id", filter=Q(edited_at__isnull=False)), disabled=Count("id", filter=Q(is_enabled=False))
            ),
        )

    def state(self) -> HttpResponse:
        """For the page that waits for it to be done, and is then read anew as a whole."""
        if self.document.status in _IN_WORK:
            return self.show(template="dashboard/knowledge/_document_state.html")
        done = HttpResponse(status=200)
        done["HX-Refresh"] = "true"
        return done


class DocumentForm(KnowledgeForm):
    title = forms.CharField(label=_("Title"), max_length=NAME_LENGTH)
    tags = TagsField()
    metadata = MetadataField()
    discard_edits = forms.BooleanField(label=_DISCARD, required=False)


class _Edits(OfDocument):
    """What concerns edited chunks, which are lost only where somebody says so."""

    @cached_property
    def edited(self) -> int:
        return edited_chunks(Document.objects.filter(id=self.document.id)).count()


class EditPage(_Edits, FormPage):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}
    template: ClassVar[str] = "dashboard/knowledge/document_edit.html"
    form_class = DocumentForm

    def initial(self) -> Mapping[str, Any]:
        return {name: getattr(self.document, name) for name in ("title", "tags", "metadata")}

    def values(self) -> Mapping[str, Any]:
        return {"edited": self.edited}

    def save(self, form: DocumentForm) -> HttpResponseBase:
        document = self.document
        renamed = document.title
        if form.cleaned_data["title"] != renamed:
            self.count_cost()
        try:
            document = services.update_document(by=self.principal, document=document, **form.cleaned_data)
        except services.EditsWouldBeLost as problem:
            raise Conflict(errors={"discard_edits": [str(_RENAMED)]}) from problem
        again = document.title != renamed
        said = gettext("Saved. The document is processed again under its new title.") if again else gettext("Saved.")
        return self.go("document", self.dataset.id, document.id, said=said)


class ReplaceForm(KnowledgeForm):
    file = forms.FileField(label=_("New file"), required=False, allow_empty_file=True)
    content = forms.CharField(
        label=_("Or new text"), max_length=TEXT_LENGTH, strip=False, required=False,
        widget=forms.Textarea(attrs={"rows": 10}),
    )  # fmt: skip
    discard_edits = forms.BooleanField(label=_DISCARD, required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if bool(given.get("file")) == bool(str(given.get("content", "")).strip()):
            raise forms.ValidationError(gettext("Give either a file or a text."))
        return given


class ReplacePage(_Edits, FormPage):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}
    template: ClassVar[str] = "dashboard/knowledge/document_replace.html"
    form_class = ReplaceForm

    def values(self) -> Mapping[str, Any]:
        return {"edited": self.edited}

    def save(self, form: ReplaceForm) -> HttpResponseBase:
        self.count_cost()
        given = form.cleaned_data
        source = {"file": given["file"]} if given["file"] else {"content": given["content"]}
        new = services.new_version(document=self.document, **source)
        try:
            services.replace_document(
                by=self.principal, document=self.document, new=new, discard_edits=given["discard_edits"]
            )
        except services.EditsWouldBeLost as problem:
            raise Conflict(errors={"discard_edits": [str(_REPLACED)]}) from problem
        said = gettext("The new version is processed. Until it is ready, the one before answers.")
        return self.go("document", self.dataset.id, self.document.id, said=said)


class ReprocessPage(_Edits, ConfirmPage):
    """At once where nothing is lost; where chunks were edited, `?discard=yes` asks first and lets go of that."""

    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}

    def question(self) -> Mapping[str, Any]:
        return {
            "title": gettext("Process “%(title)s” again?") % {"title": self.document.title},
            "losses": edited_words(self.edited),
            "action": gettext("Process again"),
            "cancel": self.url("document", self.kwargs["dataset_id"], self.kwargs["document_id"]),
        }

    def do(self) -> HttpResponseBase:
        self.count_cost()
        discard = self.request.GET.get("discard") == "yes"
        services.reprocess_document(by=self.principal, document=self.document, discard_edits=discard)
        said = gettext("It is processed again. What it said before answers until that is done.")
        return self.go("document", self.dataset.id, self.document.id, said=said)


class DeletePage(OfDocument, ConfirmPage):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}

    def question(self) -> Mapping[str, Any]:
        lost = what_goes(Document.objects.filter(id=self.document.id))
        if self.document.file_key:
            lost.insert(0, gettext("The original as it was added; take a copy first if nobody else has one"))
        return {
            "title": gettext("Delete “%(title)s”?") % {"title": self.document.title},
            "losses": lost,
            "action": gettext("Delete the document"),
            "cancel": self.url("document", self.kwargs["dataset_id"], self.kwargs["document_id"]),
        }

    def do(self) -> HttpResponseBase:
        title = self.document.title
        services.delete_document(by=self.principal, document=self.document)
        return self.go("dataset", self.dataset.id, said=gettext("“%(title)s” was deleted.") % {"title": title})


class DownloadPage(OfDocument):
    """The original, to be saved and never shown: it comes from anybody, and a browser must not run it as ours."""

    def get(self, request: HttpRequest, **ids: UUID) -> HttpResponseBase:
        document = self.document
        if not document.file_key or not default_storage.exists(document.file_key):
            raise NotFound(gettext("There is no file yet."))
        with default_storage.open(document.file_key) as file:
            answer = HttpResponse(file.read(), content_type=document.content_type or "application/octet-stream")
        answer["Content-Disposition"] = str(content_disposition_header(True, file_name_of(document)))
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
        answer["Cache-Control"] = "private, no-store"
        return answer


def file_name_of(document: Document) -> str:
    if document.source_type == SourceType.FILE and document.file_name:
        return document.file_name
    _, dot, end = document.file_name.rpartition(".")
    stem = _UNSAFE.sub(" ", document.title).strip()[:120] or "document"
    return stem + (f".{end}" if dot else _ENDINGS.get(SourceType(document.source_type), ""))


def whole(chunks: Any) -> list[dict[str, Any]]:  # noqa: ANN401 -- a page of chunks
    """What the chunks say one after another, each without what it shares with the one before."""
    parts: list[dict[str, Any]] = []
    heading, end = None, 0
    for chunk in chunks:
        said = chunk.content
        if not chunk.edited_at and chunk.start < end and chunk.end - chunk.start <= len(said):
            said = said[len(said) - (chunk.end - chunk.start) + (end - chunk.start) :].lstrip()
        parts.append({"chunk": chunk, "said": said, "heading": chunk.heading if chunk.heading != heading else ""})
        heading, end = chunk.heading, chunk.end
    return parts
