"""A tenant's bots: the list, a new one, a copy of one, and the end of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from bots import behaviour, selectors, services
from bots.dashboard import starters
from bots.dashboard.forms import NameForm, NewBotForm, providers_for
from bots.models import Bot, BotDataset
from bots.pages import BotConfirmPage, BotFormPage
from bots.versions import publish
from integrations.chatmodels.kinds import DEFAULT_MODELS
from integrations.enums import ProviderName
from knowledge.models import Dataset
from tenants.enums import Role
from tenants.pages import FormPage, Page, PageForm

STATES: tuple[tuple[str, str | Any], ...] = (
    ("", gettext_lazy("All")),
    ("live", gettext_lazy("Live")),
    ("paused", gettext_lazy("Paused")),
    ("public", gettext_lazy("Public")),
)
_FILTERS: dict[str, dict[str, bool]] = {
    "live": {"is_active": True},
    "paused": {"is_active": False},
    "public": {"is_public": True},
}


class BotsPage(Page):
    section: ClassVar[str] = "bots"
    template: ClassVar[str] = "dashboard/bots/list.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        search = request.GET.get("q", "").replace("\x00", "").strip()[:200]
        state = request.GET.get("state", "")
        page = self.paged(_found(search, state), size=24)
        rows = _with_drafts(list(page.object_list))
        return self.show(
            page=page, rows=rows, search=search, state=state, states=STATES, filtered=bool(search or state in _FILTERS)
        )


def _found(search: str, state: str) -> QuerySet[Bot]:
    links = BotDataset.objects.filter(is_active=True).select_related("dataset").order_by("priority", "dataset__name")
    rows = Bot.objects.select_related("live_version", "tenant_ai_provider").order_by("name", "id")
    rows = rows.prefetch_related(Prefetch("links", queryset=links, to_attr="used"))
    if search:
        rows = rows.filter(Q(name__icontains=search) | Q(description__icontains=search))
    return rows.filter(**_FILTERS.get(state, {}))


def _with_drafts(bots: Sequence[Bot]) -> list[dict[str, Any]]:
    drafts = behaviour.drafts(bots)
    return [
        {"bot": bot, "differs": publish.differs(bot, drafts[bot.id]), "model": bot.model or default_model(bot)}
        for bot in bots
    ]


def default_model(bot: Bot) -> str:
    return DEFAULT_MODELS.get(ProviderName(bot.tenant_ai_provider.provider_name), "")


class NewBotPage(FormPage):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}
    section: ClassVar[str] = "bots"
    template: ClassVar[str] = "dashboard/bots/new.html"
    form_class: ClassVar[type[PageForm]] = NewBotForm

    def form(self, **given: Any) -> PageForm:  # noqa: ANN401 -- a form's arguments
        datasets = list(Dataset.objects.order_by("name", "id"))
        return super().form(providers=providers_for(), datasets=datasets, **given)

    def initial(self) -> Mapping[str, Any]:
        return {"dataset_ids": self.request.GET.getlist("dataset")}

    def values(self) -> Mapping[str, Any]:
        return {"starters": starters.STARTERS}

    def save(self, form: Any) -> HttpResponseBase:  # noqa: ANN401 -- the page's own form
        bot = services.create_bot(by=self.principal, **form.cleaned_data)
        return self.go("bot", bot.id, said=_("The bot is there. Try it in the playground before you publish it."))


class DuplicatePage(BotFormPage):
    """Asks for a name, and makes a copy of a bot's draft."""

    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}
    template: ClassVar[str] = "dashboard/bots/duplicate.html"
    form_class: ClassVar[type[PageForm]] = NameForm
    tab: ClassVar[str] = "bot"

    def initial(self) -> Mapping[str, Any]:
        return {"name": _("Copy of %(name)s") % {"name": self.bot.name[:180]}}

    def save(self, form: Any) -> HttpResponseBase:  # noqa: ANN401 -- the page's own form
        copy = services.duplicate_bot(by=self.principal, bot_id=self.bot.id, name=form.cleaned_data["name"])
        return self.go("bot", copy.id, said=_("This is the copy. It is private and on no website yet."))


class DeleteBotPage(BotConfirmPage):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}

    def question(self) -> Mapping[str, Any]:
        return {
            "title": _("Delete the bot %(name)s") % {"name": self.bot.name},
            "losses": _losses(self.bot),
            "action": _("Delete the bot"),
            "cancel": self.url("bot", self.bot.id),
            "typed": " ".join(self.bot.name.split()),
        }

    def do(self) -> HttpResponseBase:
        services.delete_bot(by=self.principal, bot_id=self.bot.id)
        return self.go("bots", said=_("%(name)s is deleted.") % {"name": self.bot.name})


def _losses(bot: Bot) -> list[str]:
    gone = selectors.goes_with(bot)
    talks, versions, sets = gone["conversations"], gone["versions"], gone["test_sets"]
    ties = bot.key_ties.count()
    losses = [
        ngettext("%(count)s conversation with its messages", "%(count)s conversations with their messages", talks)
        % {"count": talks},
        ngettext(
            "%(count)s version, with the way back to it", "%(count)s versions, with the way back to them", versions
        )
        % {"count": versions},
        _("its prompt, its guardrails and its place on websites, where it stops answering at once"),
    ]
    if sets:
        said = ngettext("%(count)s test set with its runs", "%(count)s test sets with their runs", sets)
        losses.insert(2, said % {"count": sets})
    if ties:
        said = ngettext(
            "%(count)s API key loses this bot; where it is tied to no other, it opens none from then on",
            "%(count)s API keys lose this bot; those that are tied to no other open none from then on", ties,
        )  # fmt: skip
        losses.append(said % {"count": ties})
    return losses
