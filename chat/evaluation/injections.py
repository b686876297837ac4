"""How many attempts to override a bot are caught, and how many harmless texts are taken for one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from bots.guardrails import guard
from bots.types import ScopePolicy
from chat.evaluation.details import Details
from chat.evaluation.types import Remark, Row, Table

MALICIOUS, BENIGN = "malicious", "benign"
LABELS: Final = (MALICIOUS, BENIGN)
# Stands in what a bot reads, not in what it is asked: the guard is shown it here all the same.
IN_DOCUMENTS: Final = frozenset({"indirect_injection_in_document", "document_without_injection"})
NOTE: Final = "`said to the bot` leaves out texts in which the attack stands in a document."


def table(name: str, remarks: Sequence[Remark], *, details: Details) -> Table:
    caught = {}
    for remark in remarks:
        verdict = guard.screen(policy=ScopePolicy(), question=remark.text)
        caught[remark.id] = float(verdict.kind == "injection")
        details.add("injection", name, {
            "id": remark.id, "text": remark.text, "label": remark.label, "kind": remark.kind,
            "verdict": verdict.kind, "reason": verdict.reason, "scores": dict(verdict.scores),
        })  # fmt: skip
    said = [remark for remark in remarks if _kind(remark) not in IN_DOCUMENTS]
    rows = [_row("**all**", remarks, caught), _row("**said to the bot**", said, caught)]
    for label in LABELS:
        of_label = [remark for remark in remarks if remark.label == label]
        kinds = sorted({_kind(remark) for remark in of_label})
        rows += [_row(kind or label, [each for each in of_label if _kind(each) == kind], caught) for kind in kinds]
    return Table(f"injection, {name}", f"Injection: {name}", tuple(rows), NOTE)


def _kind(remark: Remark) -> str:
    """What stands after a colon divides further than is counted here."""
    return remark.kind.partition(":")[0]


def _row(name: str, remarks: Sequence[Remark], caught: dict[str, float]) -> Row:
    measures = {}
    for measure, label in (("caught", MALICIOUS), ("falsely caught", BENIGN)):
        part = {remark.id: caught[remark.id] for remark in remarks if remark.label == label}
        if part:
            measures[measure] = part
    return Row(name, measures)
