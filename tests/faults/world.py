"""A whole Parley with a PostgreSQL and a Redis of its own that can be stopped, and an embedding provider that can be
away. One dataset is embedded by that provider, so that a run takes seconds."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from config.embedded import postgres, redis
from integrations.tests.wire import Wire
from tests.stack import Stack

TENANT = {"name": "Faulty", "slug": "faulty", "email": "f@faulty.example", "password": "correct horse battery"}
_CHUNKS_WHOLE = """
SELECT d.id, d.title, d.status, d.chunk_count, d.error_code,
  (SELECT count(*) FROM knowledge_chunk c WHERE c.document_id = d.id),
  (SELECT count(DISTINCT position) FROM knowledge_chunk c
   WHERE c.document_id = d.id AND c.generation = d.active_generation),
  (SELECT count(*) FROM knowledge_chunkvector v WHERE v.document_id = d.id AND v.generation = d.active_generation),
  (SELECT count(*) FROM knowledge_chunk c WHERE c.document_id = d.id AND position(d.title in c.content) = 0)
FROM knowledge_document d
"""


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._log = folder / "services.log"
        # Made as one that may create databases, and run as one that keeps what it said it had kept.
        postgres.start(folder=folder / "postgres", log=self._log, throwaway=True).stop()
        self.database = postgres.start(folder=folder / "postgres", log=self._log)
        self.redis = redis.start(folder=folder / "redis", log=self._log)
        self.wire = Wire()
        self.stack = Stack(
            folder=folder, database_url=self.database.url, redis_url=self.redis.url, redis_database=0,
            OUTBOUND_ALLOWED_PRIVATE=self.wire.place, INGEST_LEASE_SECONDS="3", CELERY_WORKERS="2",
        )  # fmt: skip
        (folder / "static").mkdir(exist_ok=True)
        self.stack.up()
        self._connection: psycopg.Connection[Any] | None = None
        self._make_tenant()

    def _make_tenant(self) -> None:
        with self.stack.client() as anonymous:
            assert anonymous.post("/admin/tenants/", json=TENANT).status_code == 201
        self.owner = self.stack.sign_in(email=TENANT["email"], password=TENANT["password"])
        provider = {"provider_name": "openai_compatible", "base_url": f"http://{self.wire.place}/v1"}
        made = self.owner.post("/v1/tenant/ai-providers/", json=provider)
        assert made.status_code == 201, made.text
        self.dataset = self.owner.post("/v1/tenant/datasets/", json={"name": "Reports"}).json()["id"]
        embedder = {"provider_id": made.json()["id"], "model": "small"}
        moved = self.owner.put(f"/v1/tenant/datasets/{self.dataset}/embedding", json=embedder)
        assert moved.status_code == 202, moved.text
        self.stack.wait(lambda: self.embedding()["move"] is None, "the move")

    def embedding(self) -> Any:
        return self.owner.get(f"/v1/tenant/datasets/{self.dataset}/embedding").json()

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Asked in the tenant's schema; empty while the database is away."""
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self.stack.env["DATABASE_URL"], autocommit=True)
                schema = self._connection.execute("SELECT schema_name FROM tenants_tenant").fetchone()
                assert schema is not None
                self._connection.execute(f"SET search_path = {schema[0]}, extensions, public")
            return self._connection.execute(sql).fetchall()
        except psycopg.OperationalError:
            self._connection = None
            return []

    def whole(self) -> list[tuple[Any, ...]]:
        return self.rows(_CHUNKS_WHOLE)

    def stages(self) -> set[str]:
        return {row[0] for row in self.rows("SELECT stage FROM knowledge_document WHERE status = 'processing'")}

    def open(self) -> int:
        found = self.rows("SELECT count(*) FROM knowledge_document WHERE status IN ('pending', 'processing')")
        return int(found[0][0]) if found else -1

    def clear(self) -> None:
        for (document,) in self.rows("SELECT id FROM knowledge_document"):
            answer = self.owner.delete(f"/v1/tenant/datasets/{self.dataset}/documents/{document}")
            assert answer.status_code == 204, answer.text

    def restart_database(self) -> None:
        """As after a crash: nobody is asked, nothing is written down."""
        port = self.database.port
        os.kill(self.database.child.pid, signal.SIGQUIT)
        self.database.child.wait(30)
        self.database = postgres.start(folder=self.folder / "postgres", log=self._log, port=port)

    def restart_redis(self, *, away: float) -> None:
        port, password = self.redis.port, self.redis.password
        self.redis.stop()
        time.sleep(away)
        self.redis = redis.start(folder=self.folder / "redis", log=self._log, port=port, password=password)

    def parsers(self) -> list[int]:
        """The processes that read files at the moment."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdecimal():
                try:
                    command = (entry / "cmdline").read_bytes()
                    parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                except (OSError, ValueError):
                    continue
                if b"extract.child" in command and parent in self.pool():
                    found.append(int(entry.name))
        return found

    def pool(self) -> list[int]:
        """The worker's processes that do the work."""
        worker = self.stack.pid("worker")
        try:
            listed = Path(f"/proc/{worker}/task/{worker}/children").read_text().split()
        except OSError:
            return []
        return [int(pid) for pid in listed]

    def down(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self.owner.close()
        self.stack.down()
        self.redis.stop()
        self.database.stop()
        self.wire.stop()


@contextmanager
def world() -> Iterator[World]:
    with tempfile.TemporaryDirectory(prefix="parley-faults-") as folder:
        made = World(Path(folder))
        try:
            yield made
        finally:
            made.down()
