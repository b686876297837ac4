"""One fault at one moment, and what must be true afterwards: nothing lost, nothing stuck, no chunk doubled or mixed."""

from __future__ import annotations

import io
import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import docx
from reportlab.pdfgen import canvas

from tests.faults.world import World

STAGES = ("", "extracting", "splitting", "embedding", "storing")
_WORDS = [a + b for a in ("ba", "de", "fi", "go", "lu", "ma", "ni") for b in ("cart", "dent", "field", "gate", "ring")]
_PATIENCE = 120.0  # seconds until what is not done counts as stuck


@dataclass(slots=True)
class Outcome:
    """`resumed` is how many seconds after the fault the work was seen to go on."""

    fault: str
    stage: str
    documents: int
    lost: int = 0
    stuck: int = 0
    mixed: int = 0
    resumed: float = 0.0
    seconds: float = 0.0
    details: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return not (self.lost or self.stuck or self.mixed)


def kill_worker(world: World) -> None:
    world.stack.kill_worker()
    world.stack.start_worker()


def kill_pool(world: World) -> None:
    for pid in world.pool():
        _signal(pid, signal.SIGKILL)


def kill_parser(world: World) -> None:
    _on_parsers(world, signal.SIGKILL)


def crash_parser(world: World) -> None:
    _on_parsers(world, signal.SIGSEGV)


def restart_database(world: World) -> None:
    world.restart_database()


def restart_redis(world: World) -> None:
    world.restart_redis(away=0)


def stop_redis(world: World) -> None:
    world.restart_redis(away=5)


def flush_redis(world: World) -> None:
    import redis  # noqa: PLC0415 -- the module beside us has the same name

    redis.Redis.from_url(world.stack.env["REDIS_URL"]).flushall()


def provider_away(world: World) -> None:
    world.wire.mode = "broken"
    time.sleep(4)
    world.wire.mode = "ok"


def provider_slows(world: World) -> None:
    world.wire.retry_after, world.wire.mode = "2", "slow_down"
    time.sleep(2)
    world.wire.mode = "ok"


FAULTS: dict[str, Callable[[World], None]] = {
    function.__name__: function
    for function in (
        kill_worker, kill_pool, kill_parser, crash_parser, restart_database, restart_redis, stop_redis, flush_redis,
        provider_away, provider_slows,
    )
}  # fmt: skip


def run(world: World, *, fault: str, stage: str, documents: int = 10) -> Outcome:
    """Add documents, let the fault happen at the stage, wait for the end, look at everything, and tidy up."""
    outcome = Outcome(fault=fault, stage=stage or "any", documents=documents)
    began = time.monotonic()
    titles = [f"Report {random.randrange(10**9)}" for _ in range(documents)]
    _add(world, titles)
    _await_stage(world, stage)
    FAULTS[fault](world)
    struck, before = time.monotonic(), _done(world)
    while time.monotonic() - struck < _PATIENCE and world.open():
        if not outcome.resumed and _done(world) > before:
            outcome.resumed = time.monotonic() - struck
        if world.stack.watch_worker():
            outcome.details.append("the worker ended and was started again")
        time.sleep(0.1)
    outcome.seconds = time.monotonic() - began
    outcome.resumed = outcome.resumed or time.monotonic() - struck
    _judge(world, titles, outcome)
    world.clear()
    return outcome


def _add(world: World, titles: list[str]) -> None:
    documents = f"/v1/tenant/datasets/{world.dataset}/documents"
    for number, title in enumerate(titles):
        if number % 3 == 0:
            body = {"title": title, "content": "\n\n".join(_paragraphs(title)), "source_type": "text"}
            answer = world.owner.post(documents, json=body)
        else:
            name, data = (f"{title}.pdf", _pdf(title)) if number % 3 == 1 else (f"{title}.docx", _docx(title))
            answer = world.owner.post(f"{documents}/upload", files={"files": (name, data)})
        assert answer.status_code == 201, answer.text


def _paragraphs(title: str, count: int = 90) -> list[str]:
    """Each is a chunk of its own more or less, and says which document it is of."""
    return [
        f"{title}, paragraph {number}. " + " ".join(random.choices(_WORDS, k=100)) + f" so far {title}."
        for number in range(count)
    ]


def _pdf(title: str) -> bytes:
    out = io.BytesIO()
    sheet = canvas.Canvas(out)
    for paragraph in _paragraphs(title, 60):
        for line, first in enumerate(range(0, len(paragraph), 80)):
            sheet.drawString(50, 780 - 14 * line, paragraph[first : first + 80])
        sheet.showPage()
    sheet.save()
    return out.getvalue()


def _docx(title: str) -> bytes:
    document = docx.Document()
    for paragraph in _paragraphs(title):
        document.add_paragraph(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _await_stage(world: World, stage: str) -> None:
    end = time.monotonic() + 5
    while stage and time.monotonic() < end and stage not in world.stages():
        time.sleep(0.005)


def _done(world: World) -> int:
    found = world.rows("SELECT coalesce(sum(chunks_done), 0) FROM knowledge_document")
    return int(found[0][0]) if found else 0


def _judge(world: World, titles: list[str], outcome: Outcome) -> None:
    rows = {row[1]: row for row in world.whole()}
    for title in titles:
        row = rows.get(title)
        if row is None:
            outcome.lost += 1
            continue
        _, _, status, count, code, stored, positions, vectors, strange = row
        if status in ("pending", "processing"):
            outcome.stuck += 1
        elif status == "failed":
            outcome.lost += 1
            outcome.details.append(f"{title} failed: {code}")
        elif not (count == stored == positions == vectors > 10) or strange:
            outcome.mixed += 1
            outcome.details.append(f"{title}: {row[3:]}")


def _on_parsers(world: World, by: signal.Signals) -> None:
    end = time.monotonic() + 3
    while not (found := world.parsers()) and time.monotonic() < end:
        time.sleep(0.002)
    for pid in found:
        _signal(pid, by)


def _signal(pid: int, by: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, by)
