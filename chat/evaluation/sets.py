"""All that an evaluation needs of a folder, read and cut to size before anything is done, so that a bad line in the
last file is known at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from chat.evaluation import guarding, injections, reading, sampling
from chat.evaluation.reading import CORPUS, BadSet
from chat.evaluation.sampling import Caps
from chat.evaluation.types import Question, QuestionSet, Remark, Talk, Text

RETRIEVAL, GUARD, INJECTION, FOLLOWUP = "retrieval", "guardrails", "injection", "multiturn"
# A remark is screened once for each level, or for each domain: shares of the questions' cap, for each kind of remark.
_LEVELS, _DOMAINS = 2, 5
_LABELS: Final = {
    GUARD: guarding.LABELS,
    INJECTION: injections.LABELS,
}


@dataclass(frozen=True, slots=True)
class Sets:
    """`grounds` are the corpora of talks, by the talks' names; their questions are those that are searched."""

    questions: Sequence[QuestionSet] = ()
    remarks: Mapping[str, Sequence[Remark]] = field(default_factory=dict)
    attacks: Mapping[str, Sequence[Remark]] = field(default_factory=dict)
    talks: Mapping[str, Sequence[Talk]] = field(default_factory=dict)
    grounds: Mapping[str, QuestionSet] = field(default_factory=dict)


def questions(folder: Path, names: Sequence[str] | None, caps: Caps) -> list[QuestionSet]:
    """All of the folder, or those named. Raises `BadSet`."""
    there = reading.names(folder)
    unknown = [name for name in names or () if name not in there]
    if unknown:
        raise BadSet(f"{folder} has no set {', '.join(unknown)}. It has: {', '.join(there) or 'none'}.")
    return [sampling.sample(reading.question_set(folder, name), caps) for name in (there if names is None else names)]


def remarks(folder: Path, caps: Caps) -> dict[str, list[Remark]]:
    return {name: _of_each_kind(given, caps) for name, given in _labelled(folder, GUARD, "domain").items()}


def attacks(folder: Path) -> dict[str, list[Remark]]:
    return _labelled(folder, INJECTION, "category")


def talks(folder: Path) -> dict[str, list[Talk]]:
    paths = sorted(path for path in (folder / FOLLOWUP).glob("*.jsonl") if not path.name.endswith(CORPUS))
    return {path.stem: list(reading.talks(path)) for path in paths}


def grounds(folder: Path, talks: Mapping[str, Sequence[Talk]], caps: Caps) -> dict[str, QuestionSet]:
    """What each set of talks is about: the corpus beside it, or the question set's that has most of its documents."""
    corpora = {path: reading.corpus(path) for path in sorted((folder / RETRIEVAL).glob(f"*{CORPUS}"))} if talks else {}
    found = {}
    for name, given in talks.items():
        own = folder / FOLLOWUP / f"{name}{CORPUS}"
        texts = reading.corpus(own) if own.exists() else _ground(given, list(corpora.values()))
        asked = _searchable(given, {text.id for text in texts})
        if asked:
            found[name] = sampling.sample(QuestionSet(f"{name}, talks", tuple(texts), asked), caps)
    return found


def _ground(talks: Sequence[Talk], corpora: Sequence[Sequence[Text]]) -> Sequence[Text]:
    wanted = {document for talk in talks for document in talk.documents}
    return max(corpora, key=lambda texts: len(wanted & {text.id for text in texts}), default=())


def _searchable(talks: Sequence[Talk], known: set[str]) -> tuple[Question, ...]:
    """Those that can be searched in every way: something was said before, and a person put the question anew."""
    return tuple(
        Question(talk.id, talk.question, talk.documents)
        for talk in talks
        if talk.history and talk.standalone is not None and talk.documents & known
    )


def _labelled(folder: Path, kind: str, field_name: str) -> dict[str, list[Remark]]:
    paths = sorted((folder / kind).glob("*.jsonl"))
    return {path.stem: list(reading.remarks(path, labels=_LABELS[kind], kind=field_name)) for path in paths}


def _of_each_kind(given: Sequence[Remark], caps: Caps) -> list[Remark]:
    if caps.questions is None:
        return list(given)
    levels = any(remark.label in (guarding.ALLOWED, guarding.FORBIDDEN) for remark in given)
    most = max(1, caps.questions // (_LEVELS if levels else _DOMAINS))
    by_kind: dict[str, list[Remark]] = defaultdict(list)
    for remark in given:
        by_kind[remark.kind].append(remark)
    return [remark for part in by_kind.values() for remark in sampling.first(part, most)]
