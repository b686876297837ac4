"""Bodies and answers of the providers' API. A key goes in and never comes out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from integrations.enums import ProviderName
from integrations.models import TenantAIProvider
from tenants.http import StrictSerializer, can_be_kept
from tenants.models import GlobalAIProvider

MOST_MODELS, LONGEST_MODEL = 50, 200


class ModelParameters(StrictSerializer):
    """What holds for one model; which of them a kind of provider knows, `chatmodels/parameters.py` says."""

    temperature = serializers.FloatField(min_value=0, max_value=2, required=False)
    max_tokens = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False)
    top_p = serializers.FloatField(min_value=0, max_value=1, required=False)
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False)
    frequency_penalty = serializers.FloatField(min_value=-2, max_value=2, required=False)
    presence_penalty = serializers.FloatField(min_value=-2, max_value=2, required=False)
    stop = serializers.ListField(child=serializers.CharField(max_length=100), max_length=4, required=False)
    reasoning_effort = serializers.ChoiceField(choices=["none", "minimal", "low", "medium", "high"], required=False)


class ModelsField(serializers.DictField):
    """Parameters by the model's name."""

    child = ModelParameters()

    def to_internal_value(self, data: Any) -> dict[str, Any]:  # noqa: ANN401 -- DRF's signature
        found: dict[str, Any] = super().to_internal_value(data)
        if len(found) > MOST_MODELS or any(not 0 < len(name) <= LONGEST_MODEL for name in found):
            raise serializers.ValidationError(
                [f"At most {MOST_MODELS} models, with names of at most {LONGEST_MODEL} characters."]
            )
        if not can_be_kept(list(found)):
            raise serializers.ValidationError(["NUL and half characters cannot be kept."])
        return found


class CustomSettings(StrictSerializer):
    organization = serializers.RegexField(r"^[\x21-\x7e]*$", max_length=200, required=False, allow_blank=True)
    max_tokens = serializers.IntegerField(min_value=1, max_value=1_000_000, required=False)
    default_model = serializers.CharField(max_length=200, required=False, allow_blank=True)
    temperature = serializers.FloatField(min_value=0, max_value=2, required=False)
    timeout = serializers.FloatField(min_value=1, max_value=120, required=False, help_text="Seconds for an answer.")
    api_version = serializers.RegexField(
        r"^[0-9A-Za-z.-]*$", max_length=50, required=False, allow_blank=True,
        help_text="Azure only, for its older addresses: 2024-10-21, say. Without it the version-free API is used.",
    )  # fmt: skip
    models = ModelsField(required=False, help_text="Parameters that hold for one model, by its name.")
    requests_per_minute = serializers.IntegerField(
        min_value=1, max_value=1_000_000, required=False, help_text="Embedding calls that this key may make a minute."
    )
    tokens_per_minute = serializers.IntegerField(
        min_value=1, max_value=1_000_000_000, required=False, help_text="Tokens that this key may embed a minute."
    )


class ProviderIn(StrictSerializer):
    global_ai_provider_id = serializers.UUIDField(required=False, allow_null=True)
    provider_name = serializers.ChoiceField(choices=ProviderName.choices)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    # Printable ASCII: it becomes a header, where anything else would break the request.
    api_key = serializers.RegexField(
        r"^[\x21-\x7e]*$", max_length=1000, required=False, allow_null=True, allow_blank=True, write_only=True
    )
    base_url = serializers.CharField(max_length=500, required=False, allow_null=True, allow_blank=True)
    custom_settings = CustomSettings(required=False)
    is_active = serializers.BooleanField(required=False)


class ProviderOut(serializers.ModelSerializer[TenantAIProvider]):
    has_api_key = serializers.BooleanField(read_only=True)
    custom_settings = CustomSettings(read_only=True)

    class Meta:
        model = TenantAIProvider
        fields = [
            "id", "global_ai_provider_id", "provider_name", "name", "has_api_key", "key_hint", "base_url",
            "custom_settings", "is_active", "last_tested_at", "last_test_code", "last_test_detail", "created_by",
            "created_at", "updated_at",
        ]  # fmt: skip


class ProviderModelOut(serializers.Serializer[object]):
    """A model that a provider has. The prices are the operator's, in US dollars a million tokens; null: not known."""

    id = serializers.CharField()
    prompt_usd = serializers.FloatField(allow_null=True)
    completion_usd = serializers.FloatField(allow_null=True)


class ProviderModelsOut(serializers.Serializer[object]):
    results = ProviderModelOut(many=True)


class TestIn(StrictSerializer):
    model = serializers.CharField(max_length=200, required=False, allow_blank=True)


class TestOut(serializers.Serializer[object]):
    """How asking the provider went; `code` is null where it answered."""

    ok = serializers.BooleanField()
    code = serializers.CharField(allow_null=True)
    detail = serializers.CharField()
    model = serializers.CharField()
    latency_ms = serializers.IntegerField()
    tested_at = serializers.DateTimeField()


class AvailableOut(serializers.ModelSerializer[GlobalAIProvider]):
    class Meta:
        model = GlobalAIProvider
        fields = ["id", "name", "provider_type", "config", "is_default"]


_MOMENTS = ["iso-8601", "%Y-%m-%d"]


class UsageFilter(serializers.Serializer[object]):
    """The query of the usage. A date stands for its beginning, in UTC."""

    since = serializers.DateTimeField(
        required=False, input_formats=_MOMENTS, help_text="At or after this time; unsaid, since the month began."
    )
    until = serializers.DateTimeField(required=False, input_formats=_MOMENTS, help_text="Before this time.")
    by = serializers.ChoiceField(choices=["day", "model", "provider", "purpose"], default="day")


class UsageSums(serializers.Serializer[object]):
    """`cost_usd` is of the calls whose model has a known price; `unpriced_calls` says how many it leaves out."""

    calls = serializers.IntegerField()
    failed = serializers.IntegerField()
    unpriced_calls = serializers.IntegerField()
    prompt_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField()
    cost_usd = serializers.FloatField()


class UsageRow(UsageSums):
    """`key` is the day, the model, the provider's id or the purpose; `name` is what the tenant calls the provider."""

    key = serializers.CharField()
    name = serializers.CharField()


class UsageFrame(serializers.Serializer[object]):
    by = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField(allow_null=True)
    totals = UsageSums()


class UsagePage(UsageFrame):
    count = serializers.IntegerField()
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = UsageRow(many=True)
