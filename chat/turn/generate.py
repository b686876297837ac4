"""Asks the bot's provider, and the built-in one where that fails.

In: all that is needed to ask, already read. Out: a reply. Nothing here touches the database. A failure goes to the
trace in the owner's words; the customer never sees it. Raises `ProviderError` only when there is nothing left to ask.
"""

from __future__ import annotations

import logging
from uuid import UUID

from chat.turn.trace import Trace
from chat.turn.types import Ready
from integrations.chatmodels import registry
from integrations.chatmodels.types import ChatReply
from integrations.enums import ProviderName
from integrations.errors import ProviderError
from integrations.types import ProviderRef

log = logging.getLogger(__name__)
BUILTIN = ProviderRef(id=UUID(int=0), name=ProviderName.BUILTIN.value, label="Built-in")


async def generate(*, ready: Ready, trace: Trace) -> ChatReply:
    provider = ready.provider or BUILTIN
    try:
        return await registry.generate(ready.request, provider)
    except Exception as error:
        trace.failed("generate", error)
        if not isinstance(error, ProviderError):  # what a vendor's library throws up is a bug, but not the customer's
            log.exception("A provider broke in an unknown way.")
        if provider.name == BUILTIN.name or not ready.request.passages:
            raise
    return await registry.generate(ready.request, BUILTIN)
