"""OpenAI's own client with our guarded one under it, for every kind that speaks OpenAI's wire format.

Azure, Google, Mistral and Ollama have such an address of their own, so that one library, one guard and one way of
failing do for all of them. Nothing is taken from this process's environment, where the library would look for keys,
organizations and headers.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from openai import AsyncOpenAI, Omit

from integrations.enums import ProviderName
from integrations.types import ADDRESSES, ProviderRef


def openai(provider: ProviderRef, http: Any, *, model: str = "") -> AsyncOpenAI:  # noqa: ANN401 -- httpx2 has no alias the SDK names
    """`model` matters to Azure's older addresses, which name it in their path."""
    address, query = openai_address(provider, model=model)
    vendor = AsyncOpenAI(
        api_key=provider.api_key or "none",
        base_url=address,
        http_client=http,
        default_query=query,
        max_retries=0,
    )
    vendor.organization = provider.settings.get("organization") or None
    vendor.project = None
    # The SDK fills these from this process's environment. Azure's older addresses know the key by a name of their own.
    vendor._custom_headers = {"api-key": provider.api_key} if provider.name == ProviderName.AZURE else {}  # noqa: SLF001 -- no other way to empty them
    return vendor


def openai_address(provider: ProviderRef, *, model: str = "") -> tuple[str, dict[str, object]]:
    """Where the kind's OpenAI-shaped API begins, and what each of its addresses asks for behind a `?`."""
    base = (provider.base_url or ADDRESSES.get(provider.name, "")).rstrip("/")
    if provider.name == ProviderName.OLLAMA and not base.endswith("/v1"):
        return f"{base}/v1", {}
    if provider.name != ProviderName.AZURE:
        return base, {}
    base = base.removesuffix("/openai/v1").removesuffix("/openai")
    version = provider.settings.get("api_version")
    if not version:
        return f"{base}/openai/v1", {}
    inside = f"/deployments/{quote(model, safe='')}" if model else ""  # models are listed outside of any deployment
    return f"{base}/openai{inside}", {"api-version": version}


def without_key(provider: ProviderRef) -> dict[str, Any]:
    """For each call: the SDK insists on a key; a server that has none is sent no header."""
    return {} if provider.api_key else {"extra_headers": {"Authorization": Omit()}}
