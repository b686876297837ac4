"""Writes an encoder (BERT, mean pooling, vectors of length one) as an ONNX graph beside one file of weights.

In: `Weights` and a folder. Out: `model.onnx` and `weights.bin` in it. The matrices stay in blocks of 4 or 8 bits,
which the runtime multiplies with activations cut to 8 bits block by block: a text's vector does not depend on what
else is in its batch. The weights lie outside the graph, aligned to pages, so that processes share them through the page
cache. Needs `onnx`, which nothing else imports.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, StringStringEntryProto, TensorProto, helper

from .types import GRAPH_FILE, Bytes, Weights

WEIGHTS_FILE = "weights.bin"

_BLOCK = 32
_PAGE = 4096
_OPSET = 21
_INT8_ACTIVATIONS = 4
_RUNTIME = "com.microsoft"


def write(weights: Weights, *, pad: int, folder: Path) -> None:
    """Both files of the graph; `pad` is the token id that counts for nothing."""
    with _Store(folder / WEIGHTS_FILE) as store:
        writer = _Writer(weights, store)
        writer.encoder(pad)
    (folder / GRAPH_FILE).write_bytes(writer.model().SerializeToString(deterministic=True))


class _Store:
    """The file of weights: each array on a page of its own."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.tensors: list[TensorProto] = []

    def __enter__(self) -> Self:
        self._file: BinaryIO = self._path.open("wb")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def add(self, name: str, array: NDArray[Any], *, kind: int) -> str:
        self._file.write(b"\0" * (-self._file.tell() % _PAGE))
        place, data = self._file.tell(), array.tobytes()
        self._file.write(data)
        tensor = TensorProto(name=name, data_type=kind, dims=array.shape, data_location=TensorProto.EXTERNAL)
        for key, value in (("location", WEIGHTS_FILE), ("offset", str(place)), ("length", str(len(data)))):
            tensor.external_data.append(StringStringEntryProto(key=key, value=value))
        self.tensors.append(tensor)
        return name


class _Writer:
    """Collects nodes; every method returns the name of the value it computes."""

    def __init__(self, weights: Weights, store: _Store) -> None:
        self._weights = weights
        self._shape = weights.shape
        self._store = store
        self._nodes: list[NodeProto] = []
        self._constants: list[TensorProto] = []

    def encoder(self, pad: int) -> None:
        mask = self._op("Not", self._op("Equal", "ids", self._integers("pad", [pad], scalar=True)))
        values = self._embeddings()
        attention_mask = self._op("Cast", mask, to=TensorProto.INT32)
        for number in range(self._shape.layers):
            values = self._layer(f"l{number}.", values, attention_mask)
        self._op("Identity", self._pooled(values, mask), output="vectors")

    def model(self) -> ModelProto:
        ids = helper.make_tensor_value_info("ids", TensorProto.INT64, ["texts", "tokens"])
        vectors = helper.make_tensor_value_info("vectors", TensorProto.FLOAT, ["texts", self._shape.width])
        graph = helper.make_graph(self._nodes, "encoder", [ids], [vectors], self._constants + self._store.tensors)
        opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_RUNTIME, 1)]
        return helper.make_model(graph, opset_imports=opsets, ir_version=10)

    def _embeddings(self) -> str:
        words, scales, bits = self._matrix("emb.word")
        how: dict[str, Any] = {"gather_axis": 0, "quantize_axis": 1, "block_size": _BLOCK, "bits": bits}
        found = self._op("GatherBlockQuantized", words, "ids", scales, domain=_RUNTIME, **how)
        length = self._op("Shape", "ids", start=1, end=2)
        rows = self._weights.vectors["emb.pos"].reshape(self._shape.positions, self._shape.width)
        kind = self._weights.vectors["emb.type"][: self._shape.width]  # every token is of the first kind
        table = self._store.add("positions", rows + kind, kind=TensorProto.FLOAT)
        positions = self._op("Slice", table, self._integers("zero", [0]), length)
        return self._norm("emb.ln", self._op("Add", found, positions))

    def _layer(self, prefix: str, values: str, mask: str) -> str:
        query, key, value = (self._linear(prefix + name, values) for name in "qkv")
        seen = self._op("MultiHeadAttention", query, key, value, "", mask, domain=_RUNTIME, num_heads=self._shape.heads)
        values = self._norm(prefix + "aln", self._op("Add", values, self._linear(prefix + "ao", seen)))
        inner = self._op("Gelu", self._linear(prefix + "fi", values))
        return self._norm(prefix + "oln", self._op("Add", values, self._linear(prefix + "fo", inner)))

    def _pooled(self, values: str, mask: str) -> str:
        last = self._integers("last", [-1])
        counted = self._op("Unsqueeze", self._op("Cast", mask, to=TensorProto.FLOAT), last)
        second = self._integers("second", [1])
        total = self._op("ReduceSum", self._op("Mul", values, counted), second, keepdims=0)
        mean = self._op("Div", total, self._op("ReduceSum", counted, second, keepdims=0))
        return self._op("LpNormalization", mean, axis=-1, p=2)

    def _norm(self, name: str, values: str) -> str:
        scale, bias = self._vector(name + ".w"), self._vector(name + ".b")
        return self._op("LayerNormalization", values, scale, bias, axis=-1, epsilon=self._shape.epsilon)

    def _linear(self, name: str, values: str) -> str:
        rows, blocks = self._weights.matrices[name + ".w"].scales.shape
        matrix, scales, bits = self._matrix(name + ".w")
        inputs = (values, matrix, scales, "", "", self._vector(name + ".b"))
        sizes = {"K": blocks * _BLOCK, "N": rows, "bits": bits, "block_size": _BLOCK}
        return self._op("MatMulNBits", *inputs, domain=_RUNTIME, accuracy_level=_INT8_ACTIVATIONS, **sizes)

    def _matrix(self, name: str) -> tuple[str, str, int]:
        matrix = self._weights.matrices[name]
        packed = _pairs(matrix.levels) if matrix.bits == 4 else matrix.levels
        if name == "emb.word":  # looked up by row, so without the axis of blocks
            packed = packed.reshape(len(packed), -1)
        scales = self._store.add(name + ".scales", matrix.scales, kind=TensorProto.FLOAT)
        return self._store.add(name, packed, kind=TensorProto.UINT8), scales, matrix.bits

    def _vector(self, name: str) -> str:
        return self._store.add(name, self._weights.vectors[name], kind=TensorProto.FLOAT)

    def _integers(self, name: str, values: list[int], *, scalar: bool = False) -> str:
        dims = [] if scalar else [len(values)]
        self._constants.append(helper.make_tensor(name, TensorProto.INT64, dims, values))
        return name

    def _op(self, kind: str, *inputs: str, output: str = "", domain: str = "", **attributes: Any) -> str:  # noqa: ANN401 -- ONNX attributes
        output = output or f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [output], domain=domain, **attributes))
        return output


def _pairs(levels: Bytes) -> Bytes:
    """Two 4-bit values a byte, the earlier in the low half."""
    return levels[..., 0::2] | (levels[..., 1::2] << np.uint8(4))
