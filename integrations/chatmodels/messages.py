"""The talk as LangChain's messages, and LangChain's answer as ours."""

from __future__ import annotations

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage

from integrations.chatmodels import prices, tokens
from integrations.chatmodels.types import ChatReply, ChatRequest


def of(request: ChatRequest) -> list[BaseMessage]:
    """System prompt, history from the first thing the person said, and the prompt."""
    messages: list[BaseMessage] = [SystemMessage(request.system)] if request.system else []
    for turn in request.history:
        if turn.role == "user":
            messages.append(HumanMessage(turn.content))
        elif isinstance(messages[-1] if messages else None, HumanMessage):
            messages.append(AIMessage(turn.content))
    return [*messages, HumanMessage(request.prompt or request.question)]


def reply(message: BaseMessage, *, request: ChatRequest, provider: str) -> ChatReply:
    """With the vendor's own count of tokens where it gave one; without one there is no cost either."""
    text = str(message.text).strip()
    model = str(message.response_metadata.get("model_name") or request.model)
    usage = message.usage_metadata if isinstance(message, AIMessage) else None
    if usage is None:
        sent = "\n".join(str(each.text) for each in of(request))
        return ChatReply(text, model, provider, tokens.rough(sent), tokens.rough(text), None)
    counts = {"prompt_tokens": usage["input_tokens"], "completion_tokens": usage["output_tokens"]}
    cost = prices.cost(provider=provider, model=model, **counts)
    return ChatReply(text=text, model=model, provider=provider, cost_usd=cost, **counts)
