"""`/v1/chat/completions` and `/v1/models`: bots as models, in OpenAI's wire format, for clients that speak it already.

A model's id is a bot's. The talk is the caller's, as such clients keep it. What decides how the bot answers (system
messages, temperature and the like) is the bot's alone: it may be sent, and changes nothing. What would ask for another
kind of answer (tools, several choices, JSON) is refused by name.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from bots import selectors as bots
from bots.models import Bot
from chat import feed, sse
from chat.api import answers, openai
from chat.api.speaking import SpeakingView
from chat.errors import BotNotFound
from chat.turn import access, opening
from chat.turn.types import Answer
from tenants import context
from tenants.enums import Role
from tenants.errors import Problem
from tenants.http import TenantView
from tenants.permissions import IsOfTenant

log = logging.getLogger(__name__)


class _OpenAIErrors:
    """Problems in the shape that OpenAI's clients read."""

    def handle_exception(self, error: Exception) -> Response:
        response: Response = super().handle_exception(error)  # type: ignore[misc]  # DRF's view is the other base
        response.data = openai.error(response.data or {}, status=response.status_code)
        response.content_type = "application/json"
        return response

    def problem(self, error: Exception) -> dict[str, Any]:
        told: dict[str, Any] = super().problem(error)  # type: ignore[misc]  # as above
        return told if "error" in told else openai.error(told, status=500)


class CompletionsView(_OpenAIErrors, SpeakingView):
    """A bot asked as if it were a model of OpenAI's."""

    costly: ClassVar[frozenset[str]] = frozenset({"POST"})
    permission_classes: ClassVar[list[type[BasePermission]]] = [IsOfTenant]  # type: ignore[misc]  # DRF leaves it an instance's
    roles: ClassVar[dict[str, Role]] = {"POST": Role.VIEWER}
    scopes: ClassVar[dict[str, str]] = {"POST": "chat:write"}

    @extend_schema(
        request=openai.CompletionIn,
        responses={(200, "application/json"): openai.CompletionOut, (200, "text/event-stream"): OpenApiTypes.STR},
        operation_id="chat_completions",
    )
    async def post(self, request: Request) -> HttpResponseBase:
        return await self.reply(stream=self.body["stream"])

    def begin(self, request: Request) -> None:
        self.body = body = self.data(openai.CompletionIn)
        by = self.principal
        assert by.tenant is not None
        with context.entered(by.tenant):
            profile = access.own_bot(bot_id=body["model"], by=by)
            self.admit(profile)
            access.check_active(profile)
            if not self.claimed(request, profile):
                turn = opening.completion(
                    profile=profile, messages=body["messages"], session_id=body["session_id"],
                    metadata=body["metadata"], key_id=by.key_id,
                )  # fmt: skip
                self.open(turn)

    def whole(self, answer: dict[str, Any]) -> dict[str, Any]:
        return openai.completion(answer)

    def replayed(self, answer: dict[str, Any]) -> AsyncGenerator[bytes]:
        return self._chunks(answer)

    async def _chunks(self, answer: dict[str, Any]) -> AsyncGenerator[bytes]:
        head = openai.head(answer_id=answer["id"], bot_id=answer["bot_id"], created=int(time.time()))
        yield openai.piece(head, answer["message"]["content"], first=True)
        for chunk in openai.last(head, answer, usage=self.body["counts"]):
            yield chunk

    async def streamed(self) -> AsyncGenerator[bytes]:
        listener = feed.Feed()
        work = feed.begin(self.talk, listener)
        head = openai.head(answer_id=self.begun.turn.id, bot_id=self.begun.turn.profile.id, created=int(time.time()))
        said = ""
        try:
            yield openai.piece(head, "", first=True)
            async for text in listener.read(work):
                said += text
                yield openai.piece(head, text) if text else sse.PING
            for chunk in self._end(head, said, work.result()):
                yield chunk
        except Problem as error:  # the status is out already, so it is told in the stream
            yield sse.encode(self.problem(error))
        except Exception as error:
            log.exception("A stream broke.")
            yield sse.encode(self.problem(error))
        finally:
            await feed.leave(work)

    def _end(self, head: dict[str, Any], said: str, answer: Answer) -> list[bytes]:
        whole = answers.answer(answer)
        rest = "" if said else answer.said.text  # what was said is the answer, and nothing was where a fallback speaks
        chunks = [openai.piece(head, rest)] if rest else []
        return [*chunks, *openai.last(head, whole, usage=self.body["counts"])]


class ModelsView(_OpenAIErrors, TenantView):
    """The bots that the caller may ask."""

    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER}
    scopes: ClassVar[dict[str, str]] = {"GET": "chat:write"}

    @extend_schema(responses=openai.ModelsOut, operation_id="models_list")
    def get(self, request: Request) -> Response:
        rows = bots.opened_by(self.principal).filter(is_active=True).order_by("name", "id")
        return Response({"object": "list", "data": [_model(row, owner=self.tenant.slug) for row in rows]})


class ModelView(_OpenAIErrors, TenantView):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER}
    scopes: ClassVar[dict[str, str]] = {"GET": "chat:write"}

    @extend_schema(responses=openai.ModelOut, operation_id="models_get")
    def get(self, request: Request, bot_id: UUID) -> Response:
        profile = access.own_bot(bot_id=bot_id, by=self.principal)
        if not profile.is_active:  # as in the list
            raise BotNotFound
        return Response(_model(bots.bot(profile.id), owner=self.tenant.slug))


def _model(row: Bot, *, owner: str) -> dict[str, Any]:
    created = int(row.created_at.timestamp())
    return {"id": str(row.id), "object": "model", "created": created, "owned_by": owner, "name": row.name}
