"""Who may be asked for an answer, with keys opened, read before any model is awaited: the bot's provider, its fallback,
and the built-in one where the bot wants it to quote while the others fail."""

from __future__ import annotations

from uuid import UUID

from bots.enums import ProviderFailure
from bots.types import BotProfile
from chat.turn.trace import Trace
from chat.turn.types import Candidate
from integrations import selectors
from integrations.enums import ProviderName
from integrations.errors import ProviderError, ProviderInactive
from integrations.types import ProviderRef
from tenants.errors import NotFound

BUILTIN = ProviderRef(id=UUID(int=0), name=ProviderName.BUILTIN.value, label="Built-in")


def of(profile: BotProfile, *, passages: bool, trace: Trace) -> tuple[tuple[Candidate, ...], ProviderError | None]:
    """In the order in which they are asked; what refused the others is in the trace, and the last of it comes along.

    Without `passages` the built-in one has nothing to quote.
    """
    found: list[Candidate] = []
    refused: ProviderError | None = None
    for provider_id, model in ((profile.provider_id, profile.model), (profile.fallback_id, profile.fallback_model)):
        if provider_id is None:
            continue
        try:
            found.append(Candidate(selectors.provider_ref(provider_id), model))
        except (ProviderError, NotFound) as error:
            trace.failed("provider", error)
            refused = error if isinstance(error, ProviderError) else ProviderInactive()
    quotes = profile.settings.get("provider_failure") != ProviderFailure.APOLOGIZE and passages
    if quotes and not any(candidate.provider.name == ProviderName.BUILTIN for candidate in found):
        found.append(Candidate(BUILTIN, ""))
    return tuple(found), refused
