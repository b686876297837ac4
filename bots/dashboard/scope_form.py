"""What a bot may talk about, as a form: from a policy to its fields, and from its fields to what the services take."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bots.dashboard.fields import Lines, Phrase, Phrases, Prose, once
from bots.enums import Judge, PrivateData, Strictness, Threshold
from bots.guardrails import refusals
from bots.guardrails.bench import Probe
from bots.types import DEFAULT_HISTORY, ScopePolicy
from tenants.pages import PageForm

MOST_EXAMPLES, MOST_PROBES = 200, 200
PHRASES = ("allowed_topics", "forbidden_topics", "escalation_triggers")
STRICTNESS: tuple[tuple[str, str | Promise], ...] = (
    (Strictness.STRICT.value, _("Strict: only what the allowed topics name")),
    (Strictness.MODERATE.value, _("Moderate: the allowed topics, and whatever the documents answer")),
    (Strictness.LENIENT.value, _("Lenient: anything that is not forbidden")),
)
PRIVATE: tuple[tuple[str, str | Promise], ...] = (
    (PrivateData.MASK.value, _("Mask it, before a model is asked and anything is kept")),
    (PrivateData.REFUSE.value, _("Refuse the message, say why, and keep it masked")),
    (PrivateData.ALLOW.value, _("Leave it as it is")),
)
JUDGE: tuple[tuple[str, str | Promise], ...] = (
    (Judge.OFF.value, _("Nobody: the figures decide")),
    (Judge.GREY_ZONE.value, _("The bot’s model, where the figures lie close to a threshold; a short call for each")),
)


def _shift(label: Any, most: float, step: str) -> forms.FloatField:  # noqa: ANN401 -- a lazy text
    number = forms.NumberInput(attrs={"step": step, "placeholder": "0"})
    return forms.FloatField(label=label, min_value=-most, max_value=most, required=False, widget=number)


class ScopeForm(PageForm):
    strictness_level = forms.ChoiceField(label=_("How strict"), choices=STRICTNESS, widget=forms.RadioSelect)
    allowed_topics = Phrases(
        label=_("Allowed topics"), most=50,
        help_text=_("A strict bot answers these alone; with none listed it answers nothing but small talk."),
    )  # fmt: skip
    forbidden_topics = Phrases(
        label=_("Forbidden topics"), most=50,
        help_text=_("Refused at every level, even where the documents answer them."),
    )  # fmt: skip
    refusal_message = Prose(
        label=_("What a refusal says"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Empty: a polite sentence in the customer’s language. Yours is said to everybody as it stands."),
    )  # fmt: skip
    escalation_triggers = Phrases(
        label=_("What calls a person"), most=20,
        help_text=_("Such as a billing dispute. Whoever asks for a person gets one in any case."),
    )  # fmt: skip
    max_conversation_history = forms.IntegerField(
        label=_("Messages the bot remembers"), min_value=0, max_value=50,
        help_text=_("How many earlier messages of a talk the model sees."),
    )  # fmt: skip
    citation_required = forms.BooleanField(
        label=_("Say nothing without a source"), required=False,
        help_text=_("A sentence that no document supports is left out. Without this the model may say what it knows."),
    )  # fmt: skip
    pii = forms.ChoiceField(
        label=_("Card numbers, bank accounts, keys and passwords in a message"), choices=PRIVATE,
        widget=forms.RadioSelect,
    )  # fmt: skip
    judge = forms.ChoiceField(label=_("Who decides in doubt"), choices=JUDGE, widget=forms.RadioSelect)
    threshold_forbidden = _shift(_("Forbidden topics"), 0.2, "0.01")
    threshold_allowed = _shift(_("Allowed topics"), 0.2, "0.01")
    threshold_escalation = _shift(_("What calls a person"), 0.2, "0.01")
    threshold_injection = _shift(_("Attacks"), 2, "0.1")

    def __init__(self, *args: Any, **given: Any) -> None:  # noqa: ANN401 -- Django's arguments
        super().__init__(*args, **given)
        self.fields["refusal_message"].widget.attrs["placeholder"] = refusals.text("refusal", refusals.DEFAULT)

    @property
    def thresholds(self) -> list[forms.BoundField]:
        return [self[f"threshold_{name}"] for name in Threshold.values]

    @property
    def moves_thresholds(self) -> bool:
        return any(field.value() not in (None, "", 0, 0.0) or field.errors for field in self.thresholds)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        both = _names(data.get("allowed_topics", ())) & _names(data.get("forbidden_topics", ()))
        if both:
            said = gettext("Allowed and forbidden at once: %(topics)s.") % {"topics": ", ".join(sorted(both))}
            self.add_error("forbidden_topics", said)
        if sum(len(said) for name in PHRASES for _phrase, said in data.get(name, ())) > MOST_EXAMPLES:
            self.add_error(None, gettext("At most %(most)s example questions in all.") % {"most": MOST_EXAMPLES})
        return data

    def scope(self) -> dict[str, Any]:
        """The fields of a scope, as the services take them."""
        data = self.cleaned_data
        examples: dict[str, list[str]] = {}
        for name in PHRASES:
            for phrase, said in data[name]:
                if said:
                    examples[phrase] = once([*examples.get(phrase, []), *said])[:20]
        shifts = {name: data[f"threshold_{name}"] for name in Threshold.values}
        return {
            "strictness_level": data["strictness_level"],
            "allowed_topics": [phrase for phrase, _said in data["allowed_topics"]],
            "forbidden_topics": [phrase for phrase, _said in data["forbidden_topics"]],
            "topic_examples": examples,
            "refusal_message": data["refusal_message"] or None,
            "context_settings": {
                "max_conversation_history": data["max_conversation_history"],
                "citation_required": data["citation_required"],
                "escalation_triggers": [phrase for phrase, _said in data["escalation_triggers"]],
                "thresholds": {name: shift for name, shift in shifts.items() if shift},
                "pii": data["pii"],
                "judge": data["judge"],
            },
        }


def told(fields: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The context settings without defaults that nobody has named: saying them would look like a change."""
    defaults = {
        "max_conversation_history": DEFAULT_HISTORY,
        "citation_required": fields["strictness_level"] != Strictness.LENIENT,
        "escalation_triggers": [],
        "thresholds": {},
        "pii": PrivateData.MASK.value,
        "judge": Judge.OFF.value,
    }
    given: Mapping[str, Any] = fields["context_settings"]
    return {name: value for name, value in given.items() if name in before or value != defaults[name]}


