"""`/v1/chat/sessions/…`, for who holds a session's id or reads the tenant's conversations."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from chat import selectors, services, tokens
from chat.api import serializers as shapes
from chat.http import TalkView
from chat.models import Conversation
from chat.turn import access
from tenants import context


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

    @extend_schema(parameters=[shapes.SessionFilter], responses=shapes.SessionOut, operation_id="chat_session")
    async def get(self, request: Request, session_id: str) -> Response:
        return Response(self.answer)

    def work(self, conversation: Conversation) -> Any:  # noqa: ANN401 -- as above
        asked = shapes.SessionFilter(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        return _told(self.kwargs["session_id"], conversation, after=asked.validated_data["after"])


class EndView(_SessionView):
    """The customer is done: nothing more can be said in the session. What was said stays readable."""

    scope = "chat:write"

    @extend_schema(request=None, responses=shapes.SessionOut, operation_id="chat_session_end")
    async def post(self, request: Request, session_id: str) -> Response:
        return Response(self.answer)

    def work(self, conversation: Conversation) -> Any:  # noqa: ANN401 -- as above
        services.end(conversation=conversation)
        return _told(self.kwargs["session_id"], conversation)


class FeedbackView(_SessionView):
    scope = "chat:write"

    @extend_schema(request=shapes.FeedbackIn, responses=shapes.FeedbackOut, operation_id="chat_session_feedback")
    async def post(self, request: Request, session_id: str) -> Response:
        return Response(self.answer)

    def work(self, conversation: Conversation) -> Any:  # noqa: ANN401 -- as above
        feedback = services.give_feedback(conversation=conversation, **self.data(shapes.FeedbackIn))
        return shapes.FeedbackOut(feedback).data


class ContactView(_SessionView):
    """Where a person's answer may reach the customer, for as long as a person is expected."""

    scope = "chat:write"

    @extend_schema(request=shapes.ContactIn, responses=shapes.SessionOut, operation_id="chat_session_contact")
    async def post(self, request: Request, session_id: str) -> Response:
        return Response(self.answer)

    def work(self, conversation: Conversation) -> Any:  # noqa: ANN401 -- as above
        services.leave_contact(conversation=conversation, **self.data(shapes.ContactIn))
        return _told(self.kwargs["session_id"], conversation)


def _told(session_id: str, conversation: Conversation, *, after: int = -1) -> Any:  # noqa: ANN401 -- as DRF types it
    services.seen(conversation=conversation)
    found = {
        "session_id": session_id,
        "bot_id": conversation.bot_id,
        "status": conversation.status,
        "started_at": conversation.started_at,
        "last_at": conversation.last_at,
        "has_contact": bool(conversation.contact_email),
        "messages": selectors.messages_of(conversation, after=after),
    }
    return shapes.SessionOut(found).data
