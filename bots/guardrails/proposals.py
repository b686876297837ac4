"""Topics for a bot that has none yet, from what its documents are about; no model is asked.

In: subjects, the most important first. Out: topics to allow, as the documents call them, since the guard knows the
library's names for them by itself; and topics to forbid, of which none is what the documents are about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bots.guardrails import library, topics

FORBIDDEN = ("medical", "legal", "investment", "personal")
MOST = 8


@dataclass(frozen=True, slots=True)
class Proposal:
    allowed: tuple[str, ...]
    forbidden: tuple[str, ...]


def propose(subjects: Sequence[str], *, most: int = MOST) -> Proposal:
    """Raises `EmbedderUnavailable`."""
    known = [topics.topic(subject).known for subject in subjects]
    names = library.load().topics
    forbidden = [names[key].names[0].capitalize() for key in FORBIDDEN if key not in known]
    return Proposal(tuple(dict.fromkeys(subjects))[:most], tuple(forbidden))
