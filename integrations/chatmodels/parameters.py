"""Which settings a kind of provider knows, for all of its models and for one of them.

A setting that would be sent nowhere, or that the vendor refuses, is refused when it is entered, by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from integrations.enums import ProviderName as Kind

_ALL = frozenset({"max_tokens", "default_model", "temperature", "timeout", "models"})
_BUDGETS = frozenset({"requests_per_minute", "tokens_per_minute"})
_SETTINGS: dict[str, frozenset[str]] = {
    Kind.BUILTIN: _ALL | {"organization"} | _BUDGETS,  # they change nothing; the kind may be changed later
    Kind.OPENAI: _ALL | {"organization"} | _BUDGETS,
    Kind.ANTHROPIC: _ALL | _BUDGETS,
    Kind.AZURE: _ALL | {"api_version"} | _BUDGETS,
    Kind.GOOGLE: _ALL | _BUDGETS,
    Kind.MISTRAL: _ALL | _BUDGETS,
    Kind.OLLAMA: _ALL | _BUDGETS,
    Kind.OPENAI_COMPATIBLE: _ALL | {"organization"} | _BUDGETS,
}
_BASIC = frozenset({"temperature", "max_tokens", "top_p", "stop"})
_PENALTIES = frozenset({"frequency_penalty", "presence_penalty"})
_OPENAI = _BASIC | _PENALTIES | {"seed", "reasoning_effort"}
_PARAMETERS: dict[str, frozenset[str]] = {
    Kind.BUILTIN: frozenset(),
    Kind.OPENAI: _OPENAI,
    Kind.ANTHROPIC: _BASIC,
    Kind.AZURE: _OPENAI,
    Kind.GOOGLE: _BASIC | {"reasoning_effort"},
    Kind.MISTRAL: _BASIC | _PENALTIES,
    Kind.OLLAMA: _BASIC | _PENALTIES | {"seed"},
    Kind.OPENAI_COMPATIBLE: _OPENAI,
}


def settings_of(kind: Kind) -> frozenset[str]:
    """The settings that hold for all of the kind's models."""
    return _SETTINGS[kind]


def unknown(kind: Kind, settings: Mapping[str, Any]) -> dict[str, list[str]]:
    """A sentence for each setting, and each parameter of a model, that this kind does not know."""
    found = {
        f"custom_settings.{name}": [_("%(kind)s has no such setting.") % {"kind": kind.label}]
        for name in settings
        if name not in _SETTINGS[kind]
    }
    for model, given in settings.get("models", {}).items():
        for name in given:
            if name not in _PARAMETERS[kind]:
                sentence = _("%(kind)s has no such parameter.") % {"kind": kind.label}
                found[f"custom_settings.models.{model}.{name}"] = [sentence]
    return found
