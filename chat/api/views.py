"""`/v1/chat/public` and `/v1/chat/efficient`, for whoever talks to a bot."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from chat.api import serializers as shapes
from chat.api.answers import AnswerOut
from chat.api.speaking import SpeakingView
from chat.turn import access, opening
from integrations.chatmodels.types import Turn
from tenants import context
from tenants.enums import Role
from tenants.permissions import IsOfTenant

IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER,
    description="The same key with the same body gets the same answer for an hour.",
)  # fmt: skip
# `any`: with `"stream": true` the answer comes as `start`, `token`, `citations`, `end` or `error` events.
ANSWERS: Any = {(200, "application/json"): AnswerOut, (200, "text/event-stream"): OpenApiTypes.STR}


class PublicView(SpeakingView):
    """Anyone, for a public bot, from where it is served."""

    @extend_schema(request=shapes.PublicIn, responses=ANSWERS, operation_id="chat_public", parameters=[IDEMPOTENCY])
    async def post(self, request: Request) -> HttpResponseBase:
        return await self.reply(stream=self.body["stream"])

    def begin(self, request: Request) -> None:
        self.body = body = self.data(shapes.PublicIn)
        profile = access.public_bot(bot_id=body["bot_id"], by=self.principal)
        self.admit(profile)
        access.check_credential(profile=profile, origin=self.origin, by=self.principal)
        access.check_active(profile)
        ours = self.principal.tenant == profile.tenant
        if not (
            ours and self.principal.kind == "key"
        ):  # a key of the tenant's has a limit of its own, counted at the door
            request.rate_limit = access.count_public(profile=profile, ip=self.ip)  # type: ignore[attr-defined]  # read by tenants.http.BaseView
        if self.claimed(request, profile):
            return
        with context.entered(profile.tenant):
            turn = opening.public(
                profile=profile,
                messages=[Turn(message["role"], message["content"]) for message in body["messages"]],
                session_id=body["session_id"],
                metadata=body["metadata"],
                key_id=self.principal.key_id if ours else None,
            )
            self.open(turn)


class EfficientView(SpeakingView):
    """Integrations and members, with the history kept here."""

    costly: ClassVar[frozenset[str]] = frozenset({"POST"})
    permission_classes: ClassVar[list[type[BasePermission]]] = [IsOfTenant]  # type: ignore[misc]  # DRF leaves it an instance's
    roles: ClassVar[dict[str, Role]] = {"POST": Role.VIEWER}
    scopes: ClassVar[dict[str, str]] = {"POST": "chat:write"}

    @extend_schema(
        request=shapes.EfficientIn, responses=ANSWERS, operation_id="chat_efficient", parameters=[IDEMPOTENCY]
    )
    async def post(self, request: Request) -> HttpResponseBase:
        return await self.reply(stream=self.streams)

    def begin(self, request: Request) -> None:
        body = self.data(shapes.EfficientIn)
        self.streams = body.pop("stream")
        by = self.principal
        assert by.tenant is not None
        with context.entered(by.tenant):
            profile = access.own_bot(bot_id=body.pop("bot_id"), by=by)
            self.admit(profile)
            access.check_active(profile)
            if not self.claimed(request, profile):
                self.open(opening.efficient(profile=profile, key_id=by.key_id, **body))
