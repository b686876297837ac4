"""The two forms of a bot's website page: where it is served, and how it looks there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from bots import images, origins, services
from bots.enums import Language, Position, Theme
from bots.models import Bot, Look
from bots.models.website import MOST_SUGGESTIONS, SUGGESTION_LENGTH
from tenants.errors import Invalid, Problem
from tenants.pages import PageForm
from tenants.types import Principal

MOST_DOMAINS = 50
PICTURES = ",".join(images.KINDS)
FIELDS = (
    "title", "greeting", "placeholder", "launcher", "color", "position", "theme", "language", "privacy_note",
    "privacy_url", "offers_person", "has_page",
)  # fmt: skip


class PlacesForm(PageForm):
    """Who may talk to the bot, and on which websites."""

    is_public = forms.BooleanField(
        label=_("Anybody may talk to this bot"), required=False,
        help_text=_("On its websites and on its own page. Switched off, it answers your keys and your people alone."),
    )  # fmt: skip
    allowed_domains = forms.CharField(
        label=_("Websites"), required=False,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "placeholder": "https://www.example.com"}),
        help_text=_("One a line. https://*.example.com stands for all sub-domains, but not for example.com itself."),
    )  # fmt: skip

    def clean_allowed_domains(self) -> list[str]:
        return listed(self.cleaned_data["allowed_domains"].split())


def listed(lines: Sequence[str]) -> list[str]:
    """The origins that were typed, each once. Raises `ValidationError` with a sentence for each line that is none."""
    kept: list[str] = []
    wrong: list[str] = []
    for line in lines:
        try:
            kept.append(origins.typed(line))
        except ValueError:
            wrong.append(gettext("“%(line)s” is no website; write it like https://www.example.com.") % {"line": line})
    if len(kept) > MOST_DOMAINS:
        wrong.append(gettext("At most %(most)s websites.") % {"most": MOST_DOMAINS})
    if wrong:
        raise ValidationError(wrong)
    return list(dict.fromkeys(kept))


def allow(*, by: Principal, bot: Bot, origin: str) -> str:
    """List a website that was refused; answers it in the form that is kept. Raises `Invalid`."""
    try:
        site = origins.typed(origin)
    except ValueError as error:
        raise Invalid(gettext("This is no website.")) from error
    services.update_bot(by=by, bot_id=bot.id, allowed_domains=list(dict.fromkeys([*bot.allowed_domains, site])))
    return site


def places(bot: Bot) -> dict[str, Any]:
    return {"is_public": bot.is_public, "allowed_domains": "\n".join(bot.allowed_domains)}


class LookForm(PageForm):
    """How the widget and the bot's own page look. Empty texts are the widget's own, in the visitor's language."""

    title = forms.CharField(label=_("Title"), max_length=80, required=False, help_text=_("Empty: the bot's name."))
    greeting = forms.CharField(
        label=_("Greeting"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    suggestions = forms.CharField(
        label=_("Suggested questions"), required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("One a line, six at most. A visitor asks them with one click."),
    )  # fmt: skip
    placeholder = forms.CharField(label=_("Placeholder of the message field"), max_length=100, required=False)
    launcher = forms.CharField(
        label=_("Words on the button"), max_length=40, required=False, help_text=_("Empty: only its icon.")
    )
    color = forms.CharField(
        label=_("Colour"), max_length=7, widget=forms.TextInput(attrs={"type": "color"}),
        help_text=_("Texts on it turn black or white, so that they can always be read."),
    )  # fmt: skip
    theme = forms.ChoiceField(
        label=_("Light or dark"),
        choices=[(Theme.AUTO, _("As the visitor's device")), (Theme.LIGHT, _("Light")), (Theme.DARK, _("Dark"))],
    )
    position = forms.ChoiceField(
        label=_("Side of the window"), choices=[(Position.RIGHT, _("Right")), (Position.LEFT, _("Left"))]
    )
    language = forms.ChoiceField(
        label=_("Language of the widget"), required=False, choices=[("", _("The visitor's own")), *Language.choices],
        help_text=_("Answers come in the language of the question, whatever this says."),
    )  # fmt: skip
    logo = forms.FileField(
        label=_("Logo"), required=False, widget=forms.FileInput(attrs={"accept": PICTURES}),
        help_text=_("PNG, JPEG or WebP, at most 200 KB."),
    )  # fmt: skip
    drop_logo = forms.BooleanField(label=_("Take the logo away"), required=False)
    privacy_note = forms.CharField(label=_("Note on privacy"), max_length=300, required=False)
    privacy_url = forms.CharField(
        label=_("Address of your privacy notice"), max_length=500, required=False,
        widget=forms.URLInput(attrs={"placeholder": "https://www.example.com/privacy"}),
    )  # fmt: skip
    offers_person = forms.BooleanField(
        label=_("Offer “Talk to a person”"), required=False, help_text=_("Leave it off where nobody reads the inbox.")
    )
    has_page = forms.BooleanField(label=_("Give the bot a page of its own"), required=False)

    def __init__(self, *given: Any, has_logo: bool = False, **named: Any) -> None:  # noqa: ANN401 -- a form's arguments
        super().__init__(*given, **named)
        if not has_logo:
            del self.fields["drop_logo"]

    def clean_suggestions(self) -> list[str]:
        lines = [line.strip() for line in self.cleaned_data["suggestions"].splitlines() if line.strip()]
        if len(lines) > MOST_SUGGESTIONS:
            raise ValidationError(gettext("At most %(most)s questions.") % {"most": MOST_SUGGESTIONS})
        if any(len(line) > SUGGESTION_LENGTH for line in lines):
            raise ValidationError(gettext("At most %(most)s characters a question.") % {"most": SUGGESTION_LENGTH})
        return lines

    def refuse(self, problem: Problem) -> None:
        if "file" in problem.errors:
            problem.errors["logo"] = problem.errors.pop("file")
        super().refuse(problem)


def looks(look: Look) -> dict[str, Any]:
    return {name: getattr(look, name) for name in FIELDS} | {"suggestions": "\n".join(look.suggestions)}
