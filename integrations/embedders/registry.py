"""Hands out embedders: the built-in one that the setting EMBEDDER names, loaded once a process when first asked for,
and those of the tenants' providers.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

from django.conf import settings
from django.utils.translation import gettext_lazy

from integrations.enums import ProviderName
from integrations.errors import ProviderUnknownModel
from integrations.types import ProviderRef
from tenants.errors import Unavailable

from . import e5, manifest, minilm
from .runtime import OnnxEmbedder
from .types import Embedder, Recipe

RECIPES = {"multilingual-e5-small": e5.RECIPE, "minilm": minilm.RECIPE}

# Loaded when first asked for: the vendors' libraries are heavy.
_OPENAI = "integrations.embedders.openai"
_REMOTE: dict[str, str] = dict.fromkeys(
    (
        ProviderName.OPENAI, ProviderName.AZURE, ProviderName.GOOGLE, ProviderName.MISTRAL, ProviderName.OLLAMA,
        ProviderName.OPENAI_COMPATIBLE,
    ),
    _OPENAI,
)  # fmt: skip
EMBEDDING_KINDS = frozenset(map(str, _REMOTE))
_loading = threading.Lock()


class _Remote(Protocol):
    def RemoteEmbedder(self, provider: ProviderRef, *, model: str, dimensions: int) -> Embedder: ...  # noqa: N802 -- a class

    def probe(self, provider: ProviderRef, *, model: str) -> int: ...


class EmbedderUnavailable(Unavailable):
    code = "embedder_unavailable"
    title = gettext_lazy("The embedding model is not ready")


def recipe() -> Recipe:
    """What the setting names."""
    return RECIPES[getattr(settings, "EMBEDDER", "multilingual-e5-small")]


MULTILINGUAL = e5.RECIPE.model
BUILTIN_MODEL = recipe().model
DEFAULT_DIMENSIONS = recipe().dimensions


def builtin() -> OnnxEmbedder:
    """The embedder that needs no key. Raises EmbedderUnavailable while its model has not been prepared."""
    chosen = recipe()
    with _loading:
        folder = Path(settings.MODELS_DIR) / chosen.model
        return _load(chosen, folder, getattr(settings, "EMBEDDER_THREADS", 2), os.getpid())


@cache
def _load(chosen: Recipe, folder: Path, threads: int, process: int) -> OnnxEmbedder:
    """`process` keeps a forked child from its parent's model, whose threads it does not have: even freeing it waits."""
    try:
        manifest.verify(folder, source=chosen.source)
    except manifest.ModelMissing as reason:
        raise EmbedderUnavailable(f"{reason} Run `python manage.py prepare_models`.") from reason
    try:
        return OnnxEmbedder(chosen, folder=folder, threads=threads)
    except Exception as reason:  # both libraries raise kinds of their own, the tokenizer's a bare Exception
        raise EmbedderUnavailable(f"{folder} is damaged. Run `python manage.py prepare_models`.") from reason


def remote(provider: ProviderRef, *, model: str, dimensions: int) -> Embedder:
    """A provider's embedding model. Raises `ProviderError` where the provider has none."""
    return _module_of(provider).RemoteEmbedder(provider, model=model, dimensions=dimensions)


def probe(provider: ProviderRef, *, model: str) -> int:
    """How many dimensions the model's vectors have, as its answer shows. Raises `ProviderError`."""
    return _module_of(provider).probe(provider, model=model)


def _module_of(provider: ProviderRef) -> _Remote:
    if provider.name not in EMBEDDING_KINDS:
        raise ProviderUnknownModel("This provider has no embedding models.")
    return cast("_Remote", import_module(_REMOTE[provider.name]))


def _unlock() -> None:
    """Another thread of the parent may have been loading at the moment of the fork."""
    global _loading  # noqa: PLW0603 -- a lock cannot be opened by the thread that does not hold it
    _loading = threading.Lock()


os.register_at_fork(after_in_child=_unlock)
