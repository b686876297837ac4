"""The playground: a member talks to a bot's draft, or to what its customers have, and sees why it answers so.

The talk lives in the member's browser, which sends what was said before along with each question. No conversation is
recorded: it counts in no analytics and against no plan, while the calls to models are booked like any others.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any, ClassVar

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots import selectors as bots
from bots.parsers import ANSWER_CHARACTERS, HISTORY, QUESTION_CHARACTERS
from chat import feed, sse
from chat.dashboard import suggested, told
from chat.dashboard.awaiting import AwaitingPage
from chat.testing import playing
from chat.turn import pipeline
from chat.turn.types import Listener
from integrations.chatmodels.types import Turn
from tenants.enums import Role
from tenants.errors import Problem
from tenants.pages import PageForm

SUGGESTED = 6
SIDES = (("draft", gettext_lazy("Draft")), ("live", gettext_lazy("Live version")))


class AskForm(PageForm):
    """`talk` is what was said before, as the API writes a history."""

    question = forms.CharField(max_length=QUESTION_CHARACTERS, label=gettext_lazy("Your question"))
    side = forms.ChoiceField(choices=SIDES, required=False)
    talk = forms.CharField(required=False, max_length=HISTORY * ANSWER_CHARACTERS)

    def clean_talk(self) -> list[Turn]:
        try:
            said = json.loads(self.cleaned_data["talk"] or "[]")
            return [Turn(_role(each), str(each["content"])[:ANSWER_CHARACTERS]) for each in said][-HISTORY:]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise forms.ValidationError(_("What was said before cannot be read. Begin a new talk.")) from error


def _role(said: Mapping[str, Any]) -> Any:  # noqa: ANN401 -- one of two words
    if said["role"] not in {"user", "assistant"}:
        raise ValueError
    return said["role"]


class _Asking(AwaitingPage):
    """What both ways of asking have in common."""

    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER, "POST": Role.VIEWER}
    costly: ClassVar[frozenset[str]] = frozenset({"POST"})
    tab: ClassVar[str] = "bot-playground"

    def begin(self, form: AskForm) -> pipeline.Begun:
        asked = form.cleaned_data
        profile = bots.profile(self.bot.id, draft=asked["side"] != "live")
        return playing.begin(profile=profile, question=asked["question"], history=asked["talk"])

    def seen(self, played: playing.Played, form: AskForm) -> dict[str, Any]:
        """All that the template of a turn reads."""
        return {
            "turn": told.turn(played, history=form.cleaned_data["talk"]),
            "side": form.cleaned_data["side"] or "draft",
            "test_sets": list(bots.all_test_sets(self.bot)[:100]),
        }


class PlaygroundPage(_Asking):
    """The page, and without JavaScript also the answer."""

    template: ClassVar[str] = "dashboard/playground/page.html"

    async def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        return await self.reading(self._page, AskForm(initial=self._asked()))

    async def post(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- same
        form = AskForm(data=request.POST)
        if not form.is_valid():
            return await self.reading(self._page, form, status=422)
        played = await playing.play(begun=await self.reading(self.begin, form))
        return await self.reading(self._answered, form, played)

    def _asked(self) -> dict[str, str]:
        """A question that the address brings along is filled in, and asked by who sends it."""
        asked = self.request.GET
        return {"side": asked.get("side", "draft"), "question": asked.get("question", "")[:QUESTION_CHARACTERS]}

    def _answered(self, form: AskForm, played: playing.Played) -> HttpResponse:
        seen = self.seen(played, form)
        said = [*form.cleaned_data["talk"], Turn("user", played.turn.question)]
        said += [Turn("assistant", played.said.text)] if played.said else []
        talk = json.dumps([{"role": each.role, "content": each.content} for each in said])
        fresh = AskForm(initial={"side": seen["side"]})
        return self._page(
            fresh, earlier=form.cleaned_data["talk"], talk=talk if played.said else form.data.get("talk", ""), **seen
        )

    def _page(self, form: AskForm, *, status: int = 200, **seen: Any) -> HttpResponse:  # noqa: ANN401 -- what the template reads
        draft = bots.profile(self.bot.id, draft=True)
        suggestions = suggested.questions(draft.dataset_ids, most=SUGGESTED)
        given = form.data.get("side") or form.initial.get("side") or "draft"
        values = {"form": form, "suggestions": suggestions, "side": given, "has_knowledge": bool(draft.dataset_ids)}
        return self.show(status=status, **{**values, **seen})


class SpeakPage(_Asking):
    """One answer, streamed: `token` events while it is said, then `end` with the turn as it is drawn."""

    async def post(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        form = AskForm(data=request.POST)
        if not form.is_valid():
            sentences = [str(sentence) for said in form.errors.values() for sentence in said]
            return HttpResponse(" ".join(sentences), status=422, content_type="text/plain; charset=utf-8")
        return sse.response(self._events(form, await self.reading(self.begin, form)))

    def refused(self, problem: Problem) -> HttpResponseBase:
        """For the script, which says it in the place of the answer."""
        return HttpResponse(problem.detail, status=problem.status, content_type="text/plain; charset=utf-8")

    async def _events(self, form: AskForm, begun: pipeline.Begun) -> AsyncGenerator[bytes]:
        async def talk(listener: Listener) -> playing.Played:
            return await playing.play(begun=begun, listener=listener)

        listener = feed.Feed()
        work = feed.begin(talk, listener)
        try:
            async for piece in listener.read(work):
                yield sse.encode({"text": piece}, name="token") if piece else sse.PING
            played = work.result()
            drawn = await self.reading(self._drawn, form, played)
            said = played.said.text if played.said else ""
            yield sse.encode({"question": played.turn.question, "text": said, "html": drawn}, name="end")
        finally:
            await feed.leave(work)

    def _drawn(self, form: AskForm, played: playing.Played) -> str:
        brief = self.request.POST.get("brief") == "yes"
        template = f"dashboard/playground/{'_brief' if brief else '_turn'}.html"
        return self.show(template=template, **self.seen(played, form)).content.decode()
