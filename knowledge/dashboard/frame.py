"""What the pages of a dataset share: the dataset of the address, its tabs, and refusals that lead back to it."""

from __future__ import annotations

from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.utils.translation import gettext as _

from knowledge import selectors
from knowledge.dashboard.fields import limit_words
from knowledge.models import Dataset, Document
from tenants.errors import LimitReached, Problem
from tenants.pages import Page

Filtered = dict[str, str]


class OfKnowledge(Page):
    section: ClassVar[str] = "datasets"


class OfDataset(OfKnowledge):
    """A page of one dataset; `tab` says which of its tabs it stands under."""

    tab: ClassVar[str] = ""

    @cached_property
    def dataset(self) -> Dataset:
        return selectors.dataset(self.kwargs["dataset_id"])

    def show(self, *, template: str = "", status: int = 200, **values: Any) -> HttpResponse:  # noqa: ANN401 -- what the template reads
        if "problem" not in values:
            values = {"dataset": self.dataset, "tab": self.tab, **values}
        return super().show(template=template, status=status, **values)

    def back(self) -> str:
        return self.url("dataset", self.kwargs["dataset_id"])


class OfDocument(OfDataset):
    """A page of one document."""

    tab: ClassVar[str] = "documents"

    @cached_property
    def document(self) -> Document:
        return selectors.document(self.kwargs["dataset_id"], self.kwargs["document_id"])

    def show(self, *, template: str = "", status: int = 200, **values: Any) -> HttpResponse:  # noqa: ANN401 -- what the template reads
        if "problem" not in values:
            values = {"document": self.document, **values}
        return super().show(template=template, status=status, **values)

    def back(self) -> str:
        return self.url("document", self.kwargs["dataset_id"], self.kwargs["document_id"])


def sentence(problem: Problem) -> str:
    """What a refusal says, where there is room for one sentence alone."""
    if isinstance(problem, LimitReached):
        return limit_words(problem)
    said = [each for sentences in problem.errors.values() for each in sentences]
    return " ".join(said) or problem.detail or _("That did not work.")


def asked(query: QueryDict, *names: str) -> Filtered:
    """What the address asks a list for; what no database can look for is not asked."""
    given = {name: query.get(name, "").replace("\x00", "").strip()[:200] for name in names}
    return {name: value for name, value in given.items() if value}


def to_list(address: str, query: str) -> HttpResponseRedirect:
    """Back to a list as it was filtered."""
    kept = QueryDict(query[:2_000], encoding="utf-8")
    return HttpResponseRedirect(f"{address}?{urlencode(list(kept.items()))}" if kept else address)