def _names(phrases: Sequence[Phrase]) -> set[str]:
    return {phrase.casefold() for phrase, _said in phrases}


def values_of(policy: ScopePolicy) -> dict[str, Any]:
    """What the form is filled with."""
    return {
        "strictness_level": policy.strictness.value,
        **{name: [(phrase, list(policy.examples(phrase))) for phrase in getattr(policy, name)] for name in PHRASES},
        "refusal_message": policy.refusal_message or "",
        "max_conversation_history": policy.max_conversation_history,
        "citation_required": policy.citation_required,
        "pii": policy.pii.value,
        "judge": policy.judge.value,
        **{f"threshold_{name}": shift for name, shift in policy.thresholds.items()},
    }


def with_taken(sent: QueryDict) -> QueryDict:
    """What was sent, with a suggestion of the bench in its field."""
    name, _colon, value = sent.get("take", "").partition(":")
    if name not in Threshold.values:
        return sent
    data = sent.copy()
    data[f"threshold_{name}"] = value
    return data


def with_example(sent: QueryDict) -> tuple[QueryDict, str]:
    """What was sent, with a message among the examples of a topic that the form lists; and that topic, "" where there
    is none."""
    try:
        name, phrase, text = map(str, json.loads(sent.get("example", "")))
    except (ValueError, TypeError, RecursionError):
        return sent, ""
    said = sent.getlist(name) if name in PHRASES else []
    place = next((at for at, each in enumerate(said) if each.strip().casefold() == phrase.strip().casefold()), None)
    if place is None:
        return sent, ""
    data = sent.copy()
    examples = [*data.getlist(f"{name}_examples"), *[""] * len(said)][: len(said)]
    examples[place] = "\n".join(once([*examples[place].splitlines(), text]))
    data.setlist(f"{name}_examples", examples)
    return data, phrase.replace("_", " ")


def _questions(label: Any, placeholder: Any) -> Lines:  # noqa: ANN401 -- lazy texts
    box = forms.Textarea(attrs={"rows": 3, "placeholder": placeholder})
    return Lines(label=label, most=MOST_PROBES, longest=2000, widget=box)


class BenchForm(PageForm):
    """Questions of one's own, by what should become of them."""

    ask_allow = _questions(_("Should be answered"), _("Where is my parcel?"))
    ask_refuse = _questions(_("Should be refused"), _("Which pills help against a cold?"))
    ask_elsewhere = _questions(_("Off topic, to be refused"), _("How high is Mont Blanc?"))
    ask_escalate = _questions(_("Should go to a person"), _("I was charged twice, sort it out."))

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if sum(map(len, data.values())) > MOST_PROBES:
            self.add_error(None, gettext("At most %(most)s questions at once.") % {"most": MOST_PROBES})
        return data

    def probes(self) -> list[Probe]:
        data = self.cleaned_data
        return [
            *(Probe(text, "own", "allow") for text in data["ask_allow"]),
            *(Probe(text, "own", "refuse") for text in data["ask_refuse"]),
            *(Probe(text, "own", "refuse", relevant=False) for text in data["ask_elsewhere"]),
            *(Probe(text, "own", "escalate") for text in data["ask_escalate"]),
        ]
