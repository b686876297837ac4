"""The web process: one ASGI application, with a database pool sized to the machine and not to the streams."""

from __future__ import annotations

import logging
import os
from threading import Thread

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("DATABASE_POOL_SIZE", "16")

application = get_asgi_application()


def _warm() -> None:
    """Load the embedding model while nobody waits for it: the first question would take seconds otherwise."""
    from integrations.embedders import registry  # noqa: PLC0415 -- Django has to be set up first
    from tenants.errors import Unavailable  # noqa: PLC0415 -- same

    try:
        registry.builtin().embed_query("Is anybody there?")
    except Unavailable as absent:
        logging.getLogger(__name__).warning("%s", absent.detail)


Thread(target=_warm, name="warm", daemon=True).start()
