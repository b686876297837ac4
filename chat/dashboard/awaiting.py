"""The frame of a bot's pages that wait for a model: their handlers are coroutines.

What reads (who is it, may they, which bot) happens in one hop to a thread, and what is drawn in another; in between
nobody holds a thread or a connection. Its thread knows nothing of who reads: the language and the time zone are set in
each hop.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone, translation

from bots.pages import BotPage
from chat.turn import hop
from tenants.errors import Problem
from tenants.pages import zone_of

P = ParamSpec("P")
R = TypeVar("R")


class AwaitingPage(BotPage):
    language: str

    async def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]  # noqa: ANN401 -- awaited by Django
        self.language = translation.get_language() or settings.LANGUAGE_CODE
        answer: Any = await hop.outside(self._read, self._begun, request, *args, **kwargs)
        if not inspect.isawaitable(answer):
            return answer  # type: ignore[no-any-return]  # a refusal
        try:
            response: HttpResponseBase = await answer
        except Problem as problem:
            response = await self.reading(self.refused, problem)
        return response

    def _begun(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- a response, or one to be awaited
        """The frame's own dispatch, which finds a handler that has to be awaited yet."""
        return super().dispatch(request, *args, **kwargs)

    async def reading(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """`work` in a thread, inside the tenant; what it reads and draws is done when it is back."""
        return await hop.inside(self.membership.tenant.ref, lambda: self._read(work, *args, **kwargs))

    def _read(self, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        with translation.override(self.language), timezone.override(zone_of(self.request)):
            return work(*args, **kwargs)
