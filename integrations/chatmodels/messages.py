"""The talk as LangChain's messages, and what a model says, whole or piece by piece, as one reply."""

from __future__ import annotations

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from integrations.chatmodels import prices, tokens
from integrations.chatmodels.types import ChatReply, ChatRequest, Say
from integrations.errors import ProviderFailed, ProviderMisbehaved
from integrations.types import ProviderRef

MOST_CHARACTERS = 200_000  # of an answer; who says more does not stop by himself


def of(request: ChatRequest) -> list[BaseMessage]:
    """System prompt, history from the first thing the person said, and the prompt."""
    messages: list[BaseMessage] = [SystemMessage(request.system)] if request.system else []
    for turn in request.history:
        if turn.role == "user":
            messages.append(HumanMessage(turn.content))
        elif isinstance(messages[-1] if messages else None, HumanMessage):
            messages.append(AIMessage(turn.content))
    return [*messages, HumanMessage(request.prompt or request.question)]


def counted(
    text: str, *, model: str, usage: tuple[int, int] | None, request: ChatRequest, provider: ProviderRef
) -> ChatReply:
    """With the vendor's own count of tokens where it gave one; without one there is no cost either."""
    text = text.strip()
    if usage is None:
        sent = "\n".join(str(each.text) for each in of(request))
        return ChatReply(text, model, provider.name, tokens.rough(sent), tokens.rough(text), None)
    counts = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
    cost = prices.cost(provider.prices, model=model, **counts)
    return ChatReply(text=text, model=model, provider=provider.name, cost_usd=cost, **counts)


class Heard:
    """An answer while it comes in, said on where somebody listens. `ended`: the vendor said that this was all."""

    def __init__(self, say: Say | None) -> None:
        self._say = say
        self._parts: list[str] = []
        self._length = 0
        self.model = ""
        self.prompt_tokens: int | None = None
        self.completion_tokens: int | None = None
        self.ended = False

    def text(self, piece: str) -> None:
        """Raises `ProviderMisbehaved` where the answer does not end."""
        if not piece:
            return
        self._length += len(piece)
        if self._length > MOST_CHARACTERS:
            raise ProviderMisbehaved("The model does not stop talking.")
        self._parts.append(piece)
        if self._say is not None:
            self._say(piece)

    def reply(self, request: ChatRequest, provider: ProviderRef) -> ChatReply:
        """Raises `ProviderFailed` where the stream ended before the answer did."""
        if not self.ended:
            raise ProviderFailed("The provider's stream broke off in the middle of the answer.")
        counts = (self.prompt_tokens, self.completion_tokens)
        usage = None if None in counts else (int(counts[0] or 0), int(counts[1] or 0))
        return counted(
            "".join(self._parts), model=self.model or request.model, usage=usage, request=request, provider=provider
        )
