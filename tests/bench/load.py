"""`python -m tests.bench.load JOB RESULT`: one measurement by a client that costs little, in a process of its own.

A job is a JSON file. `loop`: so many clients, each sending its next request when the answer is there. `pace`: so many
requests a second, whatever the answers do. `streams`: so many event streams opened one after the other and read to
their ends, some of them cut off on the way. The result is written as JSON.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from tests.bench import proc, wire
from tests.bench.wire import Broken, Connection, Heard

_CODE = re.compile(rb'"code": ?"([a-z_]+)"')
_NONE = re.compile(rb"(?!)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """`seen` are patterns whose share among the answers is told: has the turn really come through?"""

    kind: str
    host: str = "127.0.0.1"
    port: int
    method: str = "POST"
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    bodies: list[Any] = field(default_factory=lambda: [None])
    seen: dict[str, str] = field(default_factory=dict)
    is_stream: bool = False
    clients: int = 1
    seconds: float = 10.0
    warm_up: float = 1.0
    rate: float = 1.0  # a second: requests of `pace`, openings of `streams`
    tokens: int = 0  # what each of `streams` must bring
    patience: float = 120.0
    cut: int = 0
    cut_after: float = 0.0


@dataclass(slots=True)
class Tally:
    spent: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    seen: Counter[str] = field(default_factory=Counter)


class Client:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.patterns = {name: re.compile(pattern.encode()) for name, pattern in job.seen.items()}
        host = f"{job.host}:{job.port}"
        self.requests = [
            wire.request(job.method, job.path, host=host, headers=job.headers, body=body) for body in job.bodies
        ]
        self.tally = Tally()
        self._idle: list[Connection] = []

    async def ask(self, number: int, tally: Tally) -> None:
        """One request, and what came of it."""
        heard, body, began = Heard(), bytearray(), time.time()
        try:
            async with asyncio.timeout(self.job.patience):
                connection = await self._connection()
                status = await connection.ask(
                    self.requests[number % len(self.requests)], heard.feed if self.job.is_stream else body.extend
                )
        except (OSError, Broken, TimeoutError) as error:
            tally.errors[type(error).__name__] += 1
            await asyncio.sleep(0.05)
            return
        if connection.is_open:
            self._idle.append(connection)
        answer = (heard.end or heard.said) if self.job.is_stream else bytes(body)
        if problem := _problem(status, answer, heard if self.job.is_stream else None):
            tally.errors[problem] += 1
            return
        tally.spent.append(time.time() - began)
        tally.first.append(heard.first - began)
        tally.seen.update(name for name, pattern in self.patterns.items() if pattern.search(answer))

    async def _connection(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open:
                return connection
        return await Connection.to(self.job.host, self.job.port)


def _problem(status: int, answer: bytes, heard: Heard | None) -> str:
    if status != 200:
        code = _CODE.search(answer)
        return f"{status} {code[1].decode() if code else ''}".strip()
    if heard is None:
        return ""
    return heard.error or ("" if heard.end and heard.events else "no end")


async def loop(job: Job) -> dict[str, Any]:
    client = Client(job)
    begin = time.time() + job.warm_up
    end = begin + job.seconds
    warming = Tally()

    async def one(number: int) -> None:
        while (now := time.time()) < end:
            await client.ask(number, client.tally if now >= begin else warming)
            number += job.clients

    await asyncio.gather(*(one(number) for number in range(job.clients)))
    return {"began": begin, "seconds": time.time() - begin, **_summed(client.tally)}


async def pace(job: Job) -> dict[str, Any]:
    client, began = Client(job), time.time()
    asked = []
    for number in range(round(job.seconds * job.rate)):
        await asyncio.sleep(max(0.0, began + number / job.rate - time.time()))
        asked.append(asyncio.create_task(client.ask(number, client.tally)))
    await asyncio.gather(*asked)
    return {"began": began, "seconds": time.time() - began, **_summed(client.tally)}


@dataclass(slots=True)
class Stream:
    heard: Heard
    connection: Connection | None = None
    is_cut: bool = False

    @property
    def is_live(self) -> bool:
        """It talks: the provider is being read for it."""
        is_open = self.connection is not None and self.connection.is_open
        return is_open and self.heard.events > 0 and not self.heard.end


class Streams:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.requests = Client(job).requests
        self.opened: list[Stream] = []
        self.cut_at: float | None = None

    async def run(self) -> dict[str, Any]:
        job, began = self.job, time.time()
        asked = [asyncio.create_task(self._cut())] if job.cut else []
        for number in range(job.clients):
            await asyncio.sleep(max(0.0, began + number / job.rate - time.time()))
            asked.append(asyncio.create_task(self._one(self.requests[number % len(self.requests)])))
        all_asked = time.time()
        await asyncio.gather(*asked)
        times = {"began": began, "all_asked": all_asked, "seconds": time.time() - began, "cut_at": self.cut_at}
        return times | self._result(all_asked)

    async def _one(self, request: bytes) -> None:
        heard = Heard(asked=time.time())
        stream = Stream(heard)
        self.opened.append(stream)
        try:
            async with asyncio.timeout(self.job.patience):
                stream.connection = await Connection.to(self.job.host, self.job.port)
                status = await stream.connection.ask(request, heard.feed)
            heard.error = _problem(status, heard.end or heard.said, heard)
        except (OSError, Broken, TimeoutError) as error:
            heard.error = type(error).__name__
        if not heard.error and not (heard.in_order and heard.tokens == self.job.tokens):
            heard.error = "tokens missing"
        if stream.connection is not None:
            stream.connection.close()

    async def _cut(self) -> None:
        await asyncio.sleep(self.job.cut_after)
        live = [stream for stream in self.opened if stream.is_live]
        self.cut_at = time.time()
        for stream in random.sample(live, min(self.job.cut, len(live))):
            stream.is_cut = True
            assert stream.connection is not None
            stream.connection.close()

    def _result(self, all_asked: float) -> dict[str, Any]:
        whole = [stream.heard for stream in self.opened if not stream.is_cut]
        heard = [stream.heard for stream in self.opened]
        return {
            "errors": dict(Counter(each.error for each in whole if each.error)),
            "complete": sum(not each.error for each in whole),
            "cut": len(heard) - len(whole),
            "first": summary([(each.first - each.asked) * 1000 for each in heard if each.first]),
            "all_open": max((each.first for each in heard if each.first), default=all_asked),
            "first_end": min((each.last for each in whole if each.last), default=all_asked),
            "gap": summary([gap * 1000 for each in heard for gap in each.gaps]),
            "lag": summary([lag for each in heard for lag in each.lags]),
            **{name: sum(getattr(each, name) for each in heard) for name in ("tokens", "events", "beats")},
        }


async def streams(job: Job) -> dict[str, Any]:
    return await Streams(job).run()


def _summed(tally: Tally) -> dict[str, Any]:
    return {
        "answers": len(tally.spent),
        "spent": summary([seconds * 1000 for seconds in tally.spent]),
        "first": summary([seconds * 1000 for seconds in tally.first]),
        "errors": dict(tally.errors),
        "seen": dict(tally.seen),
    }


def summary(figures: Iterable[float]) -> dict[str, float]:
    """Milliseconds at the usual shares."""
    ordered = sorted(figures)
    return {name: round(_share(ordered, share), 2) for name, share in _SHARES.items()} if ordered else {}


_SHARES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}


def _share(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


async def _run(job: Job) -> dict[str, Any]:
    kinds = {"loop": loop, "pace": pace, "streams": streams}
    began = time.process_time()
    result = await kinds[job.kind](job)
    return result | {"own_cpu": time.process_time() - began}


if __name__ == "__main__":
    proc.raise_open_files()
    done = uvloop.run(_run(Job(**json.loads(Path(sys.argv[1]).read_text()))))
    Path(sys.argv[2]).write_text(json.dumps(done))
