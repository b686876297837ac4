"""`/v1/chat/…`, for whoever talks to a bot."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from chat import selectors, services, tokens
from chat.api import serializers as shapes
from chat.http import TalkView
from chat.models import Conversation
from chat.turn import access, opening
from chat.turn.types import Opened
from integrations.chatmodels.types import Turn
from tenants import context
from tenants.enums import Role
from tenants.permissions import IsOfTenant


class PublicView(TalkView):
    """Anyone, for a public bot, from where it is served."""

    turn: Opened

    @extend_schema(request=shapes.PublicIn, responses=shapes.AnswerOut, operation_id="chat_public")
    async def post(self, request: Request) -> Response:
        return Response(shapes.answer(await services.talk(turn=self.turn)))

    def begin(self, request: Request) -> None:
        body = self.data(shapes.PublicIn)
        profile = access.public_bot(bot_id=body["bot_id"], by=self.principal)
        self.admit(profile)
        access.check_credential(profile=profile, origin=self.origin, by=self.principal)
        access.check_active(profile)
        ours = self.principal.tenant == profile.tenant
        if not (
            ours and self.principal.kind == "key"
        ):  # a key of the tenant's has a limit of its own, counted at the door
            request.rate_limit = access.count_public(profile=profile, ip=self.ip)  # type: ignore[attr-defined]  # read by tenants.http.BaseView
        with context.entered(profile.tenant):
            self.turn = opening.public(
                profile=profile,
                messages=[Turn(message["role"], message["content"]) for message in body["messages"]],
                session_id=body["session_id"],
                metadata=body["metadata"],
                key_id=self.principal.key_id if ours else None,
            )


class EfficientView(TalkView):
    """Integrations and members, with the history kept here."""

    permission_classes: ClassVar[list[type[BasePermission]]] = [IsOfTenant]  # type: ignore[misc]  # DRF leaves it an instance's
    roles: ClassVar[dict[str, Role]] = {"POST": Role.VIEWER}
    scopes: ClassVar[dict[str, str]] = {"POST": "chat:write"}
    turn: Opened

    @extend_schema(request=shapes.EfficientIn, responses=shapes.AnswerOut, operation_id="chat_efficient")
    async def post(self, request: Request) -> Response:
        return Response(shapes.answer(await services.talk(turn=self.turn)))

    def begin(self, request: Request) -> None:
        body = self.data(shapes.EfficientIn)
        by = self.principal
        assert by.tenant is not None
        with context.entered(by.tenant):
            profile = access.own_bot(bot_id=body.pop("bot_id"), by=by)
            self.admit(profile)
            access.check_active(profile)
            self.turn = opening.efficient(profile=profile, key_id=by.key_id, **body)


class _SessionView(TalkView):
    """A session, for who holds its id or reads the tenant's conversations."""

    scope: ClassVar[str]
    answer: Any

    def begin(self, request: Request) -> None:
        session_id = self.kwargs["session_id"]
        profile = access.session_bot(bot_id=tokens.bot_of(session_id))
        with context.entered(profile.tenant):
            conversation = selectors.session(bot_id=profile.id, session_id=session_id)
            access.check_session(profile=profile, source=conversation.source, by=self.principal, scope=self.scope)
            self.admit(profile)
            self.answer = self.work(conversation)

    @abstractmethod
    def work(self, conversation: Conversation) -> Any:  # noqa: ANN401 -- what the endpoint answers
        """Read or write what the endpoint is for, inside the tenant and before the answer is awaited."""


class SessionView(_SessionView):
    scope = "chat:read"

    @extend_schema(responses=shapes.SessionOut, operation_id="chat_session")
    async def get(self, request: Request, session_id: str) -> Response:
        return Response(self.answer)

    def work(self, conversation: Conversation) -> Any:  # noqa: ANN401 -- as above
        found = {
            "session_id": self.kwargs["session_id"],
            "bot_id": conversation.bot_id,
            "status": conversation.status,
            "started_at": conversation.started_at,
            "last_at": conversation.last_at,
            "messages": selectors.messages_of(conversation),
        }
        return shapes.SessionOut(found).data


class FeedbackView(_SessionView):
    scope = "chat:write"

    @extend_schema(request=shapes.FeedbackIn, responses=shapes.FeedbackOut, operation_id="chat_session_feedback")
    async def post(self, request: Request, session_id: str) -> Response:
        return Response(self.answer)

    def work(self, conversation: Conversation) -> Any:  # noqa: ANN401 -- as above
        feedback = services.give_feedback(conversation=conversation, **self.data(shapes.FeedbackIn))
        return shapes.FeedbackOut(feedback).data
