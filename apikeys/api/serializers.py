"""Bodies and answers of sign-in and of API keys."""

from __future__ import annotations

from rest_framework import serializers

from apikeys.enums import Scope
from apikeys.models import APIKey
from tenants.http import StrictSerializer


class SignIn(StrictSerializer):
    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=200, trim_whitespace=False)
    tenant = serializers.CharField(max_length=63, required=False, allow_blank=True)
    code = serializers.CharField(
        max_length=20, required=False, allow_blank=True,
        help_text="Of the second factor, where the account has one: the app's, or a recovery code.",
    )  # fmt: skip


class UserOut(serializers.Serializer[object]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    name = serializers.CharField()
    platform_role = serializers.CharField()


class TenantBrief(serializers.Serializer[object]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()


class SignedIn(serializers.Serializer[object]):
    token = serializers.CharField()
    expires_at = serializers.DateTimeField()
    user = UserOut()
    tenant = TenantBrief(allow_null=True)


class Me(serializers.Serializer[object]):
    """Who the credential belongs to."""

    kind = serializers.ChoiceField(choices=["user", "key"])
    user = UserOut(allow_null=True)
    tenant = TenantBrief(allow_null=True)
    role = serializers.CharField(allow_null=True)
    scopes = serializers.ListField(child=serializers.CharField())


class Acceptance(StrictSerializer):
    token = serializers.CharField(max_length=200)
    password = serializers.CharField(max_length=200, trim_whitespace=False)
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)


class Accepted(serializers.Serializer[object]):
    email = serializers.EmailField()
    tenant = TenantBrief()
    role = serializers.CharField()


class KeyIn(StrictSerializer):
    name = serializers.CharField(max_length=200)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=Scope.choices), min_length=1)
    rate_limit = serializers.IntegerField(
        min_value=1, max_value=10_000_000, required=False, allow_null=True, help_text="Requests an hour."
    )
    expires_at = serializers.DateTimeField(required=False, allow_null=True)


class KeyOut(serializers.ModelSerializer[APIKey]):
    status = serializers.ChoiceField(choices=["active", "expired", "revoked"], read_only=True)

    class Meta:
        model = APIKey
        fields = [
            "id", "name", "key_prefix", "scopes", "rate_limit", "status", "expires_at", "revoked_at",
            "last_used_at", "created_at", "updated_at",
        ]  # fmt: skip


class KeyCreated(KeyOut):
    """The key with its secret, which is shown this once."""

    key = serializers.CharField()

    class Meta(KeyOut.Meta):
        fields = ["id", "name", "key", *KeyOut.Meta.fields[2:]]
