"""Adding documents: files, a text, questions with answers, a web page, a whole site.

Files are taken one by one, so that one that is refused holds back no other; a program that sends them gets JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Final, cast
from uuid import UUID

from django import forms
from django.core.files.base import File
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from knowledge import services
from knowledge.dashboard.fields import FilesField, KnowledgeForm, MetadataField, TagsField
from knowledge.dashboard.frame import OfDataset, sentence
from knowledge.models import NAME_LENGTH, URL_LENGTH
from tenants.enums import Role
from tenants.errors import LimitReached, Problem
from tenants.pages import FormPage

TEXT_LENGTH: Final = 5_000_000
PAGES: Final = 1_000
PAIRS: Final = 200
_ROWS: Final = 3  # of pairs, shown empty
_QUESTION, _ANSWER = 1_000, 20_000


class _Form(KnowledgeForm):
    tags = TagsField()
    metadata = MetadataField()
    field_order = ("files", "title", "content", "url", "limit", "tags", "metadata")


class FilesForm(_Form):
    files = FilesField(label=_("Files"))  # type: ignore[assignment]  # the form's metaclass takes it out of the class


class TextForm(_Form):
    title = forms.CharField(label=_("Title"), max_length=NAME_LENGTH)
    content = forms.CharField(
        label=_("Text"), max_length=TEXT_LENGTH, strip=False, widget=forms.Textarea(attrs={"rows": 14}),
        help_text=_("Leave a line empty between paragraphs. A text with headings or tables is better a Markdown file."),
    )  # fmt: skip

    def clean_content(self) -> str:
        content = str(self.cleaned_data["content"])
        if not content.strip():
            raise forms.ValidationError(gettext("Nothing of this text can be seen."))
        return content


class PairsForm(_Form):
    """`pairs` are read from repeated fields beside the form's own."""

    title = forms.CharField(label=_("Title"), max_length=NAME_LENGTH)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        pairs = [pair for pair in pairs_in(self.data) if pair["question"] or pair["answer"]]
        if not pairs:
            self.add_error(None, gettext("Write at least one question with its answer."))
        if any(not pair["question"] or not pair["answer"] for pair in pairs):
            self.add_error(None, gettext("Each question needs an answer, and each answer a question."))
        if any(len(pair["question"]) > _QUESTION or len(pair["answer"]) > _ANSWER for pair in pairs):
            said = gettext("A question has at most %(question)d characters, an answer %(answer)d.")
            self.add_error(None, said % {"question": _QUESTION, "answer": _ANSWER})
        return {**given, "pairs": pairs}


class PageAddressForm(_Form):
    url = forms.CharField(
        label=_("Address"), max_length=URL_LENGTH, widget=forms.URLInput(attrs={"placeholder": "https://"})
    )
    title = forms.CharField(
        label=_("Title"), max_length=NAME_LENGTH, required=False, help_text=_("Left empty, the page's own is taken.")
    )


