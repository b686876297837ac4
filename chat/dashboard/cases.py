"""The cases of a test set: one by one, as lines of JSON, and from a turn of the playground."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import cached_property
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bots import parsers, selectors, services
from bots.enums import Expectation
from bots.models import Bot, TestCase, TestSet
from bots.pages import BotConfirmPage, BotFormPage, BotPage
from chat.dashboard.lines import Lines, said_as_text, text_as_said
from knowledge.models import Document
from tenants.enums import Role
from tenants.errors import Invalid
from tenants.pages import PageForm
from tenants.types import Principal

MOST = 20
EXPECTED = (
    (Expectation.ANSWER.value, gettext_lazy("Answer it")),
    (Expectation.REFUSE.value, gettext_lazy("Refuse it")),
    (Expectation.ESCALATE.value, gettext_lazy("Hand over to a person")),
    (Expectation.UNKNOWN.value, gettext_lazy("Have nothing to say")),
)


class CaseForm(PageForm):
    question = forms.CharField(
        max_length=parsers.QUESTION_CHARACTERS, label=gettext_lazy("Question"), widget=forms.Textarea(attrs={"rows": 2})
    )
    expect = forms.ChoiceField(choices=EXPECTED, label=gettext_lazy("What the bot should do"))
    expected_document_ids = forms.MultipleChoiceField(
        required=False, label=gettext_lazy("Documents of which it should cite one"),
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    expected_titles = Lines(
        most=MOST, longest=500, label=gettext_lazy("Titles of documents of which it should cite one"),
        help_text=gettext_lazy("One on each line. Only for an answer."),
    )  # fmt: skip
    expected_words = Lines(
        most=MOST, longest=200, label=gettext_lazy("Words the answer must have"),
        help_text=gettext_lazy("One word or phrase on each line; all of them have to be there."),
    )  # fmt: skip
    forbidden_words = Lines(
        most=MOST, longest=200, label=gettext_lazy("Words the answer must not have"),
        help_text=gettext_lazy("One word or phrase on each line."),
    )  # fmt: skip
    history = forms.CharField(
        required=False, label=gettext_lazy("What was said before"), widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For a follow-up. Begin what each side says with “Customer:” or “Bot:”."),
    )  # fmt: skip
    note = forms.CharField(
        required=False, max_length=2_000, label=gettext_lazy("Note"), widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: Any, documents: Mapping[str, str], **kwargs: Any) -> None:  # noqa: ANN401 -- a form's arguments
        super().__init__(*args, **kwargs)
        field = self.fields["expected_document_ids"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = list(documents.items())
        if not documents:
            del self.fields["expected_document_ids"]

    def clean_history(self) -> list[dict[str, str]]:
        try:
            return text_as_said(self.cleaned_data["history"])
        except ValueError as error:
            raise ValidationError(str(error)) from error


class OfSet:
    """A page of a test set; the address names `set_id`."""

    kwargs: dict[str, Any]
    tab: ClassVar[str] = "bot-tests"

    @cached_property
    def test_set(self) -> TestSet:
        return selectors.one_test_set(bot_id=self.kwargs["bot_id"], set_id=self.kwargs["set_id"])


class NewCasePage(OfSet, BotFormPage):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}
    tab: ClassVar[str] = "bot-tests"
    template: ClassVar[str] = "dashboard/tests/case.html"
    form_class: ClassVar[type[PageForm]] = CaseForm

    def documents(self) -> Mapping[str, str]:
        """Those that the case names by id, with their titles."""
        return {}

    def initial(self) -> Mapping[str, Any]:
        return {"expect": Expectation.ANSWER.value}

    def form(self, **given: Any) -> PageForm:  # noqa: ANN401 -- a form's arguments
        return CaseForm(initial=dict(self.initial()), documents=self.documents(), **given)

    def values(self) -> Mapping[str, Any]:
        return {"test_set": self.test_set}

    def save(self, form: Any) -> HttpResponseBase:  # noqa: ANN401 -- the page's own form
        ids = {"bot_id": self.bot.id, "set_id": self.test_set.id}
        services.create_case(by=self.principal, **ids, **form.cleaned_data)
        return self.go("test-set", self.bot.id, self.test_set.id, said=_("The case is in the set."))


class CasePage(NewCasePage):
    @cached_property
    def case(self) -> TestCase:
        return selectors.one_test_case(test_set=self.test_set, case_id=self.kwargs["case_id"])

    def documents(self) -> Mapping[str, str]:
        ids = self.case.expected_document_ids
        titles = dict(Document.objects.filter(id__in=ids).values_list("id", "title"))
        return {str(found): titles.get(found, _("a document that is gone")) for found in ids}

    def initial(self) -> Mapping[str, Any]:
        case = self.case
        names = ("question", "expect", "expected_titles", "expected_words", "forbidden_words", "note")
        ids = [str(found) for found in case.expected_document_ids]
        said = said_as_text(case.history)
        return {name: getattr(case, name) for name in names} | {"history": said, "expected_document_ids": ids}

    def values(self) -> Mapping[str, Any]:
        return {"test_set": self.test_set, "case": self.case}

    def save(self, form: Any) -> HttpResponseBase:  # noqa: ANN401 -- the page's own form
        changes = form.cleaned_data
        if "expected_document_ids" in changes:
            changes["expected_document_ids"] = [UUID(found) for found in changes["expected_document_ids"]]
        ids = {"bot_id": self.bot.id, "set_id": self.test_set.id, "case_id": self.case.id}
        services.update_case(by=self.principal, **ids, **changes)
        return self.go("test-set", self.bot.id, self.test_set.id, said=_("Saved."))


class DeleteCasePage(OfSet, BotConfirmPage):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}
    tab: ClassVar[str] = "bot-tests"

    def question(self) -> Mapping[str, Any]:
        case = selectors.one_test_case(test_set=self.test_set, case_id=self.kwargs["case_id"])
        return {
            "title": _("Delete this case?"), "losses": [case.question], "action": _("Delete the case"),
            "cancel": self.url("test-set", self.bot.id, self.test_set.id),
        }  # fmt: skip

    def do(self) -> HttpResponseBase:
        ids = {"bot_id": self.bot.id, "set_id": self.test_set.id, "case_id": self.kwargs["case_id"]}
        services.delete_case(by=self.principal, **ids)
        return self.go("test-set", self.bot.id, self.test_set.id, said=_("The case is gone."))


class ImportForm(PageForm):
    file = forms.FileField(
        label=gettext_lazy("File"), widget=forms.ClearableFileInput(attrs={"accept": ".jsonl,.ndjson,.json"}),
        help_text=gettext_lazy("Lines of JSON, a case on each, as the export writes them. All of them or none."),
    )  # fmt: skip


class ImportPage(OfSet, BotFormPage):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}
    tab: ClassVar[str] = "bot-tests"
    template: ClassVar[str] = "dashboard/tests/import.html"
    form_class: ClassVar[type[PageForm]] = ImportForm

    def values(self) -> Mapping[str, Any]:
        return {"test_set": self.test_set}

    def save(self, form: Any) -> HttpResponseBase:  # noqa: ANN401 -- the page's own form
        ids = {"bot_id": self.bot.id, "set_id": self.test_set.id}
        try:
            cases = parsers.checked(form.cleaned_data["file"].read(parsers.MOST_BYTES + 1))
        except Invalid as error:
            raise Invalid(errors={"file": [error.detail]}) from error
        added, replaced = services.import_cases(by=self.principal, cases=cases, **ids)
        said = _("Added: %(added)s. Replaced: %(replaced)s.") % {"added": added, "replaced": replaced}
        return self.go("test-set", self.bot.id, self.test_set.id, said=said)


class ExportPage(OfSet, BotPage):
    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        rows = self.test_set.cases.order_by("created_at", "id")
        answer = HttpResponse(parsers.written(rows), content_type=parsers.MEDIA_TYPE)
        name = slugify(self.test_set.name) or "test-set"
        answer["Content-Disposition"] = f'attachment; filename="{name}.jsonl"'
        return answer


class SaveTurnPage(BotPage):
    """A turn of the playground as a case of a set, which is made where there is none of the given name."""

    roles: ClassVar[dict[str, Role]] = {"POST": Role.EDITOR}
    tab: ClassVar[str] = "bot-playground"

    def post(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        fields = self._fields()
        with transaction.atomic():
            row = chosen_set(self.bot, request.POST, by=self.principal)
            services.create_case(by=self.principal, bot_id=self.bot.id, set_id=row.id, **fields)
        if getattr(request, "htmx", False):
            return self.show(template="dashboard/playground/_saved.html", test_set=row)
        return self.go("test-set", self.bot.id, row.id, said=_("The case is in the set."))

    def back(self) -> str:
        return self.url("bot-playground", self.bot.id)

    def _fields(self) -> dict[str, Any]:
        """As the API would take them, refused in the same words."""
        post = self.request.POST
        given: dict[str, Any] = {"question": post.get("question", ""), "expect": post.get("expect", "answer")}
        words = [word.strip() for word in post.get("words", "").split(",") if word.strip()]
        given |= {"expected_words": words, "history": post.get("history") or "[]"}
        if given["expect"] == Expectation.ANSWER:
            given["expected_document_ids"] = list(dict.fromkeys(post.getlist("documents")))[:MOST]
            given["expected_titles"] = list(dict.fromkeys(post.getlist("titles")))[:MOST]
        return parsers.checked(_line(given))[0]


def chosen_set(bot: Bot, post: Mapping[str, str], *, by: Principal) -> TestSet:
    """The one that is chosen (`test_set`), or one of the given `name`, new where none has it."""
    given = post.get("test_set", "")
    if given:
        try:
            return selectors.one_test_set(bot_id=bot.id, set_id=UUID(given))
        except ValueError as error:
            raise Invalid(errors={"test_set": [_("There is no such test set.")]}) from error
    name = post.get("name", "").replace("\x00", "").strip()[:200] or _("First tests")
    known = bot.test_sets.filter(name__iexact=name).order_by("created_at").first()
    return known or services.create_test_set(by=by, bot_id=bot.id, name=name)


def _line(given: Mapping[str, Any]) -> bytes:
    try:
        history = json.loads(given["history"])
    except (ValueError, RecursionError) as error:
        raise Invalid(_("What was said before cannot be read.")) from error
    return json.dumps({**given, "history": history}).encode()


def cases_said(count: int) -> str:
    return ngettext("%(count)s case", "%(count)s cases", count) % {"count": count}
