"""The form of a provider: the fields that its kind knows, and a key that is never sent back."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.forms import BoundField
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations.chatmodels import kinds, parameters
from integrations.enums import ProviderName
from integrations.models import TenantAIProvider
from integrations.types import ADDRESSES
from tenants.errors import Problem
from tenants.pages import PageForm

_SETTING = "custom_settings."


class ProviderForm(PageForm):
    """`kind` decides which fields there are; `provider` is given where one is changed."""

    MAIN = ("name", "base_url", "api_key", "drop_key", "default_model")
    SETTINGS = (
        "default_model", "temperature", "max_tokens", "timeout", "organization", "api_version", "requests_per_minute",
        "tokens_per_minute",
    )  # fmt: skip

    name = forms.CharField(
        label=_("Name"), max_length=200, required=False, help_text=_("What it is called here, where bots choose it.")
    )
    base_url = forms.CharField(
        label=_("Address"), max_length=500, required=False,
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    api_key = forms.CharField(
        label=_("Key"), max_length=1000, required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        validators=[RegexValidator(r"^[\x21-\x7e]*$", _("A key has no spaces, line breaks or letters with accents."))],
    )  # fmt: skip
    drop_key = forms.BooleanField(label=_("Forget the stored key"), required=False)
    default_model = forms.CharField(
        label=_("Default model"), max_length=200, required=False,
        widget=forms.TextInput(attrs={"list": "models", "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("Used by bots that name no model of their own, and to test the connection."),
    )  # fmt: skip
    temperature = forms.FloatField(
        label=_("Temperature"), min_value=0, max_value=2, required=False,
        help_text=_("0 keeps to the likeliest words, 2 varies most. A bot's own setting goes before this one."),
    )  # fmt: skip
    max_tokens = forms.IntegerField(
        label=_("Longest answer, in tokens"), min_value=1, max_value=1_000_000, required=False,
        help_text=_("A ceiling for every bot that uses this provider."),
    )  # fmt: skip
    timeout = forms.FloatField(
        label=_("Longest wait, in seconds"), min_value=1, max_value=120, required=False,
        help_text=_("Then the bot's fallback is asked."),
    )  # fmt: skip
    organization = forms.RegexField(
        r"^[\x21-\x7e]*$", label=_("Organisation at the provider"), max_length=200, required=False
    )
    api_version = forms.RegexField(
        r"^[0-9A-Za-z.-]*$", label=_("API version"), max_length=50, required=False,
        help_text=_("Only for Azure's older addresses: 2024-10-21, say. Without it the version-free API is used."),
    )  # fmt: skip
    requests_per_minute = forms.IntegerField(
        label=_("Embedding calls a minute"), min_value=1, max_value=1_000_000, required=False,
        help_text=_("So that a large upload does not use up your rate limit at the provider."),
    )  # fmt: skip
    tokens_per_minute = forms.IntegerField(
        label=_("Embedding tokens a minute"), min_value=1, max_value=1_000_000_000, required=False
    )

    def __init__(
        self,
        *args: Any,  # noqa: ANN401 -- a form's arguments
        kind: ProviderName,
        provider: TenantAIProvider | None = None,
        **kwargs: Any,  # noqa: ANN401 -- same
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kind, self.provider = kind, provider
        for name in self._unknown():
            del self.fields[name]
        if kind != ProviderName.BUILTIN:
            self._explain()

    def _unknown(self) -> set[str]:
        if self.kind == ProviderName.BUILTIN:
            return set(self.fields) - {"name"}
        unknown = set(self.SETTINGS) - parameters.settings_of(self.kind)
        if self.provider is None or not self.provider.has_api_key or self.kind.needs_key:
            unknown.add("drop_key")
        return unknown

    def _explain(self) -> None:
        key, address, model = (self.fields[name] for name in ("api_key", "base_url", "default_model"))
        has_key = self.provider is not None and self.provider.has_api_key
        key.required = self.kind.needs_key and not has_key
        key.help_text = gettext("Kept encrypted and never shown again.")
        if has_key:
            key.help_text = gettext("One is stored. Leave this empty to keep it; a new address asks for it again.")
        address.required = self.kind.needs_address
        if self.kind in ADDRESSES:
            address.help_text = gettext("Leave empty for the provider's own.")
            address.widget.attrs["placeholder"] = ADDRESSES[self.kind]
        model.widget.attrs["placeholder"] = kinds.DEFAULT_MODELS.get(self.kind, "")

    def main_fields(self) -> list[BoundField]:
        return [self[name] for name in self.MAIN if name in self.fields]

    def more_fields(self) -> list[BoundField]:
        return [self[name] for name in self.fields if name not in self.MAIN]

    @cached_property
    def open_more(self) -> bool:
        """Whether what is seldom needed is shown at once: something in it is wrong, or in use."""
        return any(field.errors or field.value() not in (None, "") for field in self.more_fields())

    @property
    def key_was_typed(self) -> bool:
        """A key was sent and is not sent back, so whoever sees the form again types it again."""
        return self.is_bound and bool(self.data.get("api_key"))

    def refuse(self, problem: Problem) -> None:
        problem.errors = {name.removeprefix(_SETTING): said for name, said in problem.errors.items()}
        super().refuse(problem)

    def changes(self) -> dict[str, Any]:
        """What the service is told: a key only where one was typed, and settings with what is not on the form kept."""
        given = self.cleaned_data
        told: dict[str, Any] = {"name": given["name"].strip()}
        if self.kind == ProviderName.BUILTIN:
            return told
        kept = dict(self.provider.custom_settings) if self.provider else {}
        for name in self.SETTINGS:
            if name in self.fields:
                kept.pop(name, None)
                if given[name] not in (None, ""):
                    kept[name] = given[name]
        told |= {"base_url": given["base_url"], "custom_settings": kept}
        if given["api_key"]:
            told["api_key"] = given["api_key"]
        elif given.get("drop_key"):
            told["api_key"] = None
        return told


def initial(provider: TenantAIProvider) -> dict[str, Any]:
    return {"name": provider.name, "base_url": provider.base_url or "", **provider.custom_settings}
