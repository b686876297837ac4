"""Forms of bots. Fields are called as the services call them, so that what is refused stands beside its field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from bots.dashboard import starters
from bots.dashboard.fields import Prose
from bots.enums import SETTINGS, PublishMode
from bots.models import Bot
from integrations.models import TenantAIProvider
from knowledge.models import Dataset
from tenants.pages import PageForm

Choices = Sequence[tuple[str, str | Promise]]
PROMPT_CHARACTERS = 20_000
MODEL = forms.TextInput(attrs={"list": "models", "autocomplete": "off", "spellcheck": "false"})


def providers_for(*chosen: UUID | None) -> list[TenantAIProvider]:
    """Those that a bot may be given, and those it has."""
    rows = TenantAIProvider.objects.order_by("name", "created_at")
    return [row for row in rows if row.is_active or row.id in chosen]


def _provider_choices(rows: Sequence[TenantAIProvider]) -> list[tuple[str, str]]:
    return [(str(row.id), f"{row.name} ({row.get_provider_name_display()})") for row in rows]


class BotBasics(PageForm):
    """What a bot is called, what it is told and who it asks."""

    name = forms.CharField(label=_("Name"), max_length=200, help_text=_("Customers see it above the talk."))
    description = Prose(
        label=_("What it is for"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("For you and your colleagues. Customers and models do not see it."),
    )  # fmt: skip
    system_prompt = Prose(
        label=_("What the bot is told"), max_length=PROMPT_CHARACTERS, required=False,
        widget=forms.Textarea(attrs={"rows": 10, "class": "is-tall"}),
        help_text=_(
            "Who the bot is, how it speaks and what it should mind. Rules about sources and citations are added by "
            "Parley. The built-in model quotes documents and reads no prompt."
        ),
    )  # fmt: skip
    tenant_ai_provider_id = forms.TypedChoiceField(
        label=_("AI provider"), coerce=UUID, help_text=_("Whose model writes the answers.")
    )
    model = forms.CharField(
        label=_("Model"), max_length=200, required=False, widget=MODEL,
        help_text=_("Choose one or type its name. Empty: the provider's default. The built-in provider needs none."),
    )  # fmt: skip

    def __init__(self, *args: Any, providers: Sequence[TenantAIProvider], **given: Any) -> None:  # noqa: ANN401 -- Django's arguments
        super().__init__(*args, **given)
        self.fields["tenant_ai_provider_id"].choices = _provider_choices(providers)  # type: ignore[attr-defined]  # a choice field


class NewBotForm(BotBasics):
    dataset_ids = forms.TypedMultipleChoiceField(
        label=_("Knowledge"), coerce=UUID, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("The datasets it answers from. You can change this at any time."),
    )  # fmt: skip
    field_order = ("name", "description", "tenant_ai_provider_id", "model", "dataset_ids", "system_prompt")

    def __init__(self, *args: Any, datasets: Sequence[Dataset], **given: Any) -> None:  # noqa: ANN401 -- Django's arguments
        super().__init__(*args, **given)
        field: Any = self.fields["dataset_ids"]
        field.choices = [(str(row.id), row.name) for row in datasets]
        self.fields["system_prompt"].initial = starters.DEFAULT
        self.fields["system_prompt"].widget.attrs["rows"] = 6


RESPONSE: Choices = (
    ("helpful_and_detailed", _("Helpful and detailed: gives the details that matter")),
    ("concise", _("Concise: one or two sentences")),
    ("plain", _("Plain: without headings, lists and other Markdown")),
)
CITATION: Choices = (
    ("numbered", _("Numbered: marks such as [1] in the text")),
    ("none", _("None in the text; the sources stand beside it all the same")),
)
NOTHING: Choices = (
    ("say_unknown", _("Say that it does not know")),
    ("escalate_to_human", _("Hand over to a person: the talk is marked, and your team gets a mail")),
)
FAILURE: Choices = (
    ("quote", _("Quote the documents with the built-in model")),
    ("apologize", _("Say that it cannot answer at the moment")),
)
FOLLOW_UPS: Choices = (
    ("leaning", _("Those that plainly lean on what was said before")),
    ("all", _("All of them: finds more, and costs a short call to the model for each")),
)
PUBLISHING: Choices = (
    (PublishMode.IMMEDIATE.value, _("At once: what you save is what customers get")),
    (PublishMode.REVIEWED.value, _("When somebody publishes it: what you save waits in a draft")),
)


class BotForm(BotBasics):
    """All of a bot but its knowledge, its guardrails and its website."""

    fallback_ai_provider_id = forms.TypedChoiceField(
        label=_("Fallback provider"), coerce=UUID, required=False, empty_value=None,
        help_text=_("Asked when the first one fails."),
    )  # fmt: skip
    fallback_model = forms.CharField(
        label=_("Fallback model"), max_length=200, required=False,
        widget=forms.TextInput(attrs={"list": "fallback-models", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Empty: that provider's default."),
    )  # fmt: skip
    temperature = forms.FloatField(
        label=_("Temperature"), min_value=0, max_value=2, widget=forms.NumberInput(attrs={"step": "0.05"}),
        help_text=_("0 keeps to the likeliest words; higher is freer and less exact. For answers from documents 0.3."),
    )  # fmt: skip
    max_tokens = forms.IntegerField(
        label=_("Longest answer, in tokens"), min_value=1, max_value=200_000,
        help_text=_("A token is about three quarters of an English word."),
    )  # fmt: skip
    response_format = forms.ChoiceField(label=_("Form of an answer"), choices=RESPONSE, widget=forms.RadioSelect)
    citation_style = forms.ChoiceField(label=_("Marks of sources"), choices=CITATION, widget=forms.RadioSelect)
    fallback_behavior = forms.ChoiceField(
        label=_("When the documents hold no answer"), choices=NOTHING, widget=forms.RadioSelect
    )
    provider_failure = forms.ChoiceField(label=_("When no provider answers"), choices=FAILURE, widget=forms.RadioSelect)
    follow_ups = forms.ChoiceField(
        label=_("Follow-up questions to put into words that stand alone"), choices=FOLLOW_UPS, widget=forms.RadioSelect
    )
    is_active = forms.BooleanField(
        label=_("It answers customers"), required=False,
        help_text=_("Switched off it answers nobody, here or on a website. This counts at once, without a version."),
    )  # fmt: skip
    publish_mode = forms.ChoiceField(
        label=_("When changes reach customers"), choices=PUBLISHING, widget=forms.RadioSelect
    )
    required_test_set_id = forms.TypedChoiceField(
        label=_("Tests that must pass before it is published"), coerce=UUID, required=False, empty_value=None,
        help_text=_("A test set of this bot. Publishing is refused until it has passed on the draft."),
    )  # fmt: skip

    def __init__(self, *args: Any, bot: Bot, providers: Sequence[TenantAIProvider], **given: Any) -> None:  # noqa: ANN401 -- Django's arguments
        super().__init__(*args, providers=providers, **given)
        fallback: Any = self.fields["fallback_ai_provider_id"]
        fallback.choices = [("", _("None")), *_provider_choices(providers)]
        required: Any = self.fields["required_test_set_id"]
        sets = bot.test_sets.order_by("name", "id").values_list("id", "name")
        required.choices = [("", _("None")), *((str(found), name) for found, name in sets)]

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("required_test_set_id") and data.get("publish_mode") == PublishMode.IMMEDIATE:
            said = _("Tests can only be required where somebody publishes: choose that above, or require none.")
            self.add_error("required_test_set_id", said)
        return data

    def changes(self) -> dict[str, Any]:
        """What the person changed, as the service takes it."""
        changed = {name: self.cleaned_data[name] for name in self.changed_data}
        settings = {name: changed.pop(name) for name in SETTINGS if name in changed}
        return changed | ({"settings": settings} if settings else {})


def values_of(bot: Bot) -> dict[str, Any]:
    """What the form is filled with."""
    plain = (
        "name", "description", "system_prompt", "model", "fallback_model", "temperature", "max_tokens", "is_active",
        "publish_mode",
    )  # fmt: skip
    chosen = ("tenant_ai_provider_id", "fallback_ai_provider_id", "required_test_set_id")
    return {
        **{name: getattr(bot, name) for name in plain},
        **{name: str(getattr(bot, name) or "") for name in chosen},
        **bot.effective_settings,
    }


class NameForm(PageForm):
    name = forms.CharField(label=_("Name of the copy"), max_length=200)
