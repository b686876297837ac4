"""What is done with many documents: those that were ticked, or all that fit the list's filters.

The page names them and what is lost, and the form takes along which they were, so that nothing is done to one that came
since. Afterwards it is said what was done, and what was not and why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase, QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from knowledge import services
from knowledge.dashboard.documents import AT_ONCE, edited_chunks, filters_in, named, narrowed, what_goes
from knowledge.dashboard.fields import KnowledgeForm, TagsField
from knowledge.dashboard.frame import OfDataset, to_list
from knowledge.enums import Status
from knowledge.models import Document
from tenants.enums import Role
from tenants.errors import NotFound
from tenants.pages import FormPage

_NAMED: Final = 10  # by their titles
_ACTS: Final = ("delete", "retry", "reprocess", "tags")


class ManyForm(KnowledgeForm):
    """Nothing to fill in but which they are, which the page reads itself."""


class AgainForm(ManyForm):
    discard_edits = forms.BooleanField(
        label=_("Also documents with edited chunks; what was edited is lost"), required=False
    )


class TagsForm(ManyForm):
    add = TagsField(label=_("Add tags"))
    remove = forms.MultipleChoiceField(label=_("Take tags away"), required=False, widget=forms.CheckboxSelectMultiple)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        if not self.errors and not given.get("add") and not given.get("remove"):
            self.add_error(None, gettext("Name a tag to add, or choose one to take away."))
        return given


class ManyPage(OfDataset, FormPage):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}
    template: ClassVar[str] = "dashboard/knowledge/many.html"
    tab: ClassVar[str] = "documents"

    @property
    def act(self) -> str:
        act = self.request.GET.get("do", "delete")
        return act if act in _ACTS else "delete"

    @property
    def listed(self) -> str:
        return self.request.GET.get("listed", "")[:2_000]

    @cached_property
    def fitting(self) -> int:
        """How many fit, which may be more than are taken at once."""
        return narrowed(Document.objects.filter(dataset=self.dataset), self._filters).count()

    @cached_property
    def chosen(self) -> list[Document]:
        rows = Document.objects.filter(dataset=self.dataset)
        if self.wants_all:
            return list(narrowed(rows, self._filters).order_by("-created_at", "id")[:AT_ONCE])
        ids = self.request.POST.getlist("id") or self.request.GET.getlist("id")
        return list(rows.filter(id__in=named(ids)).order_by("title", "id"))

    @property
    def wants_all(self) -> bool:
        return self.request.method == "GET" and "all" in self.request.GET

    @property
    def _filters(self) -> dict[str, str]:
        return filters_in(QueryDict(self.listed, encoding="utf-8"))

    def get(self, request: HttpRequest, **ids: UUID) -> HttpResponseBase:
        return super().get(request, **ids) if self.chosen else self.home()

    def post(self, request: HttpRequest, **ids: UUID) -> HttpResponseBase:
        if not self.chosen:
            messages.error(request, gettext("None of these documents is there any more."))
            return self.home()
        return super().post(request, **ids)

    def home(self) -> HttpResponseBase:
        return to_list(self.url("dataset", self.dataset.id), self.listed)

    def form(self, **given: Any) -> ManyForm:  # noqa: ANN401 -- a form's arguments
        if self.act == "tags":
            form: ManyForm = TagsForm(**given)
            tags = sorted({tag for row in self.chosen for tag in row.tags}, key=str.casefold)
            form.fields["remove"].choices = [(tag, tag) for tag in tags]  # type: ignore[attr-defined]  # a choice field
            if not tags:
                del form.fields["remove"]
            return form
        return AgainForm(**given) if self.act == "reprocess" and self.edited else ManyForm(**given)

    @cached_property
    def edited(self) -> int:
        return edited_chunks(self._rows()).values("document_id").distinct().count()

    def _rows(self) -> Any:  # noqa: ANN401 -- rows of documents
        return Document.objects.filter(id__in=[row.id for row in self.chosen])

    def values(self) -> Mapping[str, Any]:
        count = len(self.chosen)
        return {
            "act": self.act,
            "chosen": self.chosen,
            "titles": [row.title for row in self.chosen[:_NAMED]],
            "others": max(count - _NAMED, 0),
            "left": self.fitting - count if self.wants_all else 0,
            "losses": what_goes(self._rows()) if self.act == "delete" else [],
            "edited": self.edited if self.act == "reprocess" else 0,
            "failed": sum(row.status == Status.FAILED for row in self.chosen),
            "listed": self.listed,
            **self.words(count),
        }

    def words(self, count: int) -> dict[str, str]:
        title, action = {
            "delete": (ngettext("Delete %(count)d document?", "Delete %(count)d documents?", count),
                       ngettext("Delete the document", "Delete the documents", count)),
            "retry": (ngettext("Try %(count)d document again?", "Try %(count)d documents again?", count),
                      gettext("Try again")),
            "reprocess": (ngettext("Process %(count)d document again?", "Process %(count)d documents again?", count),
                          gettext("Process again")),
            "tags": (ngettext("Tags of %(count)d document", "Tags of %(count)d documents", count),
                     gettext("Change the tags")),
        }[self.act]  # fmt: skip
        return {"title": title % {"count": count}, "action": action}

    def save(self, form: ManyForm) -> HttpResponseBase:
        done, undone = getattr(self, f"do_{self.act}")(form.cleaned_data)
        if done:
            messages.success(self.request, done)
        for said in undone:
            messages.warning(self.request, said)
        return self.home()

    def do_delete(self, given: Mapping[str, Any]) -> tuple[str, list[str]]:
        gone = 0
        for document in self.chosen:
            try:
                services.delete_document(by=self.principal, document=document)
            except NotFound:  # somebody else was quicker
                gone += 1
        done = ngettext("%(count)d document was deleted.", "%(count)d documents were deleted.", len(self.chosen) - gone)
        return _counted(done, len(self.chosen) - gone), []

    def do_retry(self, given: Mapping[str, Any]) -> tuple[str, list[str]]:
        count = services.retry_documents(by=self.principal, dataset=self.dataset, ids=self._ids())
        done = ngettext("%(count)d document is tried again.", "%(count)d documents are tried again.", count)
        rest = len(self.chosen) - count
        left = ngettext(
            "%(count)d was left as it is: it had not failed.", "%(count)d were left as they are: they had not failed.",
            rest,
        )  # fmt: skip
        return _counted(done, count), _some(_counted(left, rest))

    def do_reprocess(self, given: Mapping[str, Any]) -> tuple[str, list[str]]:
        count = services.reprocess_documents(
            by=self.principal, dataset=self.dataset, ids=self._ids(), discard_edits=given.get("discard_edits", False)
        )
        done = ngettext("%(count)d document is processed again.", "%(count)d documents are processed again.", count)
        rest = len(self.chosen) - count
        left = ngettext(
            "%(count)d was left as it is: chunks of it were edited by hand.",
            "%(count)d were left as they are: chunks of them were edited by hand.",
            rest,
        )
        return _counted(done, count), _some(_counted(left, rest))

    def do_tags(self, given: Mapping[str, Any]) -> tuple[str, list[str]]:
        told = services.tag_documents(
            by=self.principal, dataset=self.dataset, ids=self._ids(), add=given["add"], remove=given.get("remove", [])
        )
        done = ngettext(
            "The tags of %(count)d document were changed.", "The tags of %(count)d documents were changed.", told.done
        )
        rest = len(self.chosen) - told.done - told.full
        had = ngettext(
            "%(count)d was so already.", "%(count)d were so already.", rest,
        )  # fmt: skip
        full = ngettext(
            "%(count)d was left as it is: it would have too many tags.",
            "%(count)d were left as they are: they would have too many tags.",
            told.full,
        )
        return _counted(done, told.done), _some(_counted(had, rest), _counted(full, told.full))

    def _ids(self) -> list[UUID]:
        return [row.id for row in self.chosen]


def _counted(sentence: str, count: int) -> str:
    return sentence % {"count": count} if count else ""


def _some(*sentences: str) -> list[str]:
    return [sentence for sentence in sentences if sentence]
