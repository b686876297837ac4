"""Bodies and answers of bots, their datasets, their scopes and their keys."""

from __future__ import annotations

import json
import math
from typing import Any

from rest_framework import serializers

from bots import origins
from bots.enums import DEFAULT_SETTINGS, SETTINGS, Judge, PrivateData, PublishMode, Strictness, Threshold
from bots.models import Bot, BotDataset, KeyBot, Scope
from bots.types import DEFAULT_HISTORY
from knowledge.models import TAG_LENGTH
from tenants import context
from tenants.http import StrictSerializer

LINK_TAGS = 50
LINK_METADATA_BYTES = 4_096


class BotSettings(StrictSerializer):
    """How a bot answers; what is left out has its default."""

    response_format = serializers.ChoiceField(
        choices=SETTINGS["response_format"].choices,
        required=False,
        help_text=f"Default: {DEFAULT_SETTINGS['response_format']}.",
    )
    citation_style = serializers.ChoiceField(
        choices=SETTINGS["citation_style"].choices,
        required=False,
        help_text=f"Default: {DEFAULT_SETTINGS['citation_style']}.",
    )
    fallback_behavior = serializers.ChoiceField(
        choices=SETTINGS["fallback_behavior"].choices,
        required=False,
        help_text=f"What to do where the bot may answer and has nothing to say. Default: "
        f"{DEFAULT_SETTINGS['fallback_behavior']}.",
    )
    provider_failure = serializers.ChoiceField(
        choices=SETTINGS["provider_failure"].choices,
        required=False,
        help_text=f"What to do when no provider of the bot answers. Default: {DEFAULT_SETTINGS['provider_failure']}.",
    )
    follow_ups = serializers.ChoiceField(
        choices=SETTINGS["follow_ups"].choices,
        required=False,
        help_text=f"Which questions the bot's model makes stand alone, once something was said before. Default: "
        f"{DEFAULT_SETTINGS['follow_ups']}.",
    )


MOST_EXAMPLES = 200


def _finite(value: float) -> None:
    if not math.isfinite(value):
        raise serializers.ValidationError("A number from 0 to 2.")


class BotIn(StrictSerializer):
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    tenant_ai_provider_id = serializers.UUIDField()
    system_prompt = serializers.CharField(max_length=20_000, required=False, allow_blank=True)
    model = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="Empty: the provider's own default."
    )
    fallback_ai_provider_id = serializers.UUIDField(
        required=False, allow_null=True, help_text="The provider that is asked when the first one fails."
    )
    fallback_model = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="Empty: that provider's own default."
    )
    temperature = serializers.FloatField(min_value=0, max_value=2, required=False, validators=[_finite])
    max_tokens = serializers.IntegerField(min_value=1, max_value=200_000, required=False)
    is_active = serializers.BooleanField(required=False)
    is_public = serializers.BooleanField(required=False)
    allowed_domains = serializers.ListField(
        child=serializers.CharField(max_length=300),
        max_length=50,
        required=False,
        help_text="Web origins, such as https://www.example.com or https://*.example.com.",
    )
    settings = BotSettings(required=False)
    publish_mode = serializers.ChoiceField(
        choices=PublishMode.choices,
        required=False,
        help_text="`immediate`: a change of behaviour is published at once. `reviewed`: it stays in the draft.",
    )
    required_test_set_id = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="A test set of this bot that must have passed on a draft before it is published.",
    )

    def validate_allowed_domains(self, value: list[str]) -> list[str]:
        try:
            return list(dict.fromkeys(origins.parse(domain) for domain in value))
        except ValueError as reason:
            raise serializers.ValidationError(str(reason)) from reason


class BotOut(serializers.ModelSerializer[Bot]):
    tenant_id = serializers.SerializerMethodField()
    tenant_ai_provider_id = serializers.UUIDField(read_only=True)
    fallback_ai_provider_id = serializers.UUIDField(read_only=True)
    required_test_set_id = serializers.UUIDField(read_only=True, allow_null=True)
    settings = BotSettings(source="effective_settings", read_only=True)
    live_version = serializers.IntegerField(
        source="live_version.number", read_only=True, help_text="The number of the version that customers talk to."
    )

    class Meta:
        model = Bot
        fields = [
            "id", "name", "description", "tenant_id", "tenant_ai_provider_id", "system_prompt", "model",
            "fallback_ai_provider_id", "fallback_model", "temperature", "max_tokens", "is_active", "is_public",
            "allowed_domains", "settings", "publish_mode", "required_test_set_id", "live_version", "created_by",
            "created_at", "updated_at",
        ]  # fmt: skip

    def get_tenant_id(self, bot: Bot) -> str:
        return str(context.current().id)


def _short(value: dict[str, Any]) -> None:
    if len(json.dumps(value)) > LINK_METADATA_BYTES:
        raise serializers.ValidationError(f"At most {LINK_METADATA_BYTES} bytes.")


class LinkIn(StrictSerializer):
    dataset_id = serializers.UUIDField()
    is_active = serializers.BooleanField(required=False)
    priority = serializers.IntegerField(
        min_value=1, max_value=100, required=False, help_text="1 is the most important, and the default."
    )
    tags = serializers.ListField(
        child=serializers.CharField(max_length=TAG_LENGTH),
        max_length=LINK_TAGS,
        required=False,
        help_text="Answer only from documents with any of these; with none named, from all.",
    )
    metadata = serializers.DictField(
        required=False, validators=[_short], help_text="Answer only from documents whose metadata says all of this."
    )


