"""The details of deeds in words: what each is called, and codes among their values. Pure.

A detail without words here is shown as it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenants.enums import Role

Word = str | Promise

FACTS: Mapping[str, Word] = {
    "added": _("Added"),
    "before": _("Before"),
    "bot": _("Bot"),
    "bot_id": _("Bot"),
    "cases": _("Tests"),
    "changed": _("What changed"),
    "code": _("Outcome"),
    "conversations": _("Conversations"),
    "dataset": _("Dataset"),
    "dataset_id": _("Dataset"),
    "document": _("Document"),
    "documents": _("Documents"),
    "file_name": _("File"),
    "form": _("Format"),
    "from": _("Copied from"),
    "key_id": _("API key"),
    "limit": _("Pages at most"),
    "model": _("Model"),
    "note": _("Note"),
    "plan": _("Plan"),
    "provider_name": _("Kind of provider"),
    "replaced": _("Replaced"),
    "role": _("Role"),
    "rows": _("Rows"),
    "scopes": _("Rights"),
    "test_set_id": _("Test set"),
    "to": _("Back to version"),
    "version": _("Version"),
    "which": _("Which of them"),
}
# Of a list of what was changed.
FIELDS: Mapping[str, Word] = {
    "accent": _("colour"),
    "allowed_domains": _("websites"),
    "allowed_topics": _("allowed topics"),
    "api_key": _("key"),
    "base_url": _("address"),
    "content": _("text"),
    "context_settings": _("history, sources, persons and private data"),
    "default_model": _("default model"),
    "description": _("description"),
    "enabled": _("on or off"),
    "expires_at": _("expiry"),
    "fallback_ai_provider_id": _("fallback provider"),
    "fallback_model": _("fallback model"),
    "forbidden_topics": _("forbidden topics"),
    "greeting": _("greeting"),
    "is_active": _("on or off"),
    "is_public": _("public or not"),
    "logo": _("logo"),
    "max_tokens": _("longest answer"),
    "metadata": _("metadata"),
    "model": _("model"),
    "name": _("name"),
    "priority": _("order"),
    "publish_mode": _("when changes reach customers"),
    "rate_limit": _("limit"),
    "refusal_message": _("what a refusal says"),
    "required_test_set_id": _("required tests"),
    "scopes": _("rights"),
    "settings": _("ways of answering"),
    "strictness_level": _("strictness"),
    "system_prompt": _("what the bot is told"),
    "tags": _("tags"),
    "temperature": _("temperature"),
    "tenant_ai_provider_id": _("AI provider"),
    "title": _("title"),
    "topic_examples": _("example questions"),
}
_VALUES: Mapping[str, Mapping[str, Word]] = {
    "role": {role.value: role.label for role in Role},
    "before": {role.value: role.label for role in Role},
    "version": {"draft": _("draft")},
    "code": {"ok": _("it works")},
    "which": {"all": _("all"), "outdated": _("those split by other settings")},
}


def fact(name: str) -> Word:
    return FACTS.get(name, name)


def value(name: str, said: object) -> str:
    if isinstance(said, list):
        words = FIELDS if name == "changed" else {}
        return ", ".join(str(words.get(str(each), each)) for each in said)
    return str(_VALUES.get(name, {}).get(str(said), said))
