"""The step from the event loop to a thread, and back with nothing held.

Work that reads or writes runs in a thread, with its tenant entered inside the function that does it, and gives its
database connection back before the event loop goes on: a turn that waits for a model holds none. A thread cannot be
stopped: who is cancelled meanwhile goes when its work is done, so that none is half done behind its back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import ParamSpec, TypeVar

from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection

from tenants import context
from tenants.types import TenantRef

_threads: ThreadPoolExecutor | None = None
P = ParamSpec("P")
R = TypeVar("R")


async def inside(tenant: TenantRef, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """`work` in this tenant's schema."""

    def entered() -> R:
        with context.entered(tenant):
            return work(*args, **kwargs)

    return await outside(entered)


async def outside(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """`work` in the public schema, or where it enters a tenant itself."""

    def run() -> R:
        try:
            return work(*args, **kwargs)
        finally:
            give_back()

    hop: asyncio.Future[R]
    if _threads is None:
        hop = asyncio.ensure_future(sync_to_async(run)())
    else:
        hop = asyncio.get_running_loop().run_in_executor(_threads, copy_context().run, run)
    try:
        return await asyncio.shield(hop)
    except asyncio.CancelledError:
        await asyncio.wait([hop])
        if not hop.cancelled():
            hop.exception()  # looked at, so that nobody complains of it
        raise


def use_own_threads() -> None:
    """For the web process: a few threads for all turns. Elsewhere (a test, a command) the caller waits in a thread of
    its own, and the work is done there."""
    global _threads  # noqa: PLW0603 -- the process's, set once when it starts
    _threads = ThreadPoolExecutor(settings.CHAT_THREADS, thread_name_prefix="turn")


def give_back() -> None:
    """Close this thread's connection, or return it to the pool. A transaction around us (a test's) keeps it."""
    if not connection.in_atomic_block:
        connection.close()