class SiteForm(_Form):
    url = forms.CharField(
        label=_("Address"),
        max_length=URL_LENGTH,
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        help_text=_("Of the site, or of its sitemap. Pages that its robots.txt forbids are left out."),
    )
    limit = forms.IntegerField(label=_("Pages, at most"), min_value=1, max_value=PAGES, initial=100)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file: `added`, `known` or `refused`, and what to say of it."""

    name: str
    outcome: str
    said: str
    address: str = ""
    plan: bool = False


_KINDS: Final[dict[str, tuple[str | Promise, str, type[_Form]]]] = {
    "files": (_("Files"), "upload", FilesForm),
    "text": (_("Text"), "text", TextForm),
    "pairs": (_("Questions and answers"), "chat", PairsForm),
    "page": (_("Web page"), "web", PageAddressForm),
    "site": (_("Whole site"), "link", SiteForm),
}


class AddPage(OfDataset, FormPage):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}
    template: ClassVar[str] = "dashboard/knowledge/add.html"
    tab: ClassVar[str] = "documents"

    @property
    def kind(self) -> str:
        kind = self.request.GET.get("from", "files")
        return kind if kind in _KINDS else "files"

    def form(self, **given: Any) -> _Form:  # noqa: ANN401 -- a form's arguments
        return _KINDS[self.kind][2](**given)

    def values(self) -> Mapping[str, Any]:
        kinds = [{"name": name, "word": word, "icon": icon} for name, (word, icon, _form) in _KINDS.items()]
        shown: dict[str, Any] = {"kind": self.kind, "kinds": kinds}
        if self.kind == "files":
            shown |= services.upload_limits()
        if self.kind == "pairs":
            pairs = pairs_in(self.request.POST)
            shown["pairs"] = pairs + [{"question": "", "answer": ""}] * max(1, _ROWS - len(pairs))
        return shown

    def post(self, request: HttpRequest, **ids: UUID) -> HttpResponseBase:
        if "more" in request.POST:  # a further row, for those without scripts
            return self.show(form=self.form(data=request.POST, use_required_attribute=False), **self.values())
        if self.wants_json():
            return self.one_by_json()
        return super().post(request, **ids)

    def wants_json(self) -> bool:
        return self.kind == "files" and self.request.headers.get("Accept") == "application/json"

    def one_by_json(self) -> HttpResponse:
        form = self.form(data=self.request.POST, files=self.request.FILES)
        if not form.is_valid():
            said = " ".join(str(each) for sentences in form.errors.values() for each in sentences)
            return JsonResponse(asdict(Outcome(name="", outcome="refused", said=said)), status=422)
        outcome = self.take(form.cleaned_data.pop("files")[0], form.cleaned_data)
        return JsonResponse(asdict(outcome), status=422 if outcome.outcome == "refused" else 200)

    def save(self, form: _Form) -> HttpResponseBase:
        given = form.cleaned_data
        if self.kind == "files":
            return self.take_all(form)
        if self.kind in {"page", "site"}:  # fetched from elsewhere
            self.count_cost()
        if self.kind == "site":
            services.import_site(by=self.principal, dataset=self.dataset, **given)
            return self.go("imports", self.dataset.id, said=gettext("The site is looked through in the background."))
        add = {"text": services.add_text, "pairs": services.add_pairs, "page": services.add_page}[self.kind]
        added = cast("services.Added", add(by=self.principal, dataset=self.dataset, **given))  # type: ignore[operator]  # their fields differ
        if added.duplicate:
            said = gettext("The dataset has this content already; here it is.")
            return self.go("document", self.dataset.id, added.document.id, said=said)
        return self.go("dataset", self.dataset.id, said=gettext("Added. It is processed in the background."))

    def take_all(self, form: _Form) -> HttpResponseBase:
        given = dict(form.cleaned_data)
        outcomes = [self.take(file, given) for file in given.pop("files")]
        if all(outcome.outcome == "added" for outcome in outcomes):
            count = len(outcomes)
            said = ngettext("%(count)d file was added.", "%(count)d files were added.", count) % {"count": count}
            return self.go("dataset", self.dataset.id, said=said)
        status = 422 if any(outcome.outcome == "refused" for outcome in outcomes) else 200
        form.limit_reached = any(outcome.plan for outcome in outcomes)
        return self.show(form=form, outcomes=outcomes, status=status, **self.values())

    def take(self, file: File[bytes], given: Mapping[str, Any]) -> Outcome:
        name = file.name or ""
        meta = {"tags": given["tags"], "metadata": given["metadata"]}
        try:
            added = services.add_files(by=self.principal, dataset=self.dataset, files=[file], **meta)[0]
        except Problem as problem:
            return Outcome(name, "refused", sentence(problem), plan=isinstance(problem, LimitReached))
        address = self.url("document", self.dataset.id, added.document.id)
        if added.duplicate:
            return Outcome(name, "known", gettext("The dataset has it already."), address)
        return Outcome(name, "added", gettext("Added."), address)


def pairs_in(data: Any) -> list[dict[str, str]]:  # noqa: ANN401 -- a QueryDict, or a form's data
    """The pairs as they were typed, without the rows that are empty."""
    if not hasattr(data, "getlist"):
        return []
    both = zip(data.getlist("question")[:PAIRS], data.getlist("answer")[:PAIRS], strict=False)
    rows = [
        {"question": question.replace("\x00", "").strip(), "answer": answer.replace("\x00", "").strip()}
        for question, answer in both
    ]
    return [row for row in rows if row["question"] or row["answer"]]
