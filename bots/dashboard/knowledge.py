"""What a bot answers from: its datasets, which comes first, and which of their documents count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots import services
from bots.dashboard.fields import Lines, Pairs
from bots.models import BotDataset
from bots.pages import BotPage
from knowledge import selectors as knowledge
from knowledge.models import TAG_LENGTH, Dataset
from tenants.enums import Role
from tenants.errors import Invalid
from tenants.pages import PageForm

TAGS = 50


class LinkForm(PageForm):
    """On which terms a bot uses a dataset."""

    is_active = forms.BooleanField(label=gettext_lazy("The bot answers from it"), required=False)
    priority = forms.IntegerField(
        label=gettext_lazy("Priority"),
        min_value=1,
        max_value=100,
        widget=forms.NumberInput(attrs={"class": "is-short"}),
    )
    tags = Lines(
        label=gettext_lazy("Only documents with one of these tags"), most=TAGS, longest=TAG_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}), help_text=gettext_lazy("One a line. Empty: all documents."),
    )  # fmt: skip
    metadata = Pairs(
        label=gettext_lazy("Only documents whose metadata says all of this"), required=False, max_length=4_096,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "product: kettle"}),
        help_text=gettext_lazy("One a line, as “name: value”."),
    )  # fmt: skip

    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.changed_data}


class KnowledgePage(BotPage):
    """The datasets with a form each, saved together: several changes make one version."""

    template: ClassVar[str] = "dashboard/bots/knowledge.html"
    tab: ClassVar[str] = "bot-knowledge"

    def get(self, request: HttpRequest, bot_id: UUID) -> HttpResponseBase:
        return self._shown(self._forms())

    def post(self, request: HttpRequest, bot_id: UUID) -> HttpResponseBase:
        rows = self._forms(data=request.POST)
        wrong = [form for _link, form in rows if form.is_bound and not form.is_valid()]
        if wrong:
            return self._shown(rows, status=422)
        with services.changing(by=self.principal, bot_id=bot_id):
            for link, form in rows:
                if form.is_bound and (changes := form.changes()):
                    services.update_link(by=self.principal, bot_id=bot_id, dataset_id=link.dataset_id, **changes)
        return self.go("bot-knowledge", bot_id, said=self.saved())

    def _forms(self, data: Any = None) -> list[tuple[BotDataset, LinkForm]]:  # noqa: ANN401 -- what was sent
        """A dataset that somebody else added meanwhile is not among what was sent, and stays as it is."""
        links = self.bot.links.select_related("dataset").order_by("priority", "dataset__name", "id")
        found = [(link, _form(link, data)) for link in links]
        if not Role(self.membership.role).covers(Role.EDITOR):
            for _link, form in found:
                for field in form.fields.values():
                    field.disabled = True
        return found

    def _shown(self, rows: Sequence[tuple[BotDataset, LinkForm]], *, status: int = 200) -> HttpResponseBase:
        used = {link.dataset_id for link, _form in rows}
        counted = {row.id: row for row in knowledge.datasets_with_counts().filter(id__in=used)}
        return self.show(
            rows=[{"link": link, "form": form, "dataset": counted[link.dataset_id]} for link, form in rows],
            free=Dataset.objects.exclude(id__in=used).order_by("name", "id"),
            invalid=any(form.errors for _link, form in rows),
            status=status,
        )


def _form(link: BotDataset, data: Any) -> LinkForm:  # noqa: ANN401 -- what was sent
    prefix = str(link.dataset_id)
    sent = data if data and f"{prefix}-priority" in data else None
    return LinkForm(data=sent, prefix=prefix, initial=_terms(link))


def _terms(link: BotDataset) -> dict[str, Any]:
    return {name: getattr(link, name) for name in ("is_active", "priority", "tags", "metadata")}


class LinkPage(BotPage):
    """Gives the bot another dataset, behind those it has."""

    roles: ClassVar[dict[str, Role]] = {"POST": Role.EDITOR}

    def post(self, request: HttpRequest, bot_id: UUID) -> HttpResponseBase:
        try:
            dataset_id = UUID(request.POST.get("dataset_id", ""))
        except ValueError as error:
            raise Invalid(_("Choose a dataset.")) from error
        last = self.bot.links.order_by("-priority").values_list("priority", flat=True).first() or 0
        services.link_dataset(by=self.principal, bot_id=bot_id, dataset_id=dataset_id, priority=min(last + 1, 100))
        return self.go("bot-knowledge", bot_id, said=self.saved())

    def back(self) -> str:
        return self.url("bot-knowledge", self.bot.id)


class UnlinkPage(BotPage):
    roles: ClassVar[dict[str, Role]] = {"POST": Role.EDITOR}

    def post(self, request: HttpRequest, bot_id: UUID, dataset_id: UUID) -> HttpResponseBase:
        services.unlink_dataset(by=self.principal, bot_id=bot_id, dataset_id=dataset_id)
        said = _("The bot no longer answers from it. The dataset itself stays as it is.")
        return self.go("bot-knowledge", bot_id, said=f"{said} {self.saved()}")
