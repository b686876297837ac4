"""The figures of a span of time, computed by the database from messages and conversations. docs/analytics.md defines
each of them.

In: a span, perhaps a bot, and whose time zone a day is of. Out: counts, shares and sums, of the whole span or day by
day. Rows outlive neither their conversation nor the operator's retention, so figures reach back no further.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from tenants.types import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From `since` up to, and without, `until`; `bots` are those the caller may see, `None` for all; `zone` is a name
    of the IANA database."""

    since: datetime
    until: datetime
    zone: str = "UTC"
    bot_id: UUID | None = None
    by: Principal

    def parameters(self) -> dict[str, Any]:
        return {
            "since": self.since, "until": self.until, "zone": self.zone, "bot": self.bot_id, "key": self.by.key_id,
            "none": "",
        }  # fmt: skip


# A key that is tied to bots reads theirs alone.
_MAY = """
  AND (%(bot)s::uuid IS NULL OR c.bot_id = %(bot)s::uuid)
  AND (%(key)s::uuid IS NULL OR NOT EXISTS (SELECT FROM bots_keybot k WHERE k.key_id = %(key)s::uuid)
       OR EXISTS (SELECT FROM bots_keybot k WHERE k.key_id = %(key)s::uuid AND k.bot_id = c.bot_id))
"""
_ANSWERS = """
  count(*) FILTER (WHERE m.role = 'assistant') AS answers,
  count(*) FILTER (WHERE m.guardrail_action = 'refuse') AS refused,
  count(*) FILTER (WHERE m.guardrail_reason = 'nothing_found') AS unanswered,
  count(*) FILTER (WHERE m.guardrail_action = 'escalate') AS escalated,
  count(*) FILTER (WHERE m.role = 'assistant' AND m.status = 'failed') AS failed,
  count(*) FILTER (WHERE m.role = 'person') AS by_people,
  count(*) FILTER (WHERE f.rating = 'up') AS liked,
  count(*) FILTER (WHERE f.rating = 'down') AS disliked,
  coalesce(sum(m.prompt_tokens), 0) AS prompt_tokens,
  coalesce(sum(m.completion_tokens), 0) AS completion_tokens,
  coalesce(sum(m.cost_usd), 0) AS cost_usd,
  {percentiles}
"""
_TIMES = {
    "latency_p50": ("total", 0.5), "latency_p95": ("total", 0.95),
    "first_word_p50": ("first_word", 0.5), "first_word_p95": ("first_word", 0.95),
}  # fmt: skip
# The same of those answers alone that a model wrote: what was refused or greeted before that is there at once.
_MODEL_TIMES = {f"model_{name}": _TIMES[name] for name in ("latency_p50", "latency_p95", "first_word_p50")}
_PERCENTILES = ",\n  ".join(
    f"percentile_cont({share}) WITHIN GROUP (ORDER BY (m.latency_ms->>'{step}')::float)"
    f" FILTER (WHERE m.role = 'assistant' AND m.status = 'complete'"
    f"{' AND m.model <> %(none)s' if name in _MODEL_TIMES else ''}) AS {name}"
    for name, (step, share) in {**_TIMES, **_MODEL_TIMES}.items()
)
_FROM = f"""
  FROM chat_message m
  JOIN chat_conversation c ON c.id = m.conversation_id
  LEFT JOIN chat_feedback f ON f.message_id = m.id
  WHERE m.created_at >= %(since)s AND m.created_at < %(until)s {_MAY}
"""
# A conversation is resolved where nothing in it was refused, not found, failed, called for a person, answered by one or
# disliked.
_TALKS = """
  SELECT {day} count(*) AS conversations, count(*) FILTER (WHERE t.resolved) AS resolved
  FROM (
    SELECT c.id, c.started_at, c.escalation_reason = '' AND NOT bool_or(
      coalesce(m.guardrail_action IN ('refuse', 'escalate') OR m.guardrail_reason = 'nothing_found'
        OR (m.role = 'assistant' AND m.status = 'failed') OR m.role = 'person' OR f.rating = 'down', false)) AS resolved
    FROM chat_conversation c
    LEFT JOIN chat_message m ON m.conversation_id = c.id
    LEFT JOIN chat_feedback f ON f.message_id = m.id
    WHERE c.started_at >= %(since)s AND c.started_at < %(until)s {may}
    GROUP BY c.id
  ) t {group}
"""
_CITED = """
  SELECT q.document_id, max(q.document_title) AS title, count(DISTINCT q.message_id) AS answers
  FROM chat_citation q
  JOIN chat_message m ON m.id = q.message_id
  JOIN chat_conversation c ON c.id = m.conversation_id
  WHERE m.created_at >= %(since)s AND m.created_at < %(until)s {may}
  GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT {most}
"""
_STEPS = {"day": "day", "week": "week"}


