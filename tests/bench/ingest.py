"""`python -m tests.bench.ingest [folder]`: how fast documents become searchable, with the built-in embedder and with
one that answers at once; what everything but the embedder costs; how much memory it takes."""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.embedded import temporary

SAMPLES = Path(__file__).resolve().parents[2] / "config" / "demo" / "handbook"
MANY = 1_000
_HEAD = (
    "| with | files (failed) | pages | chunks | seconds | pages/s | chunks/s "
    "| CPU ms a chunk: all / parser / embedder / the rest | memory first, last, most, MB |"
)


@dataclass(slots=True)
class Spent:
    documents: int = 0
    failed: int = 0
    pages: int = 0
    chunks: int = 0
    seconds: float = 0.0
    cpu: float = 0.0
    parsers: float = 0.0
    embedding: float = 0.0
    memory: list[int] = field(default_factory=list)


def main(folder: Path) -> None:
    with temporary.temporary() as services, tempfile.TemporaryDirectory(prefix="parley-bench-") as media:
        os.environ.update(
            PARLEY_ENV="test", DATABASE_URL=services.database_url, REDIS_URL=services.redis_url,
            DJANGO_SETTINGS_MODULE="config.settings", MAX_UPLOAD_FILES="2000",
        )  # fmt: skip
        import django  # noqa: PLC0415 -- the addresses have to be known first

        django.setup()
        from django.conf import settings  # noqa: PLC0415 -- same

        settings.MEDIA_ROOT = media
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        with _tenant():
            instant = _ingest("instant", paths, embedder=Instant())
            real = _ingest("built-in", paths, embedder=None)
            many = _ingest("many", [*_little(Path(media) / "many")], embedder=Instant())
    _print({"an instant embedder": instant, "the built-in embedder": real, f"{MANY} small files, instant": many})


class Instant:
    """What everything but the embedder costs."""

    model, dimensions, batch = "instant", 384, 16

    def embed_documents(self, texts: Sequence[str], *, on_wait: Any = None) -> list[list[float]]:
        return [[1.0, *([0.0] * 383)] for _ in texts]


@contextmanager
def _tenant() -> Iterator[None]:
    from django.core.management import call_command  # noqa: PLC0415 -- Django is set up by now

    from tenants import context, services  # noqa: PLC0415 -- same
    from tenants.models import Tenant  # noqa: PLC0415 -- same
    from tenants.provisioning import defaults  # noqa: PLC0415 -- same
    from tenants.types import Principal  # noqa: PLC0415 -- same

    call_command("migrate_schemas", verbosity=0)
    defaults.ensure()
    services.create_tenant(
        by=Principal(), name="Bench", slug="bench", plan="enterprise", email="b@bench.example", password="x" * 20
    )
    with context.entered(Tenant.objects.get(slug="bench").ref):
        yield


def _ingest(name: str, paths: list[Path], *, embedder: Any) -> Spent:
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415 -- Django is set up by now
    from django.db.models import Sum  # noqa: PLC0415 -- same

    from integrations.embedders import registry  # noqa: PLC0415 -- same
    from knowledge import selectors, services, tasks  # noqa: PLC0415 -- same
    from knowledge.models import Chunk, Document  # noqa: PLC0415 -- same
    from tenants.types import Principal  # noqa: PLC0415 -- same

    spent = Spent()
    chosen = embedder or registry.builtin()
    timed: Any = Timed(chosen, spent)
    selectors.embedder = lambda space: timed
    dataset = services.create_dataset(by=Principal(), name=name)
    began, cpu, parsers = time.perf_counter(), time.process_time(), _children()
    for first in range(0, len(paths), 50):
        files = [SimpleUploadedFile(path.name, path.read_bytes()) for path in paths[first : first + 50]]
        services.add_files(by=Principal(), dataset=dataset, files=files)
    while tasks.serve():
        spent.memory.append(_resident())
    spent.seconds, spent.cpu = time.perf_counter() - began, time.process_time() - cpu
    spent.parsers = _children() - parsers
    done = Document.objects.filter(dataset=dataset)
    spent.documents, spent.failed = done.count(), done.filter(status="failed").count()
    spent.pages = done.aggregate(pages=Sum("page_count", default=0))["pages"]
    spent.chunks = done.aggregate(chunks=Sum("chunk_count", default=0))["chunks"]
    Chunk.objects.update(fingerprint=dataset.id)  # so that the next measurement embeds for itself
    return spent


class Timed:
    """An embedder with a clock of its process's time."""

    def __init__(self, inner: Any, spent: Spent) -> None:
        self._inner, self._spent = inner, spent
        self.batch, self.model, self.dimensions = inner.batch, inner.model, inner.dimensions

    def embed_documents(self, texts: Sequence[str], *, on_wait: Any = None) -> list[list[float]]:
        began = time.process_time()
        vectors: list[list[float]] = self._inner.embed_documents(texts)
        self._spent.embedding += time.process_time() - began
        return vectors


def _little(folder: Path) -> Iterator[Path]:
    folder.mkdir(parents=True)
    for number in range(MANY):
        path = folder / f"note-{number}.txt"
        path.write_text(f"Note {number}. " + f"Hall {number * 7} is open on day {number}. " * 20)
        yield path


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _resident() -> int:
    """Megabytes of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 // 1024**2


def _print(found: dict[str, Spent]) -> None:
    lines = [
        _HEAD,
        "|---" + "|--:" * 8 + "|",
    ]
    for name, spent in found.items():
        per = 1000 / max(1, spent.chunks)
        rest = spent.cpu - spent.embedding
        parts = [spent.cpu + spent.parsers, spent.parsers, spent.embedding, rest]
        cpu = " / ".join(f"{part * per:.2f}" for part in parts)
        memory = f"{spent.memory[0]}, {spent.memory[-1]}, {max(spent.memory)}"
        lines.append(
            f"| {name} | {spent.documents} ({spent.failed}) | {spent.pages} | {spent.chunks} | {spent.seconds:.1f} "
            f"| {spent.pages / spent.seconds:.1f} | {spent.chunks / spent.seconds:.1f} | {cpu} | {memory} |"
        )
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1] else SAMPLES)
