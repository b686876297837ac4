"""Topics for a bot that has none yet, from what its documents are about; no model is asked.

In: subjects, the most important first. Out: topics to allow and to forbid. A subject that the library knows goes by the
library's name, since its questions are known; what the documents are about is not forbidden.
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
    allowed = (names[key].names[0] if key else subject for subject, key in zip(subjects, known, strict=True))
    forbidden = [names[key].names[0] for key in FORBIDDEN if key not in known]
    return Proposal(tuple(dict.fromkeys(allowed))[:most], tuple(forbidden))
