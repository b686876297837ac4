"""`/v1/chat/widget/…`: what the widget needs before anybody speaks.

Any page may read the refusal, so that the widget can say what is wrong; it says no more than a program without a
browser would be told. Which websites asked is remembered for the bot's owner.
"""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from bots import origins, services
from bots import selectors as bots
from bots.enums import Position, Theme
from bots.types import BotProfile
from chat.appearance import shown
from chat.errors import BotNotFound, BotNotPublic, BotSuspended
from chat.turn import access
from tenants import context
from tenants.errors import NotFound, Problem
from tenants.http import BaseView
from tenants.permissions import Anyone
from tenants.selectors import is_suspended_for, tenant_of

# Of the widget's own texts those that its bubble shows; the others come as a module (chat/widget/script.py).
BUBBLE = ("open", "close", "loading", "not_loaded", "retry")
FRESH = "public, max-age=60"
FOR_GOOD = "public, max-age=31536000, immutable"


class ShownOut(serializers.Serializer[Any]):
    """How a bot looks, with every text filled in."""

    bot_id = serializers.UUIDField()
    title = serializers.CharField()
    greeting = serializers.CharField()
    placeholder = serializers.CharField()
    launcher = serializers.CharField()
    suggestions = serializers.ListField(child=serializers.CharField())
    color = serializers.CharField()
    position = serializers.ChoiceField(choices=Position.choices)
    theme = serializers.ChoiceField(choices=Theme.choices)
    language = serializers.CharField()
    direction = serializers.ChoiceField(choices=["ltr", "rtl"])
    privacy_note = serializers.CharField()
    privacy_url = serializers.CharField()
    offers_person = serializers.BooleanField()
    logo_url = serializers.CharField(allow_null=True)
    texts = serializers.DictField(child=serializers.CharField())


class _OpenView(BaseView):
    permission_classes: ClassVar[list[type[BasePermission]]] = [Anyone]  # type: ignore[misc]  # DRF leaves it an instance's
    kept: ClassVar[str]

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- DRF's signature
        final = super().finalize_response(request, response, *args, **kwargs)
        if final.status_code == 200:
            final["Cache-Control"] = self.kept
        return final

    def profile(self, bot_id: UUID) -> BotProfile:
        """Raises `BotNotFound`."""
        try:
            tenant = tenant_of(bot_id)
            with context.entered(tenant):
                return bots.profile(bot_id)
        except NotFound as error:
            raise BotNotFound from error


class WidgetView(_OpenView):
    kept = FRESH

    @extend_schema(
        responses=ShownOut,
        operation_id="chat_widget",
        parameters=[
            OpenApiParameter("language", str, description="Of the browser; the bot's own goes before it."),
            OpenApiParameter("texts", str, enum=["bubble"], description="Only the texts that the bubble shows."),
        ],
    )
    def get(self, request: Request, bot_id: UUID) -> Response:
        origin = str(request.headers.get("Origin", ""))
        request._request.serves_origin = bool(origin)  # type: ignore[attr-defined]  # noqa: SLF001 -- ours; DRF names Django's request so
        profile = self._found(bot_id, origin)
        with context.entered(profile.tenant):
            self._check(profile, origin)
            told = shown.look(
                bot_id=bot_id,
                name=profile.name,
                look=bots.look(bot_id),
                wanted=request.query_params.get("language", ""),
            )
        if request.query_params.get("texts") == "bubble":
            told["texts"] = {name: told["texts"][name] for name in BUBBLE}
        return Response(told)

    def _found(self, bot_id: UUID, origin: str) -> BotProfile:
        try:
            return self.profile(bot_id)
        except BotNotFound:
            if is_suspended_for(bot_id, origins.candidates(origin)):
                raise BotSuspended from None
            raise

    def _check(self, profile: BotProfile, origin: str) -> None:
        ours = f"{self.request.scheme}://{self.request.get_host()}"
        refused = ""
        try:
            access.check_shown(profile=profile, origin=origin, ours=ours)
        except Problem as problem:
            # The owner is told what is wrong; the stranger perhaps only that there is nothing.
            refused = problem.code if profile.is_public else BotNotPublic.code
            raise
        finally:
            if origin and origin != ours:
                services.record_visit(bot_id=profile.id, origin=origin, refused=refused)


class WidgetLogoView(_OpenView):
    """For who knows its address: of a bot that is not public only its own people do."""

    kept = FOR_GOOD

    @extend_schema(responses={(200, "image/*"): OpenApiTypes.BINARY}, operation_id="chat_widget_logo")
    def get(self, request: Request, bot_id: UUID) -> HttpResponse:
        profile = self.profile(bot_id)
        with context.entered(profile.tenant):
            logo = bots.logo(bot_id)
        if not profile.is_public and request.query_params.get("v") != logo.digest:
            raise BotNotFound
        answer = HttpResponse(bytes(logo.data), content_type=logo.kind)
        answer["X-Content-Type-Options"] = "nosniff"
        answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
        answer["Cross-Origin-Resource-Policy"] = "cross-origin"
        return answer
