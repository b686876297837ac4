"""Bodies and answers of a bot's versions and of its draft."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from bots.api.serializers import BotSettings
from bots.models import BotVersion
from tenants.http import StrictSerializer

NOTE_CHARACTERS = 1_000
HIGHEST = 2_147_483_647


class PublishIn(StrictSerializer):
    note = serializers.CharField(
        max_length=NOTE_CHARACTERS, required=False, allow_blank=True, help_text="What is new, for those who look later."
    )


class RollbackIn(PublishIn):
    version = serializers.IntegerField(min_value=1, max_value=HIGHEST, help_text="The number to go back to.")


class Against(serializers.Serializer[Any]):
    """The query of the changes."""

    against = serializers.IntegerField(
        min_value=1, max_value=HIGHEST, required=False, help_text="A version's number. Default: the one before it."
    )


class VersionOut(serializers.ModelSerializer[BotVersion]):
    author = serializers.CharField(help_text="Who made it, as the audit names them.")
    rolled_back_to = serializers.IntegerField(
        allow_null=True, help_text="The version that this one brought back, where it is of a rollback."
    )
    is_live = serializers.SerializerMethodField(help_text="Whether customers talk to it.")

    class Meta:
        model = BotVersion
        fields = ["number", "is_live", "note", "rolled_back_to", "author", "created_by", "created_at", "fingerprint"]

    def get_is_live(self, row: BotVersion) -> bool:
        return row.bot.live_version_id == row.id


class LinkShape(serializers.Serializer[Any]):
    dataset_id = serializers.UUIDField()
    priority = serializers.IntegerField()
    tags = serializers.ListField(child=serializers.CharField(), required=False)
    metadata = serializers.DictField(required=False)


class BehaviourOut(serializers.Serializer[Any]):
    """All that a version is about."""

    tenant_ai_provider_id = serializers.UUIDField()
    model = serializers.CharField()
    fallback_ai_provider_id = serializers.UUIDField(allow_null=True)
    fallback_model = serializers.CharField()
    system_prompt = serializers.CharField()
    temperature = serializers.FloatField()
    max_tokens = serializers.IntegerField()
    settings = BotSettings()
    datasets = LinkShape(many=True, help_text="The active ones, by priority.")
    scope = serializers.DictField(
        allow_null=True, help_text="The active scope with its topics; null where the defaults hold."
    )


class VersionDetail(VersionOut):
    behaviour = BehaviourOut()
    names = serializers.DictField(
        child=serializers.CharField(), help_text="What its providers and datasets were called, by their ids."
    )

    class Meta(VersionOut.Meta):
        fields = [*VersionOut.Meta.fields, "behaviour", "names"]


class ChangeOut(serializers.Serializer[Any]):
    """One field that is not the same. A provider is `id` and `name`, a dataset `dataset_id`, `name` and `priority`."""

    field = serializers.CharField(
        help_text="Such as `system_prompt`, `settings.response_format`, `scope.allowed_topics`."
    )
    old = serializers.JSONField(allow_null=True)
    new = serializers.JSONField(allow_null=True)
    added = serializers.ListField(child=serializers.JSONField(), help_text="Of a list: what came.")
    removed = serializers.ListField(child=serializers.JSONField(), help_text="Of a list: what went.")
    changed = serializers.ListField(
        child=serializers.JSONField(),
        help_text="Of datasets: those with another priority, tags or metadata, as `dataset_id`, `name`, `old`, `new`.",
    )


class ChangesOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    against = serializers.IntegerField(allow_null=True, help_text="null: against nothing, as of the first version.")
    changes = ChangeOut(many=True)


class PublishedOut(VersionDetail):
    changes = ChangeOut(many=True, help_text="From what customers talked to before.")

    class Meta(VersionDetail.Meta):
        fields = [*VersionDetail.Meta.fields, "changes"]


class DraftOut(serializers.Serializer[Any]):
    behaviour = BehaviourOut()
    names = serializers.DictField(
        child=serializers.CharField(), help_text="What its providers and datasets are called, by their ids."
    )
    fingerprint = serializers.CharField()
    live_version = serializers.IntegerField()
    differs = serializers.BooleanField(help_text="Whether customers would notice, were it published.")
    changes = ChangeOut(many=True, help_text="From what customers talk to.")
