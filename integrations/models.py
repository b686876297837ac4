"""A tenant's AI providers, and the ledger of what was asked of them. `global_ai_provider_id` points across to public
and is therefore a plain UUID."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone

from integrations.enums import ProviderName, Purpose


class TenantAIProvider(models.Model):
    """`api_key` holds a ciphertext of `integrations.vault`, never the key; `key_hint` its last characters."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    global_ai_provider_id = models.UUIDField(null=True, blank=True)
    provider_name = models.CharField(max_length=30, choices=ProviderName)
    name = models.CharField(max_length=200)
    api_key = models.TextField(blank=True)
    key_hint = models.CharField(max_length=8, blank=True)
    base_url = models.CharField(max_length=500, null=True, blank=True)  # noqa: DJ001 -- the guide's JSON says null
    custom_settings = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    last_tested_at = models.DateTimeField(null=True, blank=True)
    last_test_code = models.CharField(max_length=50, blank=True)
    last_test_detail = models.CharField(max_length=500, blank=True)
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(provider_name__in=ProviderName.values), name="provider_name_is_known"
            ),
            models.CheckConstraint(
                condition=~models.Q(provider_name__in=[name for name in ProviderName if name.needs_key])
                | ~models.Q(api_key=""),
                name="provider_has_its_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.provider_name})"

    @property
    def has_api_key(self) -> bool:
        return bool(self.api_key)


class ModelCall(models.Model):
    """One call to a model, written once and never changed; `integrations.types.Call` says what the fields mean.

    `provider_id` is no foreign key: the ledger outlives the provider.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    provider_id = models.UUIDField(null=True, blank=True)
    provider_name = models.CharField(max_length=30)
    model = models.CharField(max_length=200)
    purpose = models.CharField(max_length=20, choices=Purpose)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=8, null=True, blank=True)
    outcome = models.CharField(max_length=50, default="ok")
    latency_ms = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.purpose} by {self.provider_name}/{self.model}: {self.outcome}"
