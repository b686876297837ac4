"""Bodies and answers of bots, their datasets and their scopes."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from bots.enums import CitationStyle, FallbackBehavior, ResponseFormat, Strictness
from bots.models import Bot, BotDataset, Scope
from tenants import context
from tenants.http import StrictSerializer

PROMPT_LENGTH = 20_000
TOPICS = 50


class BotSettings(StrictSerializer):
    response_format = serializers.ChoiceField(choices=ResponseFormat.choices, required=False)
    citation_style = serializers.ChoiceField(choices=CitationStyle.choices, required=False)
    fallback_behavior = serializers.ChoiceField(choices=FallbackBehavior.choices, required=False)


class BotIn(StrictSerializer):
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=5_000, required=False, allow_blank=True)
    tenant_ai_provider_id = serializers.UUIDField()
    system_prompt = serializers.CharField(max_length=PROMPT_LENGTH, required=False, allow_blank=True)
    model = serializers.CharField(max_length=200, required=False, allow_blank=True)
    temperature = serializers.FloatField(min_value=0, max_value=2, required=False)
    max_tokens = serializers.IntegerField(min_value=1, max_value=200_000, required=False)
    is_active = serializers.BooleanField(required=False)
    is_public = serializers.BooleanField(required=False)
    allowed_domains = serializers.ListField(child=serializers.CharField(max_length=300), max_length=100, required=False)
    settings = BotSettings(required=False)


class BotOut(serializers.ModelSerializer[Bot]):
    tenant_id = serializers.SerializerMethodField()
    tenant_ai_provider_id = serializers.UUIDField()
    settings = serializers.SerializerMethodField()

    class Meta:
        model = Bot
        fields = [
            "id", "name", "tenant_id", "description", "tenant_ai_provider_id", "system_prompt", "model",
            "temperature", "max_tokens", "is_active", "is_public", "allowed_domains", "settings", "created_by",
            "created_at", "updated_at",
        ]  # fmt: skip

    @extend_schema_field(serializers.UUIDField)
    def get_tenant_id(self, bot: Bot) -> str:
        return str(context.current().id)

    @extend_schema_field(BotSettings)
    def get_settings(self, bot: Bot) -> dict[str, str]:
        return bot.effective_settings


class LinkIn(StrictSerializer):
    dataset_id = serializers.UUIDField()
    is_active = serializers.BooleanField(required=False)
    priority = serializers.IntegerField(min_value=1, max_value=100, required=False, help_text="1 counts most.")


class LinkChange(StrictSerializer):
    is_active = serializers.BooleanField(required=False)
    priority = serializers.IntegerField(min_value=1, max_value=100, required=False)


class LinkOut(serializers.ModelSerializer[BotDataset]):
    bot_id = serializers.UUIDField()
    dataset_id = serializers.UUIDField()
    dataset_name = serializers.CharField(source="dataset.name")

    class Meta:
        model = BotDataset
        fields = ["id", "bot_id", "dataset_id", "dataset_name", "is_active", "priority", "created_at", "updated_at"]


class ContextSettings(StrictSerializer):
    max_conversation_history = serializers.IntegerField(min_value=0, max_value=50, required=False)
    citation_required = serializers.BooleanField(required=False)
    escalation_triggers = serializers.ListField(
        child=serializers.CharField(max_length=200), max_length=TOPICS, required=False
    )


def _topics(**kwargs: Any) -> serializers.ListField:  # noqa: ANN401 -- the field's own options
    return serializers.ListField(
        child=serializers.CharField(max_length=200), max_length=TOPICS, required=False, **kwargs
    )


class ScopeIn(StrictSerializer):
    strictness_level = serializers.ChoiceField(choices=Strictness.choices, required=False)
    allowed_topics = _topics()
    forbidden_topics = _topics()
    refusal_message = serializers.CharField(
        max_length=2_000, required=False, allow_null=True,
        help_text="Null: a polite default in the customer's language.",
    )  # fmt: skip
    context_settings = ContextSettings(required=False)


class ScopeChange(ScopeIn):
    is_active = serializers.BooleanField(required=False)


class ScopeOut(serializers.ModelSerializer[Scope]):
    bot_id = serializers.UUIDField()

    class Meta:
        model = Scope
        fields = [
            "id", "bot_id", "strictness_level", "allowed_topics", "forbidden_topics", "refusal_message",
            "context_settings", "is_active", "created_at", "updated_at",
        ]  # fmt: skip
