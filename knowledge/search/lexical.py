"""The half of the search that goes by words: any word of the question may match, and the rank says how well.

Needs `documents` before it. The question is read once in each language among the documents, as each of them was. All
words joined by OR, ranked by `ts_rank(…, 1)`, find three times what PostgreSQL's usual AND finds. But ranking is what
costs, 3 µs a match, and in a large knowledge base half of all chunks hold some word of the question. So as many are
ranked as FEW, roughly: those with one of the question's rarer words, by PostgreSQL's own statistics of the column; the
rarest always counts. All words rank them. Over 9,562 English passages this found as many of 700 answers among the first
ten and fifty with 2,000 and 1,000 ranked as with all, and more among the first ten with fewer.
"""

from __future__ import annotations

from typing import Final

FEW: Final = 2_000

_QUESTIONS: Final = r"""
frequencies AS MATERIALIZED (
  SELECT lexeme, frequency
  FROM pg_stats, unnest(most_common_elems::text::text[], most_common_elem_freqs) AS known (lexeme, frequency)
  WHERE %(size)s > %(few)s AND schemaname = current_schema() AND tablename = 'knowledge_chunk' AND attname = 'search'
),
words AS (
  SELECT config, lexeme, '''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || '''' AS quoted,
    row_number() OVER rarest AS place, sum(coalesce(frequency, 0)) OVER rarest * %(size)s AS matches
  FROM (SELECT DISTINCT search_config AS config FROM documents) configs
  LEFT JOIN LATERAL unnest(tsvector_to_array(to_tsvector(config::regconfig, %(words)s))) AS lexeme ON true
  LEFT JOIN frequencies USING (lexeme)
  WINDOW rarest AS (PARTITION BY config ORDER BY coalesce(frequency, 0), lexeme)
),
questions AS MATERIALIZED (
  SELECT config, array_remove(array_agg(quoted), NULL)::tsquery[] AS each, string_agg(quoted, ' | ')::tsquery AS query,
    (string_agg(quoted, ' | ') FILTER (WHERE place = 1 OR matches <= %(few)s))::tsquery AS telling
  FROM words GROUP BY config
)"""
_RANKED: Final = """
lexical AS (
  SELECT id, row_number() OVER (ORDER BY weight DESC, id) AS rank
  FROM (
    SELECT c.id, ts_rank(c.search, q.query, 1) AS weight
    FROM questions q JOIN documents d ON d.search_config = q.config {join}
    ORDER BY weight DESC, id
    LIMIT %(depth)s
  ) found
)
"""
# Without the offset the planner goes through the index of words, and reads what other datasets hold of them.
_OF_FEW_DOCUMENTS: Final = """
    CROSS JOIN LATERAL (
      SELECT * FROM knowledge_chunk
      WHERE document_id = d.id AND generation = d.active_generation AND is_enabled
      OFFSET 0
    ) c
    WHERE c.search @@ q.telling"""
_OF_ALL: Final = """
    JOIN knowledge_chunk c
      ON c.document_id = d.id AND c.generation = d.active_generation AND c.is_enabled AND c.search @@ q.telling"""


def cte(*, size: int) -> str:
    """For documents that have about `size` chunks together."""
    return _QUESTIONS + "," + _RANKED.format(join=_OF_FEW_DOCUMENTS if size <= FEW else _OF_ALL)
