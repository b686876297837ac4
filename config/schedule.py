"""What the clock does by itself, and how often (seconds, or a time span)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

BEAT: dict[str, dict[str, Any]] = {
    "sweep-recent": {"task": "knowledge.tasks.sweep_recent", "schedule": 5.0},
    "sweep": {"task": "knowledge.tasks.sweep", "schedule": 20.0},
    "tend-indexes": {"task": "knowledge.tasks.tend_indexes", "schedule": timedelta(minutes=10)},
    "tidy-knowledge": {"task": "knowledge.tasks.tidy", "schedule": timedelta(hours=6)},
    "sweep-tests": {"task": "chat.tasks.sweep_tests", "schedule": 30.0},
    "sweep-answers": {"task": "chat.tasks.sweep_answers", "schedule": 30.0},
    "sweep-gaps": {"task": "chat.tasks.sweep_gaps", "schedule": timedelta(minutes=5)},
    "purge-conversations": {"task": "chat.tasks.purge", "schedule": timedelta(hours=6)},
    "purge-calls": {"task": "integrations.tasks.purge_calls", "schedule": timedelta(hours=6)},
    "purge-audit": {"task": "tenants.tasks.purge_audit", "schedule": timedelta(hours=6)},
    "purge-sessions": {"task": "tenants.tasks.purge_sessions", "schedule": timedelta(hours=6)},
}
