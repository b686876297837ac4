"""Who is served: tenants and their plans, people, what the operator set, and the record of what was done. All public.

No foreign key of a tenant's schema ends here, nor the other way round; what points across is a plain UUID.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_tenants.models import DomainMixin, TenantMixin

from tenants.enums import PlatformRole, PriceKind, Role
from tenants.types import TenantRef

SLUG = RegexValidator(
    r"^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$",
    _("Use lower-case letters, digits and hyphens, at most 63, a letter or digit at either end."),
)
KIND = RegexValidator(r"^[a-z0-9_]+$", "Use lower-case letters, digits and underscores.")


class Plan(models.Model):
    """What a tenant may use; a limit that is empty does not limit."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.CharField(max_length=63, unique=True, validators=[SLUG])
    name = models.CharField(max_length=100)
    is_default = models.BooleanField(default=False)
    bots = models.PositiveIntegerField(null=True, blank=True)
    datasets = models.PositiveIntegerField(null=True, blank=True)
    documents = models.PositiveIntegerField(null=True, blank=True)
    storage_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    document_bytes = models.PositiveBigIntegerField(null=True, blank=True)
    document_pages = models.PositiveIntegerField(null=True, blank=True)
    document_characters = models.PositiveIntegerField(null=True, blank=True)
    document_chunks = models.PositiveIntegerField(null=True, blank=True)
    messages_month = models.PositiveIntegerField(null=True, blank=True)
    api_keys = models.PositiveIntegerField(null=True, blank=True)
    requests_hour = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_plan")
        ]

    def __str__(self) -> str:
        return self.name


class Tenant(TenantMixin):
    """An organisation, and the schema that holds all it owns, named by the id and never by what was typed."""

    auto_create_schema = False
    auto_drop_schema = False

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    slug = models.CharField(max_length=63, unique=True, validators=[SLUG])
    description = models.TextField(blank=True, max_length=2000)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="tenants")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name

    @property
    def ref(self) -> TenantRef:
        return TenantRef(id=self.id, slug=self.slug, schema=self.schema_name)


def schema_for(tenant_id: UUID) -> str:
    return f"t_{tenant_id.hex}"


class Domain(DomainMixin):
    """A host name of a tenant's own. It decides nothing for the API: the credential does."""


class UserManager(BaseUserManager["User"]):
    def create_user(self, *, email: str, password: str | None, **fields: Any) -> User:  # noqa: ANN401 -- model fields
        user = User(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):
    """A person, who signs in by e-mail; staff of the operator carry a `platform_role`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=200, blank=True)
    platform_role = models.CharField(max_length=20, choices=PlatformRole, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(email=Lower(F("email"))), name="email_is_lower_case")]

    def __str__(self) -> str:
        return self.email

    @property
    def is_staff(self) -> bool:
        """Whether the console opens for this user (Django's admin asks)."""
        return self.is_active and bool(self.platform_role)

    @property
    def is_superuser(self) -> bool:
        return self.is_active and self.platform_role == PlatformRole.SUPER_ADMIN

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Super admins may all; admins may all but change people, whom they look at."""
        return self.is_superuser or (self.is_staff and (perm.endswith(".view_user") or not perm.endswith("_user")))

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff


class Membership(models.Model):
    """A user's place in a tenant."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role)
    # Whether a mail goes to them when a customer waits for a person; null: as their role has it.
    escalation_mail = models.BooleanField(null=True, default=None)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "tenant"], name="one_membership_a_tenant")]

    def __str__(self) -> str:
        return f"{self.user_id} as {self.role} of {self.tenant_id}"


class Invitation(models.Model):
    """An open invitation into a tenant; its token is sent by mail and kept as a hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=20, choices=Role)
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    link = ""  # of the one that was just sent; kept nowhere

    def __str__(self) -> str:
        return f"{self.email} to {self.tenant_id}"


class GlobalAIProvider(models.Model):
    """A provider that the operator offers to every tenant; tenants bring their own keys."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100, unique=True)
    provider_type = models.CharField(max_length=50)
    config = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    is_default = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name, verbose_name_plural = "global AI provider", "global AI providers"
        constraints = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_provider")
        ]

    def __str__(self) -> str:
        return self.name


class ModelPrice(models.Model):
    """What a provider's model costs, in US dollars a million tokens; of an embedding model nothing is answered.

    `provider_name` is the kind of provider, `model` its name there without a snapshot's date.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider_name = models.CharField(max_length=30, validators=[KIND])
    model = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, choices=PriceKind, default=PriceKind.CHAT)
    prompt_usd = models.DecimalField(max_digits=12, decimal_places=6)
    completion_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    source = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider_name", "model", "kind"], name="one_price_a_model"),
            models.CheckConstraint(
                condition=Q(prompt_usd__gte=0, completion_usd__gte=0),
                name="price_is_not_negative",
                violation_error_message="A price is 0 or more.",
            ),
            models.CheckConstraint(
                condition=Q(kind=PriceKind.CHAT) | Q(completion_usd=0),
                name="embedding_answers_nothing",
                violation_error_message="An embedding model has no price of what it answers: leave it at 0.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider_name}/{self.model} ({self.kind})"


class SystemSetting(models.Model):
    """One of the operator's settings; `tenants.services` knows which there are and what shape each has."""

    key = models.CharField(max_length=100, primary_key=True)
    value = models.JSONField()
    updated_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.key


class AuditEvent(models.Model):
    """What an operator or a tenant did. Written with the deed, in its transaction, and never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    tenant_id = models.UUIDField(null=True, blank=True, db_index=True)
    actor_kind = models.CharField(max_length=20)
    actor_id = models.UUIDField(null=True, blank=True)
    actor = models.CharField(max_length=254)
    action = models.CharField(max_length=100)
    target = models.CharField(max_length=254, blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ["-at", "id"]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action}"


class TenantRoute(models.Model):
    """Which tenant a public id belongs to, so that no schema is ever tried; and the web origins its bot serves."""

    id = models.UUIDField(primary_key=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="routes")
    origins = ArrayField(models.CharField(max_length=300), default=list, blank=True)

    class Meta:
        indexes = [GinIndex(fields=["origins"], name="route_origins")]

    def __str__(self) -> str:
        return f"{self.id} of {self.tenant_id}"
