"""A dataset's documents: the list, which keeps itself fresh while something is in work, and what is done with many."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.db import connection
from django.db.models import F, Min, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django_htmx.http import HttpResponseClientRefresh

from knowledge import selectors, services
from knowledge.dashboard.fields import KnowledgeForm
from knowledge.dashboard.frame import Filtered, OfDataset, asked, to_list
from knowledge.enums import SourceType, Status
from knowledge.models import Chunk, Dataset, Document, WebImport
from tenants.enums import Role
from tenants.pages import FormPage

_IN_WORK = {Status.PENDING, Status.PROCESSING}
AT_ONCE = 500  # documents that one request names
_SHOWN = 100  # rows up to which a list that is open grows
_TAGS_OFFERED = 200
_TAGS = "SELECT DISTINCT unnest(tags) AS tag FROM knowledge_document WHERE dataset_id = %s ORDER BY tag LIMIT %s"


class DatasetPage(OfDataset):
    template: ClassVar[str] = "dashboard/knowledge/dataset.html"
    tab: ClassVar[str] = "documents"

    def get(self, request: HttpRequest, **ids: UUID) -> HttpResponseBase:
        filters = filters_in(request.GET)
        rows = narrowed(selectors.documents(self.dataset), filters).order_by("-created_at", "id")
        page = self.paged(rows)
        return self.show(
            page=page,
            filters=filters,
            tags=tags_of(self.dataset),
            in_work=_ids(row for row in page if row.status in _IN_WORK),
            settled=_ids(row for row in page if row.status not in _IN_WORK),
            **state_of(self.dataset),
        )

    def post(self, request: HttpRequest, **ids: UUID) -> HttpResponseBase:
        """What is done with all that failed, or all that wait."""
        if request.POST.get("do") == "retry":
            count = services.retry_documents(by=self.principal, dataset=self.dataset)
            said = ngettext("%(count)d document is tried again.", "%(count)d documents are tried again.", count)
        else:
            count = services.cancel_documents(by=self.principal, dataset=self.dataset)
            said = ngettext("%(count)d document was cancelled.", "%(count)d documents were cancelled.", count)
        return self.go("dataset", self.dataset.id, said=said % {"count": count})


class RowsPage(OfDataset):
    """What a list that is open lacks: its rows in work (`id`) as they are now, and what came since. It asks again while
    anything in the dataset is in work. `id` and `shown` are all it shows; new rows stand on the first page alone."""

    template: ClassVar[str] = "dashboard/knowledge/_fresh_rows.html"

    def get(self, request: HttpRequest, **ids: UUID) -> HttpResponseBase:
        listed = QueryDict(request.GET.get("listed", "")[:2_000], encoding="utf-8")
        working, still = named(request.GET.getlist("id")), named(request.GET.get("shown", "").split(","))
        rows = list(selectors.documents(self.dataset).filter(id__in=working))
        known = [*working, *still]
        new, more = self.came(known, listed) if listed.get("page", "1") == "1" else ([], False)
        if new and not known:  # there is no list yet, and so nothing of it to lose
            return HttpResponseClientRefresh()
        shown = [*rows, *new]
        in_work = _ids(row for row in shown if row.status in _IN_WORK)
        settled = [*map(str, still), *_ids(row for row in shown if row.status not in _IN_WORK)]
        return self.show(
            rows=rows, new=new, more=more, in_work=in_work, settled=settled, listed=listed.urlencode(),
            **state_of(self.dataset),
        )  # fmt: skip

    def came(self, known: list[UUID], listed: QueryDict) -> tuple[list[Document], bool]:
        """Those that would stand above the last of the list, as far as there is room, and whether there are more."""
        fitting = narrowed(selectors.documents(self.dataset), filters_in(listed)).order_by("-created_at", "id")
        if known:
            oldest = Document.objects.filter(id__in=known).aggregate(at=Min("created_at"))["at"]
            if oldest is None:
                return [], False
            fitting = fitting.filter(created_at__gt=oldest).exclude(id__in=known)
        room = max(_SHOWN - len(known), 0)
        found = list(fitting[: room + 1])
        return found[:room], len(found) > room


class DocumentActionPage(OfDataset):
    """Try one again or cancel it, from the list or from its own page."""

    def post(self, request: HttpRequest, **ids: UUID) -> HttpResponseBase:
        document = selectors.document(self.dataset.id, ids["document_id"])
        if request.POST.get("do") == "cancel":
            services.cancel_document(by=self.principal, document=document)
        else:
            self.count_cost()
            services.retry_document(by=self.principal, document=document)
        return to_list(self.back(), request.POST.get("listed", ""))

    def back(self) -> str:
        if "listed" in self.request.POST:
            return super().back()
        return self.url("document", self.kwargs["dataset_id"], self.kwargs["document_id"])


class AgainForm(KnowledgeForm):
    which = forms.ChoiceField(
        label=_("Which documents"),
        choices=[
            ("outdated", _("Those that were split by other settings than the dataset has now")),
            ("all", _("All")),
        ],
        widget=forms.RadioSelect,
    )
    discard_edits = forms.BooleanField(
        label=_("Also documents with edited chunks; what was edited is lost"), required=False
    )


class ReprocessPage(OfDataset, FormPage):
    """Process many again."""

    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}
    template: ClassVar[str] = "dashboard/knowledge/reprocess.html"
    tab: ClassVar[str] = "documents"
    form_class = AgainForm

    def initial(self) -> Mapping[str, Any]:
        return {"which": "outdated" if getattr(self.dataset, "outdated_documents", 0) else "all"}

    def values(self) -> Mapping[str, Any]:
        edited = edited_chunks(Document.objects.filter(dataset=self.dataset))
        return {"edited": edited.values("document_id").distinct().count()}

    def save(self, form: AgainForm) -> HttpResponseBase:
        self.count_cost()
        count = services.reprocess_documents(by=self.principal, dataset=self.dataset, **form.cleaned_data)
        said = ngettext("%(count)d document is processed again.", "%(count)d documents are processed again.", count)
        return self.go("dataset", self.dataset.id, said=said % {"count": count})


def filters_in(query: QueryDict) -> Filtered:
    return asked(query, "search", "status", "type", "tag")


def narrowed(rows: QuerySet[Document], filters: Filtered) -> QuerySet[Document]:
    if text := filters.get("search"):
        rows = rows.filter(Q(title__icontains=text) | Q(file_name__icontains=text) | Q(url__icontains=text))
    if filters.get("status") in Status.values:
        rows = rows.filter(status=filters["status"])
    if filters.get("type") in SourceType.values:
        rows = rows.filter(source_type=filters["type"])
    if tag := filters.get("tag"):
        rows = rows.filter(tags__contains=[tag])
    return rows


def tags_of(dataset: Dataset) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_TAGS, [dataset.id, _TAGS_OFFERED])
        return [tag for (tag,) in cursor.fetchall()]


def state_of(dataset: Dataset) -> dict[str, Any]:
    """The dataset in a few numbers, as its page says them."""
    counts = {status: getattr(dataset, f"{status}_documents", 0) for status in Status.values}
    sums = Document.objects.filter(dataset=dataset).aggregate(
        chunks=Sum("chunk_count", default=0), size=Sum("size_bytes", default=0)
    )
    imports = WebImport.objects.filter(dataset=dataset, status__in=_IN_WORK).count()
    waiting = counts[Status.PENDING] + counts[Status.PROCESSING]
    told = {**counts, **sums, "total": sum(counts.values()), "waiting": waiting, "imports": imports}
    return {"counts": told, "is_busy": bool(waiting or imports)}


def edited_chunks(documents: QuerySet[Document]) -> QuerySet[Chunk]:
    """The chunks of these that somebody edited, as readers see them."""
    live = Chunk.objects.filter(generation=F("document__active_generation"), edited_at__isnull=False)
    return live.filter(document__in=documents.values("id"))


def what_goes(documents: QuerySet[Document]) -> list[str]:
    """What is lost with these documents, in sentences."""
    chunks = documents.aggregate(chunks=Sum("chunk_count", default=0))["chunks"]
    lost = []
    if chunks:
        said = ngettext("%(count)d chunk that bots answer from", "%(count)d chunks that bots answer from", chunks)
        lost.append(said % {"count": chunks})
    return [*lost, *edited_words(edited_chunks(documents).count())]


def edited_words(edited: int) -> list[str]:
    """That edits are lost, where there are any."""
    if not edited:
        return []
    said = ngettext("%(count)d chunk that was edited by hand", "%(count)d chunks that were edited by hand", edited)
    return [said % {"count": edited}]


def _ids(rows: Iterable[Document]) -> list[str]:
    return [str(row.id) for row in rows]


def named(texts: Iterable[str]) -> list[UUID]:
    """The ids among these, as many as an address may name."""
    found = []
    for text in list(texts)[:AT_ONCE]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found
