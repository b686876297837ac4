"""What the endpoints that answer have in common: whole or streamed, once for each `Idempotency-Key`."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from bots.types import BotProfile
from chat import idempotency, services, sse
from chat.api import answers
from chat.errors import told
from chat.http import TalkView
from chat.turn import hop, pipeline
from chat.turn.types import Answer, Listener, Opened
from integrations.errors import ProviderError
from tenants import context


class SpeakingView(TalkView):
    """`begin` opens the turn and calls `open`; `reply` answers it."""

    begun: pipeline.Begun
    claim: idempotency.Claim | None = None

    async def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]  # noqa: ANN401 -- awaited by Django
        try:
            response = await super().dispatch(request, *args, **kwargs)
        except BaseException:
            await self._let_go()
            raise
        if not response.streaming:  # a stream's turn is still to be
            await self._let_go()
        return response

    def claimed(self, request: Request, profile: BotProfile) -> bool:
        """Whether this request has its answer already; where it names a key, the key is this request's from here on."""
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return False
        caller = str(self.principal.key_id or self.principal.user_id or f"ip {self.ip}")
        with context.entered(profile.tenant):
            self.claim = idempotency.claim(
                tenant=profile.tenant,
                bot_id=profile.id,
                caller=f"{request.path} {caller}",
                key=key,
                body=dict(request.data),
            )
        return self.claim.answer is not None

    def open(self, turn: Opened) -> None:
        """Begin the turn, inside its tenant: nothing is awaited yet, so this hop does for all that comes before."""
        self.begun = pipeline.begin(turn)

    async def reply(self, *, stream: bool) -> HttpResponseBase:
        if self.claim and self.claim.answer:
            again = self.claim.answer
            return sse.response(self.replayed(again)) if stream else Response(self.whole(again))
        if stream:
            return sse.response(self.streamed())
        return Response(self.whole(answers.answer(await self.talk())))

    def whole(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer in the shape of this endpoint."""
        return answer

    def streamed(self) -> AsyncGenerator[bytes]:
        return sse.events(turn=self.begun.turn, talk=self.talk, shape=answers.answer, problem=self.problem)

    def replayed(self, answer: dict[str, Any]) -> AsyncGenerator[bytes]:
        return sse.again(answer)

    async def talk(self, listener: Listener | None = None) -> Answer:
        """The answer, kept for its `Idempotency-Key`. Raises the problem that the caller is told."""
        try:
            answer = await services.talk(begun=self.begun, listener=listener)
        except BaseException as error:
            await self._let_go()
            if isinstance(error, ProviderError):
                raise told(error, own=self.principal.tenant == self.begun.turn.profile.tenant) from None
            raise
        claim, self.claim = self.claim, None
        if claim:
            await hop.outside(claim.keep, answers.answer(answer))
        return answer

    async def _let_go(self) -> None:
        """A request that came to nothing may be sent again."""
        claim, self.claim = self.claim, None
        if claim and claim.answer is None:
            await hop.outside(claim.release)
