"""Bodies and answers of the operator's API."""

from __future__ import annotations

from rest_framework import serializers

from tenants.enums import PriceKind
from tenants.http import StrictSerializer
from tenants.models import KIND, SLUG, AuditEvent, GlobalAIProvider, ModelPrice, Plan, SystemSetting, Tenant

PROVIDER_TYPES = ["builtin", "openai", "anthropic", "openai_compatible"]


class TenantIn(StrictSerializer):
    name = serializers.CharField(max_length=200)
    slug = serializers.CharField(max_length=63, validators=[SLUG])
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=200, write_only=True, trim_whitespace=False)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    plan = serializers.CharField(max_length=63, required=False)
    owner_email = serializers.EmailField(max_length=254, required=False)


class TenantChange(StrictSerializer):
    name = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    plan = serializers.CharField(max_length=63, required=False)
    is_active = serializers.BooleanField(required=False)


class TenantOut(serializers.ModelSerializer[Tenant]):
    plan = serializers.CharField(source="plan.slug")

    class Meta:
        model = Tenant
        fields = ["id", "name", "slug", "description", "plan", "is_active", "created_at", "updated_at"]


class TenantCreated(TenantOut):
    """The new tenant, with the e-mail its first user signs in with."""

    email = serializers.EmailField()
    owner_email = serializers.EmailField(allow_null=True)

    class Meta(TenantOut.Meta):
        fields = [*TenantOut.Meta.fields, "email", "owner_email"]


_LIMITS = [
    "bots", "datasets", "documents", "storage_bytes", "document_bytes", "document_pages", "document_characters",
    "document_chunks", "messages_month", "api_keys", "requests_hour",
]  # fmt: skip


class PlanOut(serializers.ModelSerializer[Plan]):
    class Meta:
        model = Plan
        fields = ["id", "slug", "name", "is_default", *_LIMITS, "created_at", "updated_at"]


class PlanIn(StrictSerializer):
    slug = serializers.CharField(max_length=63, validators=[SLUG])
    name = serializers.CharField(max_length=100)
    is_default = serializers.BooleanField(required=False)
    bots = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False, allow_null=True)
    datasets = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False, allow_null=True)
    documents = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False, allow_null=True)
    storage_bytes = serializers.IntegerField(min_value=0, max_value=2**62, required=False, allow_null=True)
    document_bytes = serializers.IntegerField(min_value=1, max_value=2**62, required=False, allow_null=True)
    document_pages = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False, allow_null=True)
    document_characters = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False, allow_null=True)
    document_chunks = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False, allow_null=True)
    messages_month = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False, allow_null=True)
    api_keys = serializers.IntegerField(min_value=0, max_value=2**31 - 1, required=False, allow_null=True)
    requests_hour = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False, allow_null=True)


class GlobalProviderOut(serializers.ModelSerializer[GlobalAIProvider]):
    class Meta:
        model = GlobalAIProvider
        fields = [
            "id", "name", "provider_type", "config", "is_active", "is_default", "created_at", "updated_at",
        ]  # fmt: skip


class GlobalProviderIn(StrictSerializer):
    name = serializers.CharField(max_length=100)
    provider_type = serializers.ChoiceField(choices=PROVIDER_TYPES)
    config = serializers.DictField(required=False)
    is_active = serializers.BooleanField(required=False)
    is_default = serializers.BooleanField(required=False)


class ModelPriceFilter(serializers.Serializer[object]):
    """The query of the list."""

    provider_name = serializers.CharField(required=False, max_length=30)
    kind = serializers.ChoiceField(choices=PriceKind.choices, required=False)
    search = serializers.CharField(required=False, max_length=200, help_text="In the model's name or the source.")


class ModelPriceOut(serializers.ModelSerializer[ModelPrice]):
    """US dollars a million tokens."""

    prompt_usd = serializers.FloatField()
    completion_usd = serializers.FloatField()

    class Meta:
        model = ModelPrice
        fields = [
            "id", "provider_name", "model", "kind", "prompt_usd", "completion_usd", "source", "created_at",
            "updated_at",
        ]  # fmt: skip


class ModelPriceIn(StrictSerializer):
    """US dollars a million tokens, with six decimals at most."""

    provider_name = serializers.CharField(max_length=30, validators=[KIND])
    model = serializers.CharField(max_length=200)
    kind = serializers.ChoiceField(choices=PriceKind.choices, required=False)
    prompt_usd = serializers.DecimalField(max_digits=12, decimal_places=6, min_value=0)
    completion_usd = serializers.DecimalField(max_digits=12, decimal_places=6, min_value=0, required=False)
    source = serializers.CharField(max_length=200, required=False, allow_blank=True)  # type: ignore[assignment]  # DRF takes declared fields off the class


class SettingIn(StrictSerializer):
    key = serializers.CharField(max_length=100)
    value = serializers.JSONField()


class SettingOut(serializers.ModelSerializer[SystemSetting]):
    class Meta:
        model = SystemSetting
        fields = ["key", "value", "updated_by", "created_at", "updated_at"]


class AuditOut(serializers.ModelSerializer[AuditEvent]):
    class Meta:
        model = AuditEvent
        fields = [
            "id", "at", "tenant_id", "actor_kind", "actor_id", "actor", "action", "target", "data",
        ]  # fmt: skip