class LinkChange(LinkIn):
    dataset_id = None  # type: ignore[assignment]  # stands in the address


class LinkOut(serializers.ModelSerializer[BotDataset]):
    bot_id = serializers.UUIDField(read_only=True)
    dataset_id = serializers.UUIDField(read_only=True)
    dataset_name = serializers.CharField(source="dataset.name", read_only=True)

    class Meta:
        model = BotDataset
        fields = [
            "id", "bot_id", "dataset_id", "dataset_name", "is_active", "priority", "tags", "metadata", "created_at",
            "updated_at",
        ]  # fmt: skip


class Phrases(serializers.ListField):
    """Phrases, each once."""

    child = serializers.CharField(max_length=200)

    def to_internal_value(self, data: Any) -> list[Any]:  # noqa: ANN401 -- DRF's signature
        phrases: list[str] = super().to_internal_value(data)
        return list({phrase.casefold(): phrase for phrase in reversed(phrases)}.values())[::-1]


class Examples(Phrases):
    child = serializers.CharField(max_length=500)


class TopicExamples(serializers.DictField):
    """Example questions by phrase."""

    child = Examples(max_length=20)

    def to_internal_value(self, data: Any) -> dict[str, list[str]]:  # noqa: ANN401 -- DRF's signature
        examples: dict[str, list[str]] = super().to_internal_value(data)
        if sum(map(len, examples.values())) > MOST_EXAMPLES:
            raise serializers.ValidationError(f"At most {MOST_EXAMPLES} examples in all.")
        return {phrase: said for phrase, said in examples.items() if said}


class Thresholds(StrictSerializer):
    """What is added to the guard's thresholds: upwards they catch less, downwards more. null: nothing."""

    forbidden = serializers.FloatField(
        min_value=-0.2, max_value=0.2, required=False, allow_null=True, help_text=Threshold.FORBIDDEN.label
    )
    allowed = serializers.FloatField(
        min_value=-0.2, max_value=0.2, required=False, allow_null=True, help_text=Threshold.ALLOWED.label
    )
    escalation = serializers.FloatField(
        min_value=-0.2, max_value=0.2, required=False, allow_null=True, help_text=Threshold.ESCALATION.label
    )
    injection = serializers.FloatField(
        min_value=-2, max_value=2, required=False, allow_null=True, help_text=Threshold.INJECTION.label
    )

    def to_internal_value(self, data: Any) -> dict[str, float]:  # noqa: ANN401 -- DRF's signature
        given: dict[str, float | None] = super().to_internal_value(data)
        return {name: value for name, value in given.items() if value is not None}

    def to_representation(self, instance: Any) -> dict[str, float | None]:  # noqa: ANN401 -- DRF's signature
        return {name: (instance or {}).get(name) for name in Threshold.values}


class ContextSettings(StrictSerializer):
    max_conversation_history = serializers.IntegerField(
        min_value=0, max_value=50, required=False, help_text=f"Messages remembered. Default: {DEFAULT_HISTORY}."
    )
    citation_required = serializers.BooleanField(
        required=False, help_text="No answer without a source. Default: true, and false where the scope is lenient."
    )
    escalation_triggers = Phrases(max_length=20, required=False)
    thresholds = Thresholds(required=False, allow_null=True, help_text="null: the defaults.")
    pii = serializers.ChoiceField(
        choices=PrivateData.choices,
        required=False,
        help_text="Card numbers, bank accounts, keys and passwords in a message. Default: mask.",
    )
    judge = serializers.ChoiceField(
        choices=Judge.choices,
        required=False,
        help_text="Whether the bot's model decides where the guard is in doubt. Default: off.",
    )


class ScopeIn(StrictSerializer):
    strictness_level = serializers.ChoiceField(choices=Strictness.choices, required=False)
    allowed_topics = Phrases(
        max_length=50, required=False, help_text="A strict bot answers these alone; with none listed, nothing."
    )
    forbidden_topics = Phrases(max_length=50, required=False)
    topic_examples = TopicExamples(
        required=False, help_text="Questions by phrase: of the topics, allowed or forbidden, and of the triggers."
    )
    refusal_message = serializers.CharField(
        max_length=1000,
        required=False,
        allow_null=True,
        allow_blank=True,
        help_text="null: a polite one in the customer's language.",
    )
    context_settings = ContextSettings(required=False)
    is_active = serializers.BooleanField(required=False)


class ScopeOut(serializers.ModelSerializer[Scope]):
    bot_id = serializers.UUIDField(read_only=True)
    topic_examples = TopicExamples(read_only=True)
    context_settings = ContextSettings(source="policy", read_only=True)

    class Meta:
        model = Scope
        fields = [
            "id", "bot_id", "strictness_level", "allowed_topics", "forbidden_topics", "topic_examples",
            "refusal_message", "context_settings", "is_active", "created_at", "updated_at",
        ]  # fmt: skip


class TieIn(StrictSerializer):
    key_id = serializers.UUIDField()


class TieOut(serializers.ModelSerializer[KeyBot]):
    bot_id = serializers.UUIDField(read_only=True)

    class Meta:
        model = KeyBot
        fields = ["id", "bot_id", "key_id", "created_at"]
