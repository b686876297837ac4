"""`python -m tests.faults [runs]`: the long form; prints a table, and ends with 1 where anything was lost."""

from __future__ import annotations

import random
import sys
from collections import defaultdict
from itertools import cycle, islice, product

from tests.faults.runs import FAULTS, STAGES, Outcome, run
from tests.faults.world import world


def main(count: int) -> int:
    plan = list(product(FAULTS, STAGES))
    random.shuffle(plan)
    outcomes: dict[str, list[Outcome]] = defaultdict(list)
    with world() as made:
        for number, (fault, stage) in enumerate(islice(cycle(plan), count), 1):
            outcome = run(made, fault=fault, stage=stage)
            outcomes[fault].append(outcome)
            sys.stdout.write(
                f"{number:4} {fault:17} {outcome.stage:10} {outcome.seconds:6.1f} s, resumed after "
                f"{outcome.resumed:5.1f} s {outcome.details or ''}\n"
            )
            sys.stdout.flush()
    sys.stdout.write(_table(outcomes))
    return 0 if all(outcome.is_good for found in outcomes.values() for outcome in found) else 1


def _table(outcomes: dict[str, list[Outcome]]) -> str:
    lines = [
        "",
        "| fault | runs | documents | lost | mixed | stuck | slowest to resume, s |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for fault, found in sorted(outcomes.items()):
        total = [sum(getattr(outcome, name) for outcome in found) for name in ("documents", "lost", "mixed", "stuck")]
        slowest = max(outcome.resumed for outcome in found)
        lines.append(f"| {fault} | {len(found)} | {' | '.join(map(str, total))} | {slowest:.1f} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100))
