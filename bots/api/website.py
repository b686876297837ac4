"""`/v1/tenant/bots/{id}/look` and `/visits`: how a bot looks on websites, and which of them asked for it."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from bots import images, origins, selectors, services
from bots.api.frame import EditorView
from bots.enums import Language, Position, Theme
from bots.models import Look, Visit
from bots.models.website import MOST_SUGGESTIONS, SUGGESTION_LENGTH
from tenants.http import StrictSerializer


class LookIn(StrictSerializer):
    """What is left out stays as it is."""

    title = serializers.CharField(
        max_length=80, required=False, allow_blank=True, help_text="Empty: the name of the bot."
    )
    greeting = serializers.CharField(
        max_length=500, required=False, allow_blank=True, help_text="Empty: the widget's own, in its language."
    )
    placeholder = serializers.CharField(max_length=100, required=False, allow_blank=True, help_text="As `greeting`.")
    launcher = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text="Words beside the button's icon."
    )
    suggestions = serializers.ListField(
        child=serializers.CharField(max_length=SUGGESTION_LENGTH),
        max_length=MOST_SUGGESTIONS,
        required=False,
        help_text="Questions that a visitor may ask with one click.",
    )
    color = serializers.CharField(max_length=7, required=False, help_text="`#rrggbb`.")
    position = serializers.ChoiceField(choices=Position.choices, required=False)
    theme = serializers.ChoiceField(choices=Theme.choices, required=False)
    language = serializers.ChoiceField(
        choices=Language.choices, required=False, allow_blank=True, help_text="Empty: the visitor's browser's."
    )
    privacy_note = serializers.CharField(max_length=300, required=False, allow_blank=True)
    privacy_url = serializers.CharField(max_length=500, required=False, allow_blank=True)
    offers_person = serializers.BooleanField(required=False, help_text="Show “Talk to a person”.")
    has_page = serializers.BooleanField(required=False, help_text="Whether `/c/{bot_id}/` serves a page.")


class LookOut(serializers.ModelSerializer[Look]):
    logo_url = serializers.CharField(allow_null=True, help_text="On this host.")

    class Meta:
        model = Look
        fields = [
            "title", "greeting", "placeholder", "launcher", "suggestions", "color", "position", "theme", "language",
            "privacy_note", "privacy_url", "offers_person", "has_page", "logo_url",
        ]  # fmt: skip


class LogoIn(StrictSerializer):
    file = serializers.FileField(help_text=f"PNG, JPEG or WebP, at most {images.MOST_BYTES // 1024} KB.")


class VisitOut(serializers.ModelSerializer[Visit]):
    refused = serializers.CharField(help_text="What the website was told last; empty where it was served.")
    is_listed = serializers.SerializerMethodField(
        help_text="Whether the bot lists the website now: one that was refused before is served from its next visit on."
    )

    class Meta:
        model = Visit
        fields = ["origin", "refused", "is_listed", "first_at", "last_at"]

    def get_is_listed(self, row: Visit) -> bool:
        return origins.matches(row.origin, row.bot.allowed_domains)


class LookView(EditorView):
    @extend_schema(responses=LookOut, operation_id="bot_look")
    def get(self, request: Request, bot_id: UUID) -> Response:
        return _shown(selectors.look(selectors.bot(bot_id).id))

    @extend_schema(request=LookIn, responses=LookOut, operation_id="bot_look_update")
    def put(self, request: Request, bot_id: UUID) -> Response:
        selectors.bot(bot_id)
        return _shown(services.update_look(by=self.principal, bot_id=bot_id, **self.data(LookIn)))


class LogoView(EditorView):
    parser_classes: ClassVar[list[type[BaseParser]]] = [MultiPartParser]  # type: ignore[misc]  # DRF leaves it an instance's

    @extend_schema(request=LogoIn, responses=LookOut, operation_id="bot_logo_update")
    def put(self, request: Request, bot_id: UUID) -> Response:
        selectors.bot(bot_id)
        file: Any = self.data(LogoIn).get("file")
        data = file.read(images.MOST_BYTES + 1) if file else b""
        return _shown(services.put_logo(by=self.principal, bot_id=bot_id, data=data))

    @extend_schema(responses={204: None}, operation_id="bot_logo_delete")
    def delete(self, request: Request, bot_id: UUID) -> Response:
        services.remove_logo(by=self.principal, bot_id=bot_id)
        return Response(status=204)


class VisitsView(EditorView):
    """At most 200 websites a bot, each written at most once a minute."""

    roles = {"GET": EditorView.roles["GET"]}
    scopes = {"GET": EditorView.scopes["GET"]}

    @extend_schema(responses=VisitOut(many=True), operation_id="bot_visits")
    def get(self, request: Request, bot_id: UUID) -> Response:
        return self.page(selectors.visits(selectors.bot(bot_id).id), VisitOut)


def _shown(look: Look) -> Response:
    return Response(LookOut(look).data)
