"""Every statement runs in the schema of the tenant at work, though the schema is only told when one is entered.

Random walks through contexts, transactions, savepoints, failures and lost connections, in several threads over one
pool: before each statement the server is asked which schema it is in.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tenants import context
from tenants.models import Tenant
from tenants.types import TenantRef

STEPS, DEPTH, THREADS = 120, 4, 4


class _Deliberate(Exception):
    pass


class _Walk:
    def __init__(self, tenants: list[TenantRef], seed: int) -> None:
        self.tenants = tenants
        self.random = random.Random(seed)
        self.seen = 0

    def look(self, expected: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT current_schema()")
            assert cursor.fetchone() == (expected,)
        self.seen += 1

    def go(self, expected: str, *, depth: int = 0) -> None:
        steps: list[Callable[[str, int], None]] = [self.enter, self.atomic, self.fail, self.broken, self.leave]
        for _ in range(self.random.randint(1, 4) if depth else STEPS):
            self.look(expected)
            if depth < DEPTH:
                self.random.choice(steps)(expected, depth + 1)
            self.look(expected)

    def enter(self, expected: str, depth: int) -> None:
        tenant = self.random.choice(self.tenants)
        with context.entered(tenant):
            self.go(tenant.schema, depth=depth)

    def atomic(self, expected: str, depth: int) -> None:
        with transaction.atomic():
            self.go(expected, depth=depth)

    def fail(self, expected: str, depth: int) -> None:
        """A rollback, of a transaction or a savepoint, which also takes back what was told inside."""
        with suppress(_Deliberate), transaction.atomic():
            self.enter(expected, depth)
            raise _Deliberate

    def broken(self, expected: str, depth: int) -> None:
        """A statement that the server refuses, with the schema entered inside the same transaction."""
        tenant = self.random.choice(self.tenants)
        with suppress(DatabaseError), transaction.atomic(), context.entered(tenant), connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")

    def leave(self, expected: str, depth: int) -> None:
        """The connection goes back to the pool, and another comes, with whatever its last user left on it."""
        if not connection.in_atomic_block:
            connection.close()


@contextmanager
def _pooled() -> Iterator[None]:
    options = connection.settings_dict["OPTIONS"]
    connection.close()
    connection.settings_dict["OPTIONS"] = options | {"pool": {"min_size": 1, "max_size": THREADS, "timeout": 10}}
    try:
        yield
    finally:
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # psycopg's pool, through Django
        connection.settings_dict["OPTIONS"] = options


@pytest.mark.parametrize("seed", range(3))
def test_no_statement_runs_in_another_schema(django_db_setup: None, django_db_blocker: Any, seed: int) -> None:
    def walk(number: int) -> int:
        walker = _Walk(tenants, seed * 100 + number)
        try:
            walker.go("public")
        finally:
            connection.close()
        return walker.seen

    with django_db_blocker.unblock(), _pooled():
        tenants = [tenant.ref for tenant in Tenant.objects.filter(slug__in=["acme", "globex"])]
        connection.close()
        with ThreadPoolExecutor(THREADS) as threads:
            seen = sum(threads.map(walk, range(THREADS)))
    assert seen > 1_000


def test_the_schema_is_told_once_for_each_time_it_is_entered(db: None, acme: TenantRef) -> None:
    told = []

    def listen(execute: Any, sql: str, params: Any, many: bool, ctx: Any) -> Any:
        if sql.startswith("SET search_path"):
            told.append(sql)
        return execute(sql, params, many, ctx)

    with context.entered(acme), connection.execute_wrapper(listen):
        for _ in range(3):
            Tenant.objects.count()
    assert len(told) <= 1
