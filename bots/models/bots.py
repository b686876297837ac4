"""Bots, what they answer from, what they may talk about, and their versions.

A bot's own row, its links and its scope are its draft; its customers talk to `live_version`.
"""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from bots.enums import DEFAULT_SETTINGS, Judge, PrivateData, PublishMode, Strictness
from bots.types import DEFAULT_HISTORY, ScopePolicy
from knowledge.models import TAG_LENGTH


class Bot(models.Model):
    """A bot. An empty model means the provider's own default; `created_by` is a user of public, hence no key."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    tenant_ai_provider = models.ForeignKey(
        "integrations.TenantAIProvider", on_delete=models.PROTECT, related_name="bots"
    )
    system_prompt = models.TextField(blank=True)
    model = models.CharField(max_length=200, blank=True)
    # Asked when the first provider fails.
    fallback_ai_provider = models.ForeignKey(
        "integrations.TenantAIProvider", on_delete=models.PROTECT, null=True, blank=True, related_name="fallback_bots"
    )
    fallback_model = models.CharField(max_length=200, blank=True)
    temperature = models.FloatField(default=0.3)
    max_tokens = models.PositiveIntegerField(default=1000)
    is_active = models.BooleanField(default=True)
    is_public = models.BooleanField(default=False)
    allowed_domains = ArrayField(models.CharField(max_length=300), default=list, blank=True)
    settings = models.JSONField(default=dict, blank=True)
    publish_mode = models.CharField(max_length=20, choices=PublishMode, default=PublishMode.IMMEDIATE)
    # Restricted rather than protected: a bot that is deleted takes its versions along.
    live_version = models.ForeignKey("BotVersion", on_delete=models.RESTRICT, null=True, blank=True, related_name="+")
    # Must have passed on a draft before it is published.
    required_test_set = models.ForeignKey(
        "TestSet", on_delete=models.RESTRICT, null=True, blank=True, related_name="required_by"
    )
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(temperature__range=(0, 2)), name="bot_temperature"),
            models.CheckConstraint(condition=Q(max_tokens__gte=1), name="bot_max_tokens"),
            models.CheckConstraint(condition=Q(publish_mode__in=PublishMode.values), name="bot_publish_mode"),
            models.CheckConstraint(
                condition=Q(required_test_set__isnull=True) | Q(publish_mode=PublishMode.REVIEWED),
                name="bot_tests_need_review",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def effective_settings(self) -> dict[str, str]:
        return {**DEFAULT_SETTINGS, **self.settings}


class BotDataset(models.Model):
    """A dataset a bot answers from; priority 1 is the most important. With `tags` or `metadata` only those documents
    count that carry one of the tags and say all of the metadata."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="links")
    dataset = models.ForeignKey("knowledge.Dataset", on_delete=models.PROTECT, related_name="bot_links")
    is_active = models.BooleanField(default=True)
    priority = models.PositiveSmallIntegerField(default=1)
    tags = ArrayField(models.CharField(max_length=TAG_LENGTH), default=list, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bot", "dataset"], name="bot_dataset_once"),
            models.CheckConstraint(condition=Q(priority__range=(1, 100)), name="bot_dataset_priority"),
        ]

    def __str__(self) -> str:
        return f"{self.dataset_id} for {self.bot_id}"


class Scope(models.Model):
    """What a bot may talk about. A bot has many over time and one that is active, or none and the defaults hold."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="bot_scopes")
    strictness_level = models.CharField(max_length=20, choices=Strictness, default=Strictness.MODERATE)
    allowed_topics = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    forbidden_topics = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    # {phrase: [questions]}, for phrases of the two above and of the triggers.
    topic_examples = models.JSONField(default=dict, blank=True)
    refusal_message = models.TextField(null=True, blank=True)  # noqa: DJ001 -- the spec's null: a default in the customer's language
    context_settings = models.JSONField(default=dict, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["bot"], condition=Q(is_active=True), name="one_active_scope"),
            models.CheckConstraint(condition=Q(strictness_level__in=Strictness.values), name="scope_strictness"),
        ]

    def __str__(self) -> str:
        return f"{self.strictness_level} scope of {self.bot_id}"

    @property
    def phrases(self) -> list[str]:
        """All that may have examples."""
        return [*self.allowed_topics, *self.forbidden_topics, *self.context_settings.get("escalation_triggers", ())]

    @property
    def policy(self) -> ScopePolicy:
        """The scope as the guard takes it; what `context_settings` leaves out gets its default.

        A lenient bot may speak without the knowledge, so only there citations are not asked for by default.
        """
        given = self.context_settings
        strictness = Strictness(self.strictness_level)
        return ScopePolicy(
            id=self.id,
            strictness=strictness,
            allowed_topics=tuple(self.allowed_topics),
            forbidden_topics=tuple(self.forbidden_topics),
            refusal_message=self.refusal_message,
            max_conversation_history=given.get("max_conversation_history", DEFAULT_HISTORY),
            citation_required=given.get("citation_required", strictness != Strictness.LENIENT),
            escalation_triggers=tuple(given.get("escalation_triggers", ())),
            topic_examples={phrase: tuple(examples) for phrase, examples in self.topic_examples.items()},
            thresholds=given.get("thresholds") or {},
            pii=PrivateData(given.get("pii", PrivateData.MASK)),
            judge=Judge(given.get("judge", Judge.OFF)),
        )


class BotVersion(models.Model):
    """How a bot behaved from a moment on. Never changed, but for a first one that answered nobody: the first steps
    complete it.

    `names` is what its providers and datasets were called, for when they are gone; `author` is how the audit names who
    made it, `created_by` a user of public. `rolled_back_to` is the number of the version that this one brought back.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    behaviour = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    names = models.JSONField(default=dict)
    note = models.TextField(blank=True)
    rolled_back_to = models.PositiveIntegerField(null=True, blank=True)
    author = models.CharField(max_length=254, blank=True)
    created_by = models.UUIDField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["bot", "number"], name="bot_version_number")]

    def __str__(self) -> str:
        return f"version {self.number} of {self.bot_id}"


class LiveUse(models.Model):
    """A provider or a dataset that a bot's live version points at, which protects it as the draft's own keys do."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="live_uses")
    provider = models.ForeignKey(
        "integrations.TenantAIProvider", on_delete=models.PROTECT, null=True, related_name="live_uses"
    )
    dataset = models.ForeignKey("knowledge.Dataset", on_delete=models.PROTECT, null=True, related_name="live_uses")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(provider__isnull=True, dataset__isnull=False)
                | Q(provider__isnull=False, dataset__isnull=True),
                name="live_use_of_one_thing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider_id or self.dataset_id} by {self.bot_id}"


class KeyBot(models.Model):
    """Ties an API key (a row of public, hence no foreign key) to a bot: a tied key opens no other bot.

    A tie outlives its bot, so that a key whose bot was deleted opens none rather than all.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key_id = models.UUIDField()
    bot = models.ForeignKey(Bot, on_delete=models.SET_NULL, null=True, related_name="key_ties")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key_id", "bot"], name="key_bot_once")]

    def __str__(self) -> str:
        return f"key {self.key_id} for {self.bot_id}"
