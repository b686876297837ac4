"""Datasets: the list, making and changing one, and what its splitting would make of a document."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from knowledge import selectors, services
from knowledge.dashboard.fields import KnowledgeForm, MetadataField, TagsField
from knowledge.dashboard.frame import OfDataset, OfKnowledge, asked, sentence
from knowledge.enums import Status
from knowledge.ingest import split
from knowledge.models import CHUNK_OVERLAP, CHUNK_SIZE, NAME_LENGTH, Dataset, Document
from tenants.enums import Role
from tenants.errors import Problem
from tenants.pages import FormPage

_OFFERED = 100  # documents to try the splitting on
_PASTED = 200_000


class DatasetForm(KnowledgeForm):
    name = forms.CharField(label=_("Name"), max_length=NAME_LENGTH)
    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=5_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What is in it and for whom. Only your team sees this."),
    )
    tags = TagsField()
    metadata = MetadataField(
        help_text=_("One pair a line. “language: de” says which language to expect where a text is too short to tell.")
    )
    chunk_size = forms.IntegerField(
        label=_("Chunk size"),
        min_value=split.MIN_SIZE,
        max_value=split.MAX_SIZE,
        help_text=_("Characters, at most. Smaller finds single facts more exactly, larger keeps more around them."),
    )
    chunk_overlap = forms.IntegerField(
        label=_("Overlap"),
        min_value=0,
        max_value=split.MAX_SIZE // 2,
        help_text=_("Characters that neighbours share, at most half of the size."),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        size, overlap = given.get("chunk_size"), given.get("chunk_overlap")
        if size and overlap and overlap > size // 2:
            self.add_error("chunk_overlap", gettext("At most half of the chunk size."))
        return given


class DatasetsPage(OfKnowledge):
    template: ClassVar[str] = "dashboard/knowledge/datasets.html"

    def get(self, request: HttpRequest) -> HttpResponseBase:
        filters = asked(request.GET, "search", "tag")
        rows = selectors.datasets_with_counts().annotate(
            size=Coalesce(Sum("documents__size_bytes"), 0), chunks=Coalesce(Sum("documents__chunk_count"), 0)
        )
        if text := filters.get("search"):
            rows = rows.filter(Q(name__icontains=text) | Q(description__icontains=text))
        if tag := filters.get("tag"):
            rows = rows.filter(tags__contains=[tag])
        return self.show(page=self.paged(rows.order_by("-created_at", "id")), filters=filters)


class _Splits(FormPage):
    """A form that shows, on the side, what its splitting would make of a document, and is not saved by that."""

    def post(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        if "preview" not in request.POST:
            return super().post(request, **ids)
        self.count_cost()
        shown = {"preview": self.preview()} | self.sources()
        if getattr(request, "htmx", False):
            return self.show(template="dashboard/knowledge/_preview.html", **shown)
        return self.show(form=self.form(data=request.POST), **{**self.values(), **shown})

    def dataset_tried(self) -> Dataset:
        return Dataset(chunk_size=CHUNK_SIZE, chunk_overlap=CHUNK_OVERLAP)

    def sources(self) -> dict[str, Any]:
        return {}

    def document_tried(self) -> Document | None:
        return None

    def preview(self) -> dict[str, Any]:
        """What it would become, or why it cannot be told."""
        form = DatasetForm(self.request.POST)
        form.is_valid()
        text = self.request.POST.get("sample", "").replace("\x00", "")[:_PASTED].strip()
        wrong = [said for name in ("chunk_size", "chunk_overlap") for said in form.errors.get(name, [])]
        if wrong:
            return {"refused": " ".join(map(str, wrong))}
        try:
            document = self.document_tried()
            if document is None and not text:
                return {"refused": gettext("Choose a document or paste a text, and see how it would be split.")}
            return {"found": services.preview(
                dataset=self.dataset_tried(), document=document, content=None if document else text,
                chunk_size=form.cleaned_data["chunk_size"], chunk_overlap=form.cleaned_data["chunk_overlap"],
            )}  # fmt: skip
        except Problem as problem:
            return {"refused": sentence(problem)}


class NewPage(OfKnowledge, _Splits):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}
    template: ClassVar[str] = "dashboard/knowledge/dataset_new.html"
    form_class = DatasetForm

    def initial(self) -> Mapping[str, Any]:
        return {"chunk_size": CHUNK_SIZE, "chunk_overlap": CHUNK_OVERLAP}

    def save(self, form: DatasetForm) -> HttpResponseBase:
        dataset = services.create_dataset(by=self.principal, **form.cleaned_data)
        return self.go(
            "document-add", dataset.id, said=gettext("The dataset is there. Add what your bots should know.")
        )


class EditPage(OfDataset, _Splits):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}
    template: ClassVar[str] = "dashboard/knowledge/dataset_edit.html"
    tab: ClassVar[str] = "settings"
    form_class = DatasetForm

    def initial(self) -> Mapping[str, Any]:
        return {name: getattr(self.dataset, name) for name in DatasetForm.base_fields}

    def values(self) -> Mapping[str, Any]:
        return self.sources()

    def sources(self) -> dict[str, Any]:
        rows = Document.objects.filter(dataset=self.dataset).exclude(file_key="").order_by("title", "id")
        return {"documents": rows.only("id", "title")[:_OFFERED]}

    def dataset_tried(self) -> Dataset:
        return self.dataset

    def document_tried(self) -> Document | None:
        field = forms.UUIDField(required=False)
        try:
            chosen = field.clean(self.request.POST.get("document"))
        except forms.ValidationError:
            return None
        return selectors.document(self.dataset.id, chosen) if chosen else None

    def save(self, form: DatasetForm) -> HttpResponseBase:
        dataset = self.dataset
        resplit = {"chunk_size", "chunk_overlap"} & set(form.changed_data)
        services.update_dataset(by=self.principal, dataset=dataset, **form.cleaned_data)
        if resplit and Document.objects.filter(dataset=dataset, status=Status.COMPLETED).exists():
            said = gettext("Saved. Documents keep their chunks until they are processed again.")
            return self.go("documents-reprocess", dataset.id, said=said)
        return self.go("dataset", dataset.id, said=gettext("Saved."))
