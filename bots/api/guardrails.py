"""`/v1/tenant/bots/{id}/guardrails/bench`: how a bot's guard does on messages of which one knows what should become
of them."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from bots import selectors, services
from bots.api.serializers import ScopeIn
from bots.enums import Threshold
from bots.guardrails import bench
from bots.guardrails.bench import Changed, Probe, Tried
from bots.types import ScopePolicy
from tenants.enums import Role
from tenants.http import StrictSerializer, TenantView

MOST_OWN = 200
KINDS = ("in_topic", "off_topic", "forbidden", "injection", "private", "own")
OUTCOMES = ("allow", "refuse", "escalate", "mask")


class OwnExample(StrictSerializer):
    text = serializers.CharField(max_length=2000)
    expected = serializers.ChoiceField(choices=["allow", "refuse", "escalate"])
    relevant = serializers.BooleanField(
        required=False, help_text="Whether the documents are taken to answer it. Default: true."
    )


class BenchIn(StrictSerializer):
    scope = ScopeIn(required=False, help_text="Tried in the place of the draft's active scope.")
    examples = OwnExample(many=True, required=False, help_text=f"Messages of your own, at most {MOST_OWN}.")

    def validate_examples(self, value: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(value) > MOST_OWN:
            raise serializers.ValidationError(f"At most {MOST_OWN} examples.")
        return value


class TriedOut(serializers.Serializer[Tried]):
    """What became of a message, and why."""

    text = serializers.CharField(source="probe.text")
    kind = serializers.ChoiceField(source="probe.kind", choices=KINDS)
    made_for = serializers.CharField(source="probe.topic", allow_null=True)
    expected = serializers.ChoiceField(source="probe.expected", choices=OUTCOMES)
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    passed = serializers.BooleanField()
    reason = serializers.CharField(source="verdict.reason", allow_null=True)
    topic = serializers.CharField(source="verdict.topic", allow_null=True)
    layer = serializers.CharField(source="verdict.layer")
    nearest = serializers.CharField(source="verdict.nearest", allow_null=True)
    doubtful = serializers.BooleanField(source="verdict.doubtful")
    scores = serializers.DictField(source="verdict.scores", child=serializers.FloatField())
    ahead = serializers.DictField(source="verdict.ahead", child=serializers.FloatField())
    closest = serializers.DictField(source="verdict.closest", child=serializers.CharField())


class CountOut(serializers.Serializer[bench.Count]):
    kind = serializers.ChoiceField(choices=KINDS)
    expected = serializers.ChoiceField(choices=OUTCOMES)
    outcome = serializers.ChoiceField(choices=OUTCOMES)
    count = serializers.IntegerField()


class VerdictChangedOut(serializers.Serializer[Changed]):
    text = serializers.CharField(source="probe.text")
    kind = serializers.ChoiceField(source="probe.kind", choices=KINDS)
    expected = serializers.ChoiceField(source="probe.expected", choices=OUTCOMES)
    before = serializers.CharField(source="before.outcome")
    after = serializers.CharField(source="after.outcome")
    topic_before = serializers.CharField(source="before.verdict.topic", allow_null=True)
    topic_after = serializers.CharField(source="after.verdict.topic", allow_null=True)


class SuggestionOut(serializers.Serializer[bench.Suggestion]):
    """A shift of a threshold with which fewer of these messages go wrong."""

    threshold = serializers.ChoiceField(choices=Threshold.choices)
    now = serializers.FloatField()
    then = serializers.FloatField()
    wrong = serializers.IntegerField()
    wrong_then = serializers.IntegerField()
    changes = VerdictChangedOut(many=True)


class ReportOut(serializers.Serializer[bench.Report]):
    probes = TriedOut(source="tried", many=True)
    table = CountOut(many=True)
    suggestions = SuggestionOut(many=True)
    changes = VerdictChangedOut(many=True)


class BenchView(TenantView):
    """It reads alone, though what it reads with comes in a body."""

    costly: ClassVar[frozenset[str]] = frozenset({"POST"})
    roles: ClassVar[dict[str, Role]] = {"POST": Role.EDITOR}
    scopes: ClassVar[dict[str, str]] = {"POST": "bots:read"}

    @extend_schema(request=BenchIn, responses=ReportOut)
    def post(self, request: Request, bot_id: UUID) -> Response:
        """Try the guard of the bot's draft, or a scope that it does not have yet, with messages of five kinds and your
        own; `changes` are those that the live version treats differently."""
        selectors.bot(bot_id)
        given = self.data(BenchIn)
        tried = services.proposed_policy(**given["scope"]) if "scope" in given else _drafted(bot_id)
        own = [Probe(kind="own", **example) for example in given.get("examples", ())]
        report = bench.run(policy=tried, own=own, live=selectors.profile(bot_id).scope)
        return Response(ReportOut(report).data)


def _drafted(bot_id: UUID) -> ScopePolicy:
    return selectors.profile(bot_id, draft=True).scope
