"""The pages of the first run: the way in, and one step after the other.

Each step is an object that shows itself and takes what is sent; the page is the frame: who may, what is skipped, what
comes next, and what was refused, with nothing lost.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from chat.dashboard.first_run import bot, knowledge, look, organisation, provider, topics, website
from chat.dashboard.first_run.frame import Step
from chat.dashboard.first_run.state import STEPS, State, after, before, mark, marks
from tenants.enums import Role
from tenants.errors import Forbidden, Problem
from tenants.pages import Page

_MADE: dict[str, type[Step]] = {
    "name": organisation.NameStep,
    "provider": provider.ProviderStep,
    "knowledge": knowledge.KnowledgeStep,
    "bot": bot.BotStep,
    "topics": topics.TopicsStep,
    "look": look.LookStep,
    "website": website.WebsiteStep,
}
assert list(_MADE) == list(STEPS)


class _FirstRun(Page):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.EDITOR, "POST": Role.EDITOR}
    section: ClassVar[str] = "overview"

    @cached_property
    def state(self) -> State:
        ours = f"{self.request.scheme}://{self.request.get_host()}"
        return State(marks(self.request, self.tenant), ours=ours, by=self.principal)


class GuidePage(_FirstRun):
    """To the step that is to be done; where none is left, what one may do now."""

    template: ClassVar[str] = "dashboard/guide/done.html"

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        step = self.state.next_step
        if step is None:
            return self.show(state=self.state, steps=self.state.shown(""), bot=self.state.bot)
        return self.go("guide-step", step)


class StepPage(_FirstRun):
    def get(self, request: HttpRequest, step: str) -> HttpResponseBase:
        part = request.GET.get("part", "")
        if part and getattr(request, "htmx", False):
            return self.step.part(part)
        return self.drawn(**self.step.values())

    def post(self, request: HttpRequest, step: str) -> HttpResponseBase:
        if "skip" in request.POST:
            mark(request, self.tenant, step, as_="skipped")
            return self.onward()
        if not Role(self.membership.role).covers(self.step.role):
            raise Forbidden(_("This needs the role “%(role)s” or above.") % {"role": self.step.role.label})
        try:
            return self.step.take()
        except Problem as problem:
            return self.step.refused(problem)

    @cached_property
    def step(self) -> Step:
        made = _MADE.get(self.kwargs["step"])
        if made is None:
            raise Http404
        return made(self)

    def drawn(self, *, status: int = 200, **values: Any) -> HttpResponse:  # noqa: ANN401 -- what the template reads
        name = self.kwargs["step"]
        may = Role(self.membership.role).covers(self.step.role)
        known = {
            "state": self.state, "steps": self.state.shown(name), "step": name, "title": STEPS[name], "may": may,
            "is_done": self.state.is_done(name), "number": list(STEPS).index(name) + 1, "count": len(STEPS),
            "bot": self.state.bot, "following": after(name), "previous": before(name),
        }  # fmt: skip
        return self.show(template=f"dashboard/guide/{name}.html", status=status, **{**known, **values})

    def seen(self) -> HttpResponse:
        """This step is good as it is."""
        mark(self.request, self.tenant, self.kwargs["step"], as_="seen")
        return self.onward()

    def onward(self, said: str = "") -> HttpResponse:
        following = after(self.kwargs["step"])
        return self.go("guide-step", following, said=said) if following else self.go("guide", said=said)
