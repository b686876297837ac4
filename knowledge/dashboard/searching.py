"""The bench for search: a question, what is found and why it stands where it does."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext_lazy as _

from knowledge.dashboard.documents import tags_of
from knowledge.dashboard.fields import KnowledgeForm, MetadataField
from knowledge.dashboard.frame import OfDataset
from knowledge.search import search
from knowledge.search.marks import marks
from tenants.errors import Problem

QUERY_LENGTH: Final = 2_000
RESULTS: Final = 50
_USUAL: Final = 8  # as many as a bot reads


class SearchForm(KnowledgeForm):
    query = forms.CharField(
        label=_("Question"), max_length=QUERY_LENGTH,
        widget=forms.TextInput(attrs={"placeholder": _("What a customer would ask"), "autocomplete": "off"}),
    )  # fmt: skip
    k = forms.IntegerField(label=_("Passages"), min_value=1, max_value=RESULTS, initial=_USUAL)
    tags = forms.MultipleChoiceField(
        label=_("Only with one of these tags"), required=False, widget=forms.CheckboxSelectMultiple
    )
    metadata = MetadataField(
        label=_("Only with this metadata"), help_text=_("One pair a line, such as “product: X200”.")
    )

    def __init__(self, *args: Any, tags: list[str], **options: Any) -> None:  # noqa: ANN401 -- Django's signature
        super().__init__(*args, **options)
        field = self.fields["tags"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = [(tag, tag) for tag in tags]


class SearchPage(OfDataset):
    """Asked by GET, so that a search can be kept and sent around as an address."""

    template: ClassVar[str] = "dashboard/knowledge/search.html"
    tab: ClassVar[str] = "search"

    def get(self, request: HttpRequest, **ids: UUID) -> HttpResponseBase:
        tags = tags_of(self.dataset)
        if "query" not in request.GET:
            return self.show(form=SearchForm(tags=tags, initial={"k": _USUAL}))
        form = SearchForm(self._given(), tags=tags)
        if not form.is_valid():
            return self.show(form=form, status=422)
        try:
            found = self.find(form.cleaned_data)
        except Problem as problem:
            form.refuse(problem)
            return self.show(form=form, status=422)
        pieces = marks(found.passages, question=form.cleaned_data["query"])
        return self.show(
            form=form,
            found=found,
            hits=[{"hit": hit, "pieces": pieces[hit.chunk_id]} for hit in found.passages],
            milliseconds=sum(found.timings.values()),
        )

    def _given(self) -> Any:  # noqa: ANN401 -- a QueryDict
        given = self.request.GET.copy()
        if not given.get("k"):
            given["k"] = str(_USUAL)
        return given

    def find(self, given: dict[str, Any]) -> search.SearchResult:
        self.count_cost()
        only = search.Filter(tags=tuple(given["tags"]), metadata=given["metadata"])
        return search.search(
            dataset_ids=[self.dataset.id], query=given["query"], k=given["k"], limits={self.dataset.id: only}
        )
