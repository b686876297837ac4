"""The web process: one ASGI application, with a database pool sized to the machine and not to the streams."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
from contextlib import suppress
from threading import Thread
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DATABASE_POOL_SIZE", "16")
# A question is short: a second thread helps one of them little, and several at once not at all.
os.environ.setdefault("EMBEDDER_THREADS", "1")
django.setup(set_prefix=False)

from django.core.exceptions import RequestAborted  # noqa: E402 -- Django has to be set up first
from django.core.handlers.asgi import ASGIHandler  # noqa: E402 -- same

from chat.turn import hop  # noqa: E402 -- same

LAST_SECONDS = 5.0
TALK = ("/v1/chat/public", "/v1/chat/efficient", "/v1/chat/completions")


class Handler(ASGIHandler):
    """Django's, but for the endpoints that talk.

    Django gives each request a thread of its own and tells its signals there, at the beginning and at the end, so that
    connections are closed. A turn does that itself (`chat.turn.hop`) and may be open for minutes, by the thousand: it
    gets neither.
    """

    def __init__(self) -> None:
        super().__init__()
        self._working: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 -- ASGI's
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http" and scope["path"].rstrip("/") in TALK:
            await self._talk(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:  # noqa: ANN401 -- same
        """When the server stops it cancels what is still being said; that much of it goes on record first."""
        while (await receive())["type"] != "lifespan.shutdown":
            await send({"type": "lifespan.startup.complete"})
        if self._working:
            await asyncio.wait(self._working, timeout=LAST_SECONDS)
        await send({"type": "lifespan.shutdown.complete"})

    async def _talk(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 -- same
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        request, refused = self.create_request(scope, body)
        work = asyncio.create_task(self._answer(request, refused, send))
        self._working.add(work)
        work.add_done_callback(self._working.discard)
        gone = asyncio.create_task(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait([work, gone], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (gone, work):
                task.cancel()  # which does nothing to one that is done
                with suppress(asyncio.CancelledError, RequestAborted):
                    await task
            body.close()

    async def _answer(self, request: Any, refused: Any, send: Any) -> None:  # noqa: ANN401 -- Django's
        await self.send_response(refused if request is None else await self.run_get_response(request), send)


def _warm() -> None:
    """Load what the first question would wait for by seconds; then leave it out of the garbage collector's rounds."""
    from bots.guardrails import injections  # noqa: PLC0415 -- it is heavy
    from integrations.chatmodels import kinds  # noqa: PLC0415 -- same
    from integrations.embedders import registry  # noqa: PLC0415 -- same
    from integrations.enums import ProviderName  # noqa: PLC0415 -- same
    from knowledge import language  # noqa: PLC0415 -- same
    from tenants.errors import Unavailable  # noqa: PLC0415 -- same

    try:
        registry.builtin().embed_query("Is anybody there?")
        injections.load()
    except Unavailable as absent:
        logging.getLogger(__name__).warning("%s", absent.detail)
    language.detect("Is anybody there at this hour of the night?")
    asyncio.run(kinds.load(ProviderName.OPENAI))
    gc.collect()
    gc.freeze()


hop.use_own_threads()
application = Handler()
Thread(target=_warm, name="warm", daemon=True).start()
