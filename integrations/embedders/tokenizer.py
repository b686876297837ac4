"""Writes the tokenizer of the multilingual E5 model as a `tokenizers` JSON file.

In: the vocabulary. Out: text whose rules match SentencePiece's `nmt_nfkc` normaliser, so the ids are those the model
was trained with. Words typed by people can never become control tokens: those pieces are renamed to contain a space,
which no text has left by then.
"""

from __future__ import annotations

import json
from typing import Any

from .types import Vocabulary

MAX_TOKENS = 512

_DROPPED = "[\\x01-\\x08\\x0B\\x0E-\\x1F\\x7F\\x{8F}\\x{9F}]"
_SPACES = (
    "[\\t\\n\\f\\r\\x{1680}\\x{200B}-\\x{200F}\\x{2028}\\x{2029}\\x{2581}\\x{FEFF}\\x{FFFD}]"  # beyond those of NFKC
)
_WIDE_TILDE, _STAND_IN = "\uff5e", "\ue000"  # the wide tilde is a piece of its own, yet NFKC would fold it to "~"


def document(vocabulary: Vocabulary) -> str:
    """The whole tokenizer.json."""
    return json.dumps(
        {
            "version": "1.0",
            "truncation": {
                "direction": "Right",
                "max_length": MAX_TOKENS,
                "strategy": "LongestFirst",
                "stride": 0,
            },
            "padding": None,
            "added_tokens": [],
            "normalizer": {"type": "Sequence", "normalizers": _normalizers()},
            "pre_tokenizer": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True},
            "post_processor": _template(vocabulary),
            "decoder": {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True},
            "model": {
                "type": "Unigram",
                "unk_id": vocabulary.unknown,
                "vocab": _pieces(vocabulary),
                "byte_fallback": False,
            },
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def _normalizers() -> list[dict[str, Any]]:
    return [
        _replace({"Regex": _DROPPED}, ""),
        _replace({"Regex": _SPACES}, " "),
        _replace({"String": _WIDE_TILDE}, _STAND_IN),
        {"type": "NFKC"},
        _replace({"String": _STAND_IN}, _WIDE_TILDE),
        _replace({"Regex": " {2,}"}, " "),
        {"type": "Strip", "strip_left": True, "strip_right": True},
    ]


def _replace(pattern: dict[str, str], content: str) -> dict[str, Any]:
    return {"type": "Replace", "pattern": pattern, "content": content}


def _pieces(vocabulary: Vocabulary) -> list[tuple[str, float]]:
    control = {vocabulary.begin, vocabulary.end, vocabulary.pad, vocabulary.unknown, len(vocabulary.pieces) - 1}
    pairs = zip(vocabulary.pieces, vocabulary.scores, strict=True)
    return [(f" {piece}" if place in control else piece, score) for place, (piece, score) in enumerate(pairs)]


def _template(vocabulary: Vocabulary) -> dict[str, Any]:
    begin, end = {"SpecialToken": {"id": "begin", "type_id": 0}}, {"SpecialToken": {"id": "end", "type_id": 0}}
    text = {"Sequence": {"id": "A", "type_id": 0}}
    return {
        "type": "TemplateProcessing",
        "single": [begin, text, end],
        "pair": [begin, text, end, {"Sequence": {"id": "B", "type_id": 0}}, end],
        "special_tokens": {
            "begin": {"id": "begin", "ids": [vocabulary.begin], "tokens": ["begin"]},
            "end": {"id": "end", "ids": [vocabulary.end], "tokens": ["end"]},
        },
    }
