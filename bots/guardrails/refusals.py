"""What a bot says where no model is asked: refusals, small talk, handing over, not knowing.

A sentence of the tenant's own (`refusal_message`) goes before the polite default, which is in the customer's language.
Languages without texts, and questions too short to tell, get English.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tomllib import loads

from bots.types import ScopePolicy, Verdict
from knowledge import language

DEFAULT = "en"


def reply(*, verdict: Verdict, policy: ScopePolicy, question: str, bot_name: str) -> str:
    """What is said to a verdict that asks no model: a refusal, an escalation, small talk."""
    spoken = verdict.language or language_of(question)
    if verdict.kind == "small_talk":
        return text(verdict.reason or "greeting", spoken).replace("{name}", bot_name)
    if verdict.action == "escalate":
        return text("escalation", spoken)
    if verdict.kind == "private":
        return text("private", spoken)
    if policy.refusal_message:
        return policy.refusal_message
    if verdict.kind == "injection":
        return text("injection", spoken)
    return text("not_covered" if verdict.layer == "knowledge" else "refusal", spoken)


def unknown(*, question: str) -> str:
    """Said where the knowledge holds no answer and nobody is to be called."""
    return text("unknown", language_of(question))


def handover(*, question: str) -> str:
    """Said where the knowledge holds no answer and a person takes over."""
    return text("handover", language_of(question))


def text(kind: str, spoken: str) -> str:
    texts = _texts()
    return texts.get(spoken, texts[DEFAULT])[kind]


def language_of(question: str) -> str:
    """The customer's language where there are texts in it, else English."""
    found = language.detect(question)
    return found if found in _texts() else DEFAULT


@cache
def _texts() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = loads((Path(__file__).parent / "replies.toml").read_text("utf-8"))
    return found
