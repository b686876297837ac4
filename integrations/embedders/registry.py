"""Hands out the embedders this installation has. The built-in one is loaded once a process, when first asked for."""

from __future__ import annotations

import os
import threading
from functools import cache
from pathlib import Path

from django.conf import settings

from tenants.errors import Unavailable

from . import blob, manifest, prepare
from .runtime import Files, OnnxEmbedder

BUILTIN_MODEL = prepare.E5
DEFAULT_DIMENSIONS = 384

_PAD = 1
_loading = threading.Lock()


class EmbedderUnavailable(Unavailable):
    code = "embedder_unavailable"
    title = "The embedding model is not ready"


def builtin() -> OnnxEmbedder:
    """The embedder that needs no key. Raises EmbedderUnavailable while its model has not been prepared."""
    with _loading:
        return _load(Path(settings.MODELS_DIR), getattr(settings, "EMBEDDER_THREADS", 2), os.getpid())


@cache
def _load(models_dir: Path, threads: int, process: int) -> OnnxEmbedder:
    """`process` keeps a forked child from its parent's model, whose threads it does not have: even freeing it waits."""
    folder = models_dir / prepare.E5
    try:
        manifest.verify(folder, source=blob.SHA256)
    except manifest.ModelMissing as reason:
        raise EmbedderUnavailable(f"{reason} Run `python manage.py prepare_models`.") from reason
    files = Files(
        model=BUILTIN_MODEL,
        graph=folder / "model.onnx",
        tokenizer=folder / prepare.TOKENIZER_FILE,
        pad=_PAD,
        dimensions=DEFAULT_DIMENSIONS,
        document_prefix="passage: ",
        query_prefix="query: ",
    )
    try:
        return OnnxEmbedder(files, threads=threads)
    except Exception as reason:  # both libraries raise kinds of their own, the tokenizer's a bare Exception
        raise EmbedderUnavailable(f"{folder} is damaged. Run `python manage.py prepare_models`.") from reason


def _unlock() -> None:
    """Another thread of the parent may have been loading at the moment of the fork."""
    global _loading  # noqa: PLW0603 - a lock cannot be opened by the thread that does not hold it
    _loading = threading.Lock()


os.register_at_fork(after_in_child=_unlock)
