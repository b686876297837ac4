"""What a browser is told of a bot before anybody speaks: how it looks, and the texts in the visitor's language."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from bots.models import Look
from chat.appearance import texts


def look(*, bot_id: UUID, name: str, look: Look, wanted: str = "") -> dict[str, Any]:
    """`wanted` is the browser's language; the look's own goes before it. Inside the tenant."""
    language = texts.language_of(look.language, wanted)
    said = texts.load()[language]
    return {
        "bot_id": str(bot_id),
        "title": look.title or name,
        "greeting": look.greeting or said["greeting"],
        "placeholder": look.placeholder or said["placeholder"],
        "launcher": look.launcher,
        "suggestions": look.suggestions,
        "color": look.color,
        "position": look.position,
        "theme": look.theme,
        "language": language,
        "direction": texts.direction_of(language),
        "privacy_note": look.privacy_note,
        "privacy_url": look.privacy_url,
        "offers_person": look.offers_person,
        "logo_url": look.logo_url,
        "texts": dict(said),
    }
