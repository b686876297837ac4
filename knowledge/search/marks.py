"""Which words of a passage the question's words met, as PostgreSQL's full text sees it: stems, and no small words.

In: passages that were found, and the question. Out: each passage as pieces of text, of which some are marked. Nothing
is added to the text, so that whoever shows the pieces escapes them as any other text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection

from knowledge.tokens import bigrams, is_unspaced
from knowledge.types import Hit

_BEGIN, _END = "\ue000", "\ue001"  # of Unicode's private use; taken out of the text before
_SQL: Final = """
SELECT c.id, ts_headline(d.search_config::regconfig, translate(c.content, %(signs)s, ''), asked.query, %(options)s)
FROM knowledge_chunk c JOIN knowledge_document d ON d.id = c.document_id
CROSS JOIN LATERAL (
  SELECT string_agg('''' || replace(replace(lexeme, '\\', '\\\\'), '''', '''''') || '''', ' | ')::tsquery AS query
  FROM unnest(tsvector_to_array(to_tsvector(d.search_config::regconfig, %(question)s))) AS lexeme
) asked
WHERE c.id = ANY(%(chunks)s) AND asked.query IS NOT NULL
"""
_OPTIONS: Final = f"HighlightAll=true, StartSel={_BEGIN}, StopSel={_END}"


class Mark(NamedTuple):
    text: str
    is_met: bool


def marks(hits: Sequence[Hit], *, question: str) -> Mapping[UUID, list[Mark]]:
    """By chunk; a passage that holds none of the words is one piece."""
    found = {hit.chunk_id: [Mark(hit.content, is_met=False)] for hit in hits}
    with connection.cursor() as cursor:
        cursor.execute(
            _SQL,
            {"signs": _BEGIN + _END, "options": _OPTIONS, "question": question, "chunks": list(found)},
        )
        found |= {chunk: _pieces(text) for chunk, text in cursor.fetchall()}
    if is_unspaced(question):
        pairs = [pair for pair in bigrams(question).split() if is_unspaced(pair)]
        found |= {hit.chunk_id: _met(hit.content, pairs) for hit in hits if any(pair in hit.content for pair in pairs)}
    return found


def _pieces(text: str) -> list[Mark]:
    parts = re.split(f"({_BEGIN}[^{_END}]*{_END})", text)
    return [Mark(part.strip(_BEGIN + _END), is_met=part.startswith(_BEGIN)) for part in parts if part]


def _met(text: str, pairs: Sequence[str]) -> list[Mark]:
    """In scripts without spaces, the pairs of letters that both hold."""
    held = [False] * len(text)
    for pair in pairs:
        for found in re.finditer(f"(?={re.escape(pair)})", text):
            held[found.start() : found.start() + len(pair)] = [True] * len(pair)
    pieces: list[Mark] = []
    for letter, is_met in zip(text, held, strict=True):
        if pieces and pieces[-1].is_met == is_met:
            pieces[-1] = Mark(pieces[-1].text + letter, is_met)
        else:
            pieces.append(Mark(letter, is_met))
    return pieces
