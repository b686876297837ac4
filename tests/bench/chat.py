"""`python -m tests.bench.chat`: a turn of talk as the web process serves it, against a provider on the same machine
that costs next to nothing: answers a second, the first token, streams held, a thousand of them open.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import psycopg

from tests.bench import proc
from tests.bench.world import ROOT, World, world

RESULT = ROOT / "var" / "bench" / "chat.json"
CLIENTS = (1, 8, 32)
FAST, SLOW = 50, 5  # tokens a second
GAP_MS, LAG_MS = 60, 40  # a stream is held while 99 of 100 gaps and delays stay below
HOLD = 30  # seconds that all of the many streams are open together
CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
OTHERS = "other work, cores"  # what the machine does besides: a row where this is not near 0 says little
Row = dict[str, Any]


class Samples:
    """Processor time of everything, four times a second, so that any window can be asked for afterwards."""

    def __init__(self, made: World) -> None:
        self._pids = made.pids
        self._rows: list[tuple[float, dict[str, float]]] = []

    def take(self) -> None:
        if not self._rows or time.time() - self._rows[-1][0] > 0.25:
            spent = {name: proc.cpu(pid) for name, pid in self._pids.items()}
            self._rows.append((time.time(), spent | {OTHERS: proc.machine() - proc.cpu(os.getpid())}))

    def share(self, begin: float, end: float) -> dict[str, float]:
        """Seconds of processor time a second, between the two moments."""
        inside = [row for row in self._rows if begin <= row[0] <= end]
        if len(inside) < 2:
            return {}
        (first, before), (last, after) = inside[0], inside[-1]
        return {name: (after[name] - before[name]) / (last - first) for name in after}


def main() -> None:
    options = _options()
    proc.raise_open_files()
    # Long enough that all are open together at the end of the ramp, for the step's seconds.
    fast = FAST * (options.seconds + round(max(options.streams) / options.ramp))
    slow = SLOW * (HOLD + round(options.thousand / options.ramp) + 5)
    models = ["instant", f"paced-{FAST}-x{fast}", f"paced-{SLOW}-x{slow}"]
    env = dict(pair.split("=", 1) for pair in options.env)
    found: dict[str, Any] = {
        "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
        "options": vars(options),
    }
    with world(web=options.web, models=models, embedders=options.embedders, env=env) as made:
        found["world"] = {"chunks": made.chunks, "idle": _memory(made)}
        found["floor"] = [_floor(made, options)]
        _say(f"{made.chunks} chunks; the stub alone: {_shown(found['floor'][0])}\n")
        for part in options.only:
            rows = found[part] = []
            for row in PARTS[part](made, options, models):
                rows.append(row)
                _say(f"{part}: {_shown(row)}")
                _keep(found)
            _say(_table(rows))
        found["floor"].append(_floor(made, options))
        _say(f"The stub alone, again: {_shown(found['floor'][-1])}")
        _keep(found)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.chat", description=__doc__)
    parser.add_argument("--only", type=_list, default=list(PARTS), help=f"of {','.join(PARTS)}")
    parser.add_argument("--embedders", type=_list, default=["builtin", "stub"], help="builtin,stub")
    parser.add_argument("--seconds", type=int, default=10, help="a step takes")
    parser.add_argument("--web", type=int, default=1, help="web processes")
    parser.add_argument("--clients", type=_numbers, default=list(CLIENTS))
    parser.add_argument("--streams", type=_numbers, default=[32, 64, 128, 192])
    parser.add_argument("--ramp", type=float, default=25, help="streams opened a second")
    parser.add_argument("--thousand", type=int, default=1_000, help="streams open at once in that part")
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE", help="for the web process")
    options = parser.parse_args()
    if not set(options.only) <= set(PARTS) or not set(options.embedders) <= {"builtin", "stub"}:
        parser.error("--only or --embedders names what is not there")
    return options


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _numbers(text: str) -> list[int]:
    return [int(part) for part in _list(text)]


def _floor(made: World, options: argparse.Namespace) -> Row:
    """What this client gets from the least server there is, and from the stub: a noisy machine shows here."""
    hello = made.result(made.load(kind="loop", port=made.stub_port, method="GET", path="/hello", clients=8, seconds=2))
    asked = {"model": "instant", "messages": [{"role": "user", "content": "How much is shipping?"}]}
    alone = made.result(
        made.load(kind="loop", port=made.stub_port, path="/v1/chat/completions", bodies=[asked], seconds=2)
    )
    rate = round(hello["answers"] / hello["seconds"])
    return {"hello a second, 8 clients": rate, "stub's own p50, ms": alone["spent"]["p50"]}


def _turns(made: World, options: argparse.Namespace, models: list[str], *, stream: bool) -> Iterator[Row]:
    """Questions asked one after the other by so many clients. First for a moment, so that all is loaded."""
    own = _floor(made, options)["stub's own p50, ms"]
    for embedder in options.embedders:
        for clients in options.clients:
            job = made.turns(embedder, models[0], stream=stream, clients=clients, kind="loop", seconds=options.seconds)
            samples = Samples(made)
            done = made.result(made.load(**job, warm_up=3), meanwhile=samples.take)
            cpu = samples.share(done["began"], done["began"] + done["seconds"])
            others = cpu.pop(OTHERS, 0.0)
            answers = max(1, done["answers"])
            spent = done["first" if stream else "spent"] or {"p50": 0.0, "p95": 0.0}
            yield {
                "embedder": embedder, "clients": clients, "answers/s": round(done["answers"] / done["seconds"], 1),
                **({"first token p50, ms": spent["p50"], "p95": spent["p95"]} if stream
                   else {"p50, ms": spent["p50"], "p95": spent["p95"]}),
                "p50 less the stub's": round(spent["p50"] - own, 2),
                **{f"CPU ms {name}": round(share * done["seconds"] * 1000 / answers, 2) for name, share in cpu.items()},
                "cited": _percent(done["seen"].get("cited", 0), answers),
                "by the stub": _percent(done["seen"].get("asked", 0), answers),
                OTHERS: round(others, 2), "errors": done["errors"] or 0,
            }  # fmt: skip


def _json(made: World, options: argparse.Namespace, models: list[str]) -> Iterator[Row]:
    yield from _turns(made, options, models, stream=False)


def _first(made: World, options: argparse.Namespace, models: list[str]) -> Iterator[Row]:
    yield from _turns(made, options, models, stream=True)


def _held(made: World, options: argparse.Namespace, models: list[str]) -> Iterator[Row]:
    tokens = int(models[1].rpartition("x")[2])
    embedder = options.embedders[0]
    _warm(made, embedder, models[0])
    for count in options.streams:
        job = made.turns(embedder, models[1], stream=True, kind="streams", clients=count, rate=options.ramp)
        samples = Samples(made)
        done = made.result(made.load(**job, tokens=tokens, patience=3 * tokens / FAST + 60), meanwhile=samples.take)
        cpu = samples.share(done["all_open"], done["first_end"])
        others = cpu.pop(OTHERS, 0.0)
        gap, lag = done["gap"].get("p99", 0.0), done["lag"].get("p99", 0.0)
        is_held = done["complete"] == count and gap < GAP_MS and lag < LAG_MS
        yield {
            "streams": count, "held": "yes" if is_held else "no", "complete": done["complete"],
            "gap p50, ms": done["gap"].get("p50"), "gap p99": gap, "gap max": done["gap"].get("max"),
            "lag p50, ms": done["lag"].get("p50"), "lag p99": lag,
            "first token p50, ms": done["first"].get("p50"), "p95": done["first"].get("p95"),
            "tokens an event": round(done["tokens"] / max(1, done["events"]), 2),
            **{f"CPU µs a token {name}": round(share * 1e6 / (count * FAST), 1) for name, share in cpu.items()},
            OTHERS: round(others, 2), "errors": done["errors"] or 0,
        }  # fmt: skip


def _thousand(made: World, options: argparse.Namespace, models: list[str]) -> Iterator[Row]:
    """Slow streams, all open together for a while; other requests meanwhile; some of the visitors go away."""
    count, embedder, ramp = options.thousand, options.embedders[0], options.thousand / options.ramp
    tokens = int(models[2].rpartition("x")[2])
    _warm(made, embedder, models[0])
    quiet = _others(made, embedder, models[0], seconds=10, meanwhile=_nothing)
    before, cuts = _memory(made), made.stub()["cut"]
    cut_after, cut = ramp + HOLD * 2 / 3, count // 5
    job = made.turns(
        embedder, models[2], stream=True, kind="streams", clients=count, rate=options.ramp, tokens=tokens,
        cut=cut, cut_after=cut_after, patience=tokens / SLOW + 120,
    )  # fmt: skip
    samples, watched = Samples(made), _Watch(made)

    def look() -> None:
        samples.take()
        watched.take()

    streams, began = made.load(**job), time.time()
    while time.time() - began < ramp + 1:
        look()
        time.sleep(0.1)
    busy = _others(made, embedder, models[0], seconds=HOLD - 5, meanwhile=look)
    done = made.result(streams, meanwhile=look)
    time.sleep(1)
    stub = made.stub()
    closed = [at - done["cut_at"] for at in stub["cuts"][cuts:] if at >= done["cut_at"]]
    cpu = samples.share(done["all_open"], done["cut_at"])
    others = cpu.pop(OTHERS, 0.0)
    yield {
        "streams": count, "complete": f"{done['complete']} of {count - done['cut']}",
        "first token p50, ms": done["first"].get("p50"), "p95": done["first"].get("p95"),
        "lag p99, ms": done["lag"].get("p99"), "gap p99": done["gap"].get("p99"),
        **{f"CPU µs a token {name}": round(share * 1e6 / (count * SLOW), 1) for name, share in cpu.items()},
        "database connections, most": watched.connections, "web RSS before, MB": before["RSS, MB"],
        "most": watched.resident, "KB a stream": round((watched.resident - before["RSS, MB"]) * 1024 / count),
        "threads before": before["threads"], "threads, most": watched.threads,
        "cut": done["cut"], "closed at the stub": len(closed), "closed after, s: p50": _middle(closed),
        "longest": round(max(closed, default=0.0), 2), OTHERS: round(others, 2), "errors": done["errors"] or 0,
    }  # fmt: skip
    yield from ({"streams": 0 if each is quiet else count, **row} for each in (quiet, busy) for row in each)


def _warm(made: World, embedder: str, model: str) -> None:
    """What is loaded with the first question is loaded, in every process."""
    for stream in (False, True):
        made.result(made.load(**made.turns(embedder, model, stream=stream, kind="loop", clients=8, seconds=2)))


def _others(made: World, embedder: str, model: str, *, seconds: int, meanwhile: Callable[[], None]) -> list[Row]:
    """What everybody else waits, at a leisurely pace."""
    reads = {"port": made.port, "method": "GET", "path": "/v1/tenant/bots/", "headers": made.credential}
    jobs = {
        "GET bots": made.load(**reads, kind="pace", rate=5, seconds=seconds),
        "a turn": made.load(**made.turns(embedder, model, stream=False, kind="pace", rate=1, seconds=seconds)),
    }
    rows = []
    for name, job in jobs.items():
        done = made.result(job, meanwhile=meanwhile)
        spent = {f"{share}, ms": done["spent"].get(share) for share in ("p50", "p95", "max")}
        rows.append({"request": name, "answers": done["answers"], **spent, "errors": done["errors"] or 0})
    return rows


class _Watch:
    """The most that was seen, looked at once a second."""

    def __init__(self, made: World) -> None:
        self._made, self._last = made, 0.0
        self._side = psycopg.connect(made.database_url, autocommit=True)
        self.connections = self.threads = 0
        self.resident = 0.0

    def take(self) -> None:
        if time.time() - self._last < 1:
            return
        self._last = time.time()
        row = self._side.execute(CONNECTIONS).fetchone()
        assert row is not None
        self.connections = max(self.connections, int(row[0]))
        self.threads = max(self.threads, proc.threads(self._made.pids["web"]))
        self.resident = max(self.resident, round(proc.resident(self._made.pids["web"]), 1))


def _memory(made: World) -> Row:
    pid = made.pids["web"]
    return {
        "processes": len(proc.tree(pid)), "RSS, MB": round(proc.resident(pid), 1),
        "PSS, MB": round(proc.proportional(pid), 1), "threads": proc.threads(pid),
    }  # fmt: skip


def _nothing() -> None:
    """For a wait in which nothing is watched."""


def _middle(figures: Sequence[float]) -> float | None:
    return round(statistics.median(figures), 2) if figures else None


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %"


def _shown(row: Row) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items())


def _table(rows: Sequence[Row]) -> str:
    """Rows of the same columns make a table; others begin one of their own."""
    lines: list[str] = []
    head: list[str] = []
    for row in rows:
        if list(row) != head:
            head = list(row)
            lines += ["", f"| {' | '.join(head)} |", "|" + "--:|" * len(head)]
        lines.append(f"| {' | '.join('' if row[name] is None else str(row[name]) for name in head)} |")
    return "\n".join([*lines, ""])


def _keep(found: dict[str, Any]) -> None:
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(found, indent=2, ensure_ascii=False))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


PARTS: dict[str, Callable[[World, argparse.Namespace, list[str]], Iterator[Row]]] = {
    "json": _json,
    "first": _first,
    "held": _held,
    "thousand": _thousand,
}

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # through every `finally`, as after a Ctrl-C
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
