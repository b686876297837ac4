"""Bodies and answers of the chat endpoints and of the conversations that a tenant reads."""

from __future__ import annotations

import json
from typing import Any

from rest_framework import serializers

from chat.api.answers import CitationOut
from chat.enums import Rating, Role, Source, Status
from chat.models import Conversation, Message
from tenants.http import StrictSerializer

QUESTION_CHARACTERS = 4_000
ANSWER_CHARACTERS = 20_000
MESSAGES = 50
METADATA_BYTES = 4_096
SESSION_CHARACTERS = 100
PERSON_CHARACTERS = 10_000


class MessageIn(StrictSerializer):
    role = serializers.ChoiceField(choices=[Role.USER, Role.ASSISTANT])
    content = serializers.CharField(
        max_length=ANSWER_CHARACTERS, help_text=f"Of a user at most {QUESTION_CHARACTERS} characters."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["role"] == Role.USER and len(attrs["content"]) > QUESTION_CHARACTERS:
            raise serializers.ValidationError({"content": [f"At most {QUESTION_CHARACTERS} characters."]})
        return attrs


class MetadataField(serializers.DictField):
    """Small and flat: texts, numbers, true, false and null by name."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:  # noqa: ANN401 -- DRF's signature
        found: dict[str, Any] = super().to_internal_value(data)
        if any(isinstance(value, dict | list) for value in found.values()):
            raise serializers.ValidationError(["Flat: no objects and no lists inside."])
        try:
            size = len(json.dumps(found, ensure_ascii=False, allow_nan=False).encode())
        except ValueError as error:  # half a character, or a number that is none
            raise serializers.ValidationError(["It holds something that is not text or a number."]) from error
        if size > METADATA_BYTES:
            raise serializers.ValidationError([f"At most {METADATA_BYTES} bytes."])
        if "\x00" in "".join([*found, *(value for value in found.values() if isinstance(value, str))]):
            raise serializers.ValidationError(["Null characters are not allowed."])
        return found


class PublicIn(StrictSerializer):
    bot_id = serializers.UUIDField()
    messages = MessageIn(many=True, min_length=1, max_length=MESSAGES, help_text="The last one is the question.")  # type: ignore[call-arg]  # of the list that `many` makes
    session_id = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, max_length=SESSION_CHARACTERS, default=None
    )
    metadata = MetadataField(required=False, default=dict)
    stream = serializers.BooleanField(required=False, default=False, help_text="Answer with server-sent events.")

    def validate_messages(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if messages[-1]["role"] != Role.USER:
            raise serializers.ValidationError(["The last message is the user's."])
        return messages


class EfficientIn(StrictSerializer):
    bot_id = serializers.UUIDField()
    message = serializers.CharField(max_length=QUESTION_CHARACTERS)
    session_id = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, max_length=SESSION_CHARACTERS, default=None
    )
    context_limit = serializers.IntegerField(
        min_value=0, max_value=50, required=False, default=10, help_text="How many earlier messages count at most."
    )
    metadata = MetadataField(required=False, default=dict)
    stream = serializers.BooleanField(required=False, default=False, help_text="Answer with server-sent events.")


class FeedbackIn(StrictSerializer):
    message_id = serializers.UUIDField(help_text="The `id` of the answer.")
    rating = serializers.ChoiceField(choices=Rating.choices)
    comment = serializers.CharField(required=False, allow_blank=True, max_length=2_000, default="")


class ContactIn(StrictSerializer):
    email = serializers.EmailField(max_length=254, help_text="Only for a person's answer; shown in no list.")


class FeedbackOut(serializers.Serializer[Any]):
    message_id = serializers.UUIDField(source="pk")
    rating = serializers.ChoiceField(choices=Rating.choices)
    comment = serializers.CharField()
    created_at = serializers.DateTimeField()


class SessionMessageOut(serializers.ModelSerializer[Message]):
    """A message as its customer sees it. `author` is the name of the person who wrote it, null for all others."""

    citations = CitationOut(many=True)
    guardrail = serializers.SerializerMethodField()
    author = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = ["id", "position", "role", "author", "content", "status", "created_at", "citations", "guardrail"]

    def get_guardrail(self, row: Message) -> GuardrailShape:
        return _guardrail(row)

    def get_author(self, row: Message) -> str | None:
        return row.author_name or None


GuardrailShape = dict[str, str | None]


def _guardrail(row: Message) -> GuardrailShape:
    return {
        "action": row.guardrail_action or None,
        "reason": row.guardrail_reason or None,
        "topic": row.guardrail_topic or None,
    }


class SessionFilter(serializers.Serializer[Any]):
    """The query of a session."""

    after = serializers.IntegerField(
        min_value=-1, max_value=2_147_483_647, required=False, default=-1,
        help_text="Only messages whose `position` is greater: for who asks again and again.",
    )  # fmt: skip


class SessionOut(serializers.Serializer[Any]):
    session_id = serializers.CharField()
    bot_id = serializers.UUIDField()
    status = serializers.ChoiceField(choices=Status.choices)
    started_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    has_contact = serializers.BooleanField(help_text="Whether the customer left an e-mail.")
    messages = SessionMessageOut(many=True)


class ConversationFilter(serializers.Serializer[Any]):
    """The query of the list."""

    bot = serializers.UUIDField(required=False)
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    source = serializers.ChoiceField(choices=Source.choices, required=False)  # type: ignore[assignment]  # DRF takes declared fields off the class
    search = serializers.CharField(required=False, max_length=200, help_text="In what was said.")
    feedback = serializers.ChoiceField(choices=Rating.choices, required=False)
    refused = serializers.BooleanField(required=False, allow_null=True, default=None, help_text="The bot refused.")
    unanswered = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="The bot had nothing to say."
    )
    escalated = serializers.BooleanField(
        required=False, allow_null=True, default=None, help_text="The bot called for a person."
    )
    failed = serializers.BooleanField(required=False, allow_null=True, default=None, help_text="An answer failed.")
    since = serializers.DateTimeField(required=False, help_text="Last active at or after this time.")
    until = serializers.DateTimeField(required=False, help_text="Last active before this time.")


class ConversationOut(serializers.ModelSerializer[Conversation]):
    bot_id = serializers.UUIDField()
    bot_name = serializers.CharField(source="bot.name")
    message_count = serializers.IntegerField()
    first_question = serializers.CharField(allow_null=True)

    class Meta:
        model = Conversation
        fields = [
            "id", "bot_id", "bot_name", "source", "status", "escalation_reason", "taken_by", "taken_by_name",
            "waiting_since", "metadata", "key_id", "message_count", "first_question", "started_at", "last_at",
        ]  # fmt: skip


class ExportFilter(ConversationFilter):
    """The query of an export."""

    form = serializers.ChoiceField(choices=["csv", "jsonl"], required=False, default="csv")


class TakeIn(StrictSerializer):
    anyway = serializers.BooleanField(required=False, default=False, help_text="Also where a colleague has it.")


class ReplyIn(StrictSerializer):
    content = serializers.CharField(max_length=PERSON_CHARACTERS)


class DeskOut(serializers.Serializer[Any]):
    """How many customers wait for a person."""

    waiting = serializers.IntegerField(help_text="For anybody: nobody has taken them.")
    mine = serializers.IntegerField(help_text="That the caller has.")
    mine_waiting = serializers.IntegerField(help_text="Of those, how many wait for the caller's answer.")
    others = serializers.IntegerField(help_text="That colleagues have.")


class MessageOut(SessionMessageOut):
    """A message as its tenant sees it, with the trace."""

    cost_usd = serializers.FloatField(allow_null=True)
    feedback = FeedbackOut(allow_null=True, default=None)

    class Meta(SessionMessageOut.Meta):
        fields = [
            *SessionMessageOut.Meta.fields, "model", "prompt_tokens", "completion_tokens", "cost_usd", "latency_ms",
            "feedback", "trace",
        ]  # fmt: skip


class ConversationDetail(ConversationOut):
    messages = MessageOut(many=True)

    class Meta(ConversationOut.Meta):
        fields = [*ConversationOut.Meta.fields, "messages"]
