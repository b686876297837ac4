"""A turn of the playground as its page shows it; pure.

In: what the bot said and the notes of the turn. Out: plain values for the template: the words, the passages as
they were ranked, the guard's figures, the calls, and the times.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.guardrails import reading
from chat.testing import judge
from chat.testing.playing import Played
from chat.turn.types import Said
from integrations.chatmodels.types import Turn
from tenants import formats, words

EXCERPT = 420
SCORES: dict[str, str | Promise] = {
    "forbidden": gettext_lazy("Nearest forbidden topic"),
    "allowed": gettext_lazy("Nearest allowed topic"),
    "other": gettext_lazy("Nearest other subject"),
    "injection": gettext_lazy("Sounds like an attack"),
    "trigger": gettext_lazy("Nearest trigger"),
}
AHEAD = {"trigger": "escalation"}  # whose threshold has another name
PURPOSES: dict[str, str | Promise] = {
    "answer": gettext_lazy("Answer"),
    "rewrite": gettext_lazy("Standalone question"),
    "judge": gettext_lazy("Judge"),
    "embed_question": gettext_lazy("Embedding of the question"),
}


def turn(played: Played, *, history: Sequence[Turn]) -> dict[str, Any]:
    said = played.said
    return {
        "id": str(played.turn.id),
        "question": played.turn.question,
        "masked": played.turn.masked,
        "problem": played.problem,
        "text": said.text if said else "",
        "citations": _citations(said) if said else [],
        "escalation": said.escalation if said else None,
        "did": judge.got(action=said.verdict.action, reason=said.verdict.reason or "") if said else "error",
        "reason": (said.verdict.reason or "") if said else "",
        "topic": (said.verdict.topic or "") if said else "",
        "model": said.reply.model if said and said.reply else "",
        "history": json.dumps([{"role": each.role, "content": each.content} for each in history]),
        "trace": _trace(played),
    }


def _citations(said: Said) -> list[dict[str, Any]]:
    return [
        {
            "number": quote.number, "quote": quote.text, "title": hit.document_title, "heading": hit.heading,
            "page": hit.page, "document_id": hit.document_id, "dataset_id": hit.dataset_id, "chunk_id": hit.chunk_id,
        }
        for quote in said.quotes
        for hit in (said.found.hits[quote.passage],)
    ]  # fmt: skip


def _trace(played: Played) -> dict[str, Any]:
    facts = played.facts
    standalone = facts.get("question", "")
    return {
        "guard": _guard(facts.get("guard") or {}, played.said),
        "standalone": standalone if standalone != played.turn.question else "",
        "passages": _passages(facts, played.said),
        "searched": "hits" in facts,
        "relevant": facts.get("relevant", False),
        "prompt": facts.get("prompt"),
        "taken_out": [(name, count) for name, count in (facts.get("taken_out") or {}).items() if count],
        "errors": facts.get("errors", []),
        "calls": [{"purpose": PURPOSES.get(call.purpose, call.purpose), "call": call} for call in played.calls],
        "tokens": sum(call.prompt_tokens + call.completion_tokens for call in played.calls),
        "cost": _cost(played),
        "times": _times(played.latency_ms),
        "total": played.latency_ms.get("total", 0),
    }


def _guard(noted: Mapping[str, Any], said: Said | None) -> dict[str, Any]:
    """What was noted, unless what came after settled it otherwise."""
    verdict = said.verdict if said else None
    kind = verdict.kind if verdict else noted.get("kind", "")
    topic = noted.get("topic") or (verdict.topic if verdict else "") or ""
    layer, ahead = noted.get("layer", ""), noted.get("ahead") or {}
    return {
        "action": verdict.action if verdict else noted.get("action", ""),
        "kind": words.in_words(kind, "kind"),
        "layer": words.in_words(layer, "layer"),
        "topic": topic,
        "reason": (verdict.reason if verdict else noted.get("reason")) or "",
        "nearest": noted.get("nearest") or "",
        "doubtful": noted.get("doubtful", False),
        "sentences": reading.sentences(kind=kind, topic=topic, ahead=ahead, closest=noted.get("closest") or {}),
        "scores": [
            {
                "name": SCORES.get(name, name),
                "value": value,
                "ahead": ahead.get(AHEAD.get(name, name)),
            }
            for name, value in (noted.get("scores") or {}).items()
        ],
    }


def _passages(facts: Mapping[str, Any], said: Said | None) -> list[dict[str, Any]]:
    """The hits as they were noted, with their words where the turn got as far as keeping them."""
    hits = said.found.hits if said else ()
    return [
        {
            **hit,
            "percent": round(100 * hit["score"]),
            "text": hits[at].content[:EXCERPT] if at < len(hits) else "",
            "cut": at < len(hits) and len(hits[at].content) > EXCERPT,
            "dataset_id": hits[at].dataset_id if at < len(hits) else None,
        }
        for at, hit in enumerate(facts.get("hits", ()))
    ]


def _cost(played: Played) -> str:
    """The sum in dollars, as far as prices are known."""
    if not played.calls:
        return _("nothing: no model was asked")
    known = [call.cost_usd for call in played.calls if call.cost_usd is not None]
    if len(known) < len(played.calls):
        return _("not known for every model")
    return formats.dollars(float(sum(known)), digits=6)


def _times(latency: Mapping[str, int]) -> list[dict[str, Any]]:
    return [
        {"name": word, "ms": latency[name]}
        for name, word in words.STEPS.items()
        if name != "first_word" and latency.get(name)
    ]