def summary(span: Span) -> dict[str, Any]:
    """All figures of the span, with the shares that follow from them."""
    answers = _rows(f"SELECT {_ANSWERS.format(percentiles=_PERCENTILES)} {_FROM}", span)[0]
    talks = _rows(_TALKS.format(day="", group="", may=_MAY), span)[0]
    return _with_shares({**talks, **answers})


def timeseries(span: Span, *, step: str = "day") -> list[dict[str, Any]]:
    """The same for each day or week that anything happened in, by the date of its beginning."""
    unit = _STEPS[step]
    said = f"date_trunc('{unit}', m.created_at AT TIME ZONE %(zone)s)::date"
    begun = f"date_trunc('{unit}', t.started_at AT TIME ZONE %(zone)s)::date"
    answers = _rows(f"SELECT {said} AS day, {_ANSWERS.format(percentiles=_PERCENTILES)} {_FROM} GROUP BY 1", span)
    talks = _rows(_TALKS.format(day=f"{begun} AS day,", group="GROUP BY 1", may=_MAY), span)
    found: dict[Any, dict[str, Any]] = {}
    for row in [*answers, *talks]:
        found.setdefault(row["day"], {}).update(row)
    return [_with_shares({**NOTHING, **found[day]}) for day in sorted(found)]


def refused_topics(span: Span, *, most: int = 10) -> list[dict[str, Any]]:
    """What was refused, by reason and topic, the most often first."""
    sql = f"SELECT m.guardrail_reason AS reason, m.guardrail_topic AS topic, count(*) AS times {_FROM}"
    return _rows(f"{sql} AND m.guardrail_action = 'refuse' GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT {int(most)}", span)


def cited_documents(span: Span, *, most: int = 10) -> list[dict[str, Any]]:
    """In how many answers a document is cited; one that is deleted keeps its last title."""
    return _rows(_CITED.format(may=_MAY, most=int(most)), span)


def _rows(sql: str, span: Span) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, span.parameters())
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


_COUNTS = (
    "conversations", "resolved", "answers", "refused", "unanswered", "escalated", "failed", "by_people", "liked",
    "disliked", "prompt_tokens", "completion_tokens", "cost_usd",
)  # fmt: skip
NOTHING: Mapping[str, Any] = {**dict.fromkeys(_COUNTS, 0), **dict.fromkeys((*_TIMES, *_MODEL_TIMES))}
SHARES = {"resolution_rate": ("resolved", "conversations"), "approval_rate": ("liked", None)}
FIGURES = (*_COUNTS, *_TIMES, *SHARES, *_MODEL_TIMES)


def _with_shares(found: dict[str, Any]) -> dict[str, Any]:
    rated = found["liked"] + found["disliked"]
    return {
        **found,
        "cost_usd": float(found["cost_usd"]),
        "resolution_rate": found["resolved"] / found["conversations"] if found["conversations"] else None,
        "approval_rate": found["liked"] / rated if rated else None,
    }
