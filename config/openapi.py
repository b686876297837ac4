"""How the API describes itself, and what its enumerations are called there."""

from __future__ import annotations

from typing import Any

SPECTACULAR: dict[str, Any] = {
    "TITLE": "Parley",
    "DESCRIPTION": "Chatbots that answer from an organisation's own documents.",
    "VERSION": "0.1.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "/static/parley.svg",
    "SERVE_AUTHENTICATION": [], "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
    "ENUM_NAME_OVERRIDES": {
        "DocumentStatus": "knowledge.enums.Status", "ConversationStatus": "chat.enums.Status",
        "KeyStatus": ["active", "expired", "revoked"], "MessageStatus": "chat.enums.Outcome",
        "PriceKind": "tenants.enums.PriceKind", "SourceType": "knowledge.enums.SourceType",
        "GuardAction": ["allow", "refuse", "escalate"], "GuardOutcome": ["allow", "refuse", "escalate", "mask"],
        "ProbeKind": ["in_topic", "off_topic", "forbidden", "injection", "private", "own"],
        "RunStatus": "bots.enums.RunStatus", "SpeakerRole": ["user", "assistant"],
        "MessageRole": "chat.enums.Role", "MemberRole": "tenants.enums.Role",
        "GapStatus": "chat.enums.GapStatus", "GapKind": "chat.enums.GapKind",
        "EscalationStatus": ["escalated", "with_person"],
    },
}  # fmt: skip
