"""What the endpoints that answer have in common: whole or streamed, once for each `Idempotency-Key`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
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

    def streamed(self) -> AsyncIterator[bytes]:
        return sse.events(turn=self.begun.turn, talk=self.talk, shape=answers.answer, problem=self.problem)

    def replayed(self, answer: dict[str, Any]) -> AsyncIterator[bytes]:
        return sse.again(answer)

    async def talk(self, listener: Listener | None = None) -> Answer:
        """The answer, kept for its `Idempotency-Key`. Raises the problem that the caller is told."""
        try:
            answer = await services.talk(begun=self.begun, listener=listener)
        except BaseException as error:
            if self.claim:
                await asyncio.shield(hop.outside(self.claim.release))
            if isinstance(error, ProviderError):
                raise told(error, own=self.principal.tenant == self.begun.turn.profile.tenant) from None
            raise
        if self.claim:
            await hop.outside(self.claim.keep, answers.answer(answer))
        return answer
