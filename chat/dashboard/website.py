"""A bot's website page: where it is served, the snippet, the doctor, and its look with the real widget beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.utils.functional import cached_property
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from bots import images, selectors, services
from bots.models import Look
from bots.pages import BotFormPage, BotPage
from chat.appearance import shown
from chat.dashboard import doctor
from chat.dashboard.website_forms import FIELDS, LookForm, PlacesForm, allow, looks, places
from tenants.enums import Role
from tenants.pages import Page, PageForm

READ: dict[str, Role] = {"GET": Role.VIEWER}
WRITE: dict[str, Role] = {"POST": Role.EDITOR}


def browsed(page: Page) -> str:
    """The origin by which an owner reads Parley; nothing for others, who cannot have the public address set."""
    is_owner = page.principal.role == Role.OWNER
    return f"{page.request.scheme}://{page.request.get_host()}" if is_owner else ""


class _WebsitePage(BotFormPage):
    """Two forms on one page; each is sent to an address of its own, and comes back here where it is refused."""

    roles: ClassVar[dict[str, Role]] = {**READ, **WRITE}
    template: ClassVar[str] = "dashboard/website/page.html"
    tab: ClassVar[str] = "bot-website"
    refused_form: PageForm

    @cached_property
    def look(self) -> Look:
        return selectors.look(self.bot.id)

    def values(self) -> Mapping[str, Any]:
        return {
            "found": doctor.examine(self.bot, list(selectors.visits(self.bot.id)), browsed=browsed(self)),
            "look": self.look,
            "preview": shown.look(
                bot_id=self.bot.id, name=self.bot.name, look=self.look, wanted=get_language() or "en"
            ),
            "snippet": doctor.snippet(self.bot.id),
            "page_address": doctor.page_address(self.bot.id),
            "places_form": PlacesForm(initial=places(self.bot)),
            "look_form": LookForm(initial=looks(self.look), has_logo=bool(self.look.logo_url)),
            **self.forms(),
        }

    def forms(self) -> Mapping[str, Any]:
        """The form that was refused, in the place of its fresh one."""
        return {}


class WebsitePage(_WebsitePage):
    """GET shows all of it; POST keeps the look."""

    form_class: ClassVar[type[PageForm]] = LookForm

    def form(self, **given: Any) -> PageForm:  # noqa: ANN401 -- a form's arguments
        form = LookForm(initial=looks(self.look), has_logo=bool(self.look.logo_url), **given)
        self.refused_form = form
        return form

    def forms(self) -> Mapping[str, Any]:
        return {"look_form": self.refused_form} if self.request.method == "POST" else {}

    def save(self, form: Any) -> HttpResponseBase:  # noqa: ANN401 -- the page's own form
        given = form.cleaned_data
        if given.get("logo"):
            data = given["logo"].read(images.MOST_BYTES + 1)
            services.put_logo(by=self.principal, bot_id=self.bot.id, data=data)
        elif given.get("drop_logo"):
            services.remove_logo(by=self.principal, bot_id=self.bot.id)
        changes = {name: given[name] for name in (*FIELDS, "suggestions")}
        services.update_look(by=self.principal, bot_id=self.bot.id, **changes)
        return self.go("bot-website", self.bot.id, said=_("Saved. Websites show it within a minute."))


class PlacesPage(_WebsitePage):
    """POST keeps who may talk to the bot, and where."""

    roles: ClassVar[dict[str, Role]] = WRITE | READ
    form_class: ClassVar[type[PageForm]] = PlacesForm

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        return self.go("bot-website", self.bot.id)

    def form(self, **given: Any) -> PageForm:  # noqa: ANN401 -- a form's arguments
        self.refused_form = PlacesForm(initial=places(self.bot), **given)
        return self.refused_form

    def forms(self) -> Mapping[str, Any]:
        return {"places_form": self.refused_form}

    def save(self, form: Any) -> HttpResponseBase:  # noqa: ANN401 -- the page's own form
        services.update_bot(by=self.principal, bot_id=self.bot.id, **form.cleaned_data)
        return self.go("bot-website", self.bot.id, said=_("Saved. It counts from now on."))


class AllowPage(BotPage):
    """POST lists a website that was refused."""

    roles: ClassVar[dict[str, Role]] = WRITE

    def post(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        site = allow(by=self.principal, bot=self.bot, origin=request.POST.get("origin", ""))
        return self.go("bot-website", self.bot.id, said=_("%(site)s is served from now on.") % {"site": site})

    def back(self) -> str:
        return self.url("bot-website", self.bot.id)


class DoctorPage(BotPage):
    """The doctor by itself, for the page that asks for it now and then."""

    roles: ClassVar[dict[str, Role]] = READ
    template: ClassVar[str] = "dashboard/website/_doctor.html"

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponse:  # noqa: ANN401 -- ids of the address
        visits = list(selectors.visits(self.bot.id))
        return self.show(found=doctor.examine(self.bot, visits, browsed=browsed(self)))


class WordsPage(BotPage):
    """The widget's own texts in a language, for the preview."""

    roles: ClassVar[dict[str, Role]] = READ

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        blank = Look(bot_id=self.bot.id, language=request.GET.get("language", "")[:8])
        told = shown.look(bot_id=self.bot.id, name=self.bot.name, look=blank, wanted=get_language() or "en")
        return JsonResponse({name: told[name] for name in ("language", "direction", "texts", "title")})
