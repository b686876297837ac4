"""The fifth step: what the bot talks about. Topics are proposed from the documents, and five messages are put to the
real guard: one that should pass, and four that should not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpResponseBase
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots import services as bots
from bots.enums import Strictness
from bots.guardrails import bench
from bots.guardrails import proposals as topics
from bots.types import ScopePolicy
from chat.dashboard import suggested
from chat.dashboard.first_run.frame import Step
from chat.dashboard.lines import Lines
from knowledge import proposals
from tenants.pages import PageForm

STRICTNESS = (
    (Strictness.STRICT.value, gettext_lazy("Strict: only the allowed topics")),
    (Strictness.MODERATE.value, gettext_lazy("Moderate: the allowed topics, and whatever the documents answer")),
    (Strictness.LENIENT.value, gettext_lazy("Lenient: anything that is not forbidden")),
)
PROBES: tuple[bench.ProbeKind, ...] = ("in_topic", "off_topic", "forbidden", "injection", "private")
OUTCOMES = {
    "allow": gettext_lazy("lets it pass"),
    "refuse": gettext_lazy("refuses it"),
    "escalate": gettext_lazy("hands over to a person"),
    "mask": gettext_lazy("masks what is private"),
}


class TopicsForm(PageForm):
    allowed_topics = Lines(
        most=50, longest=200, rows=6, label=gettext_lazy("The bot talks about"),
        help_text=gettext_lazy("One topic on each line. Proposed from your documents; change them as you like."),
    )  # fmt: skip
    forbidden_topics = Lines(
        most=50, longest=200, rows=4, label=gettext_lazy("The bot never talks about"),
        help_text=gettext_lazy("One topic on each line."),
    )  # fmt: skip
    strictness_level = forms.ChoiceField(
        choices=STRICTNESS, widget=forms.RadioSelect, label=gettext_lazy("How strict is it?")
    )
    in_topic = forms.CharField(max_length=500, required=False, label=gettext_lazy("On a topic"))
    off_topic = forms.CharField(max_length=500, required=False, label=gettext_lazy("On something else"))
    forbidden = forms.CharField(max_length=500, required=False, label=gettext_lazy("On a forbidden topic"))
    injection = forms.CharField(max_length=500, required=False, label=gettext_lazy("An attempt to override it"))
    private = forms.CharField(max_length=500, required=False, label=gettext_lazy("With private data"))

    @property
    def scope(self) -> dict[str, Any]:
        names = ("allowed_topics", "forbidden_topics", "strictness_level")
        return {name: self.cleaned_data[name] for name in names}


class TopicsStep(Step):
    @cached_property
    def dataset_ids(self) -> list[UUID]:
        bot = self.state.bot
        return list(bot.links.filter(is_active=True).values_list("dataset_id", flat=True)) if bot else []

    def values(self) -> Mapping[str, Any]:
        if self.state.bot is None:
            return {}
        self.page.count_cost()
        initial = {**self._scope(), **self._probes()}
        form = TopicsForm(initial=initial)
        return {"form": form, "tried": self._tried(bots.proposed_policy(**self._scope()), initial)}

    def take(self) -> HttpResponseBase:
        if self.state.bot is None:
            return self.page.onward()
        form = self.received(TopicsForm(data=self.page.request.POST))
        if not form.is_valid():
            return self.page.drawn(status=422, form=form, tried=[])
        policy = bots.proposed_policy(**form.scope)
        if self.page.request.POST.get("action") == "try":
            self.page.count_cost()
            return self.page.drawn(form=form, tried=self._tried(policy, form.cleaned_data))
        self._save(form.scope)
        return self.page.onward(_("The topics are saved."))

    def _save(self, fields: Mapping[str, Any]) -> None:
        by, bot, scope = self.page.principal, self.state.bot, self.state.scope
        assert bot is not None
        with self.setting_up(bot):
            if scope:
                bots.update_scope(by=by, bot_id=bot.id, scope_id=scope.id, **fields)
            else:
                bots.create_scope(by=by, bot_id=bot.id, **fields)

    def _scope(self) -> dict[str, Any]:
        """The bot's own, or what the documents suggest."""
        scope = self.state.scope
        if scope:
            names = ("allowed_topics", "forbidden_topics", "strictness_level")
            return {name: getattr(scope, name) for name in names}
        found = topics.propose(proposals.subjects(self.dataset_ids))
        return {
            "allowed_topics": list(found.allowed), "forbidden_topics": list(found.forbidden),
            "strictness_level": Strictness.MODERATE.value,
        }  # fmt: skip

    def _probes(self) -> dict[str, str]:
        """One message of each kind: the bench's own, and a question of the documents' for their topics."""
        policy = bots.proposed_policy(**self._scope())
        found: dict[str, str] = {}
        for probe in bench.probes_for(policy):
            found.setdefault(probe.kind, probe.text)
        asked = suggested.questions(self.dataset_ids, most=1)
        return {**found, "in_topic": asked[0]} if asked else found

    def _tried(self, policy: ScopePolicy, texts: Mapping[str, Any]) -> Sequence[dict[str, Any]]:
        """What the guard makes of them, with what the search finds for those that hang on it."""
        wanted: dict[str, bench.Outcome] = {
            "in_topic": "allow", "forbidden": "refuse", "injection": "refuse", "private": "mask",
            "off_topic": "allow" if policy.strictness == Strictness.LENIENT else "refuse",
        }  # fmt: skip
        probes = [
            bench.Probe(text, kind, wanted[kind], relevant=bool(self.dataset_ids) and self._is_answered(kind, text))
            for kind in PROBES
            if (text := str(texts.get(kind) or "").strip())
        ]  # fmt: skip
        found = bench.tried(policy=policy, probes=probes)
        return [
            {
                "kind": each.probe.kind, "passed": each.passed, "does": OUTCOMES[each.outcome],
                "should": OUTCOMES[each.probe.expected], "topic": each.verdict.topic,
            }
            for each in found
        ]  # fmt: skip

    def _is_answered(self, kind: str, text: str) -> bool:
        return suggested.is_answered(self.dataset_ids, text) if kind in {"in_topic", "off_topic"} else True
