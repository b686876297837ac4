"""Hands out the embedders this installation has. The built-in one is loaded once a process, when first asked for."""

from __future__ import annotations

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
        return _load(Path(settings.MODELS_DIR), getattr(settings, "EMBEDDER_THREADS", 2))


@cache
def _load(models_dir: Path, threads: int) -> OnnxEmbedder:
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
    return OnnxEmbedder(files, threads=threads)
