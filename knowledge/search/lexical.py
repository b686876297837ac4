"""The half of the search that goes by words: any word of the question may match, and the rank says how well.

Needs `documents` before it. The question is read once in each language among the documents, as each of them was. All
words joined by OR, ranked by `ts_rank(…, 1)`, find three times what PostgreSQL's usual AND finds.
"""

from __future__ import annotations

CTE = r"""
questions AS MATERIALIZED (
  SELECT config, lexemes, (
    SELECT string_agg('''' || replace(replace(lexeme, '\', '\\'), '''', '''''') || '''', ' | ')
    FROM unnest(lexemes) AS lexeme
  )::tsquery AS query
  FROM (
    SELECT config, tsvector_to_array(to_tsvector(config::regconfig, %(words)s)) AS lexemes
    FROM (SELECT DISTINCT search_config AS config FROM documents) configs
  ) read
),
lexical AS (
  SELECT id, row_number() OVER (ORDER BY weight DESC, id) AS rank
  FROM (
    SELECT c.id, ts_rank(c.search, q.query, 1) AS weight
    FROM questions q
    JOIN documents d ON d.search_config = q.config
    JOIN knowledge_chunk c
      ON c.document_id = d.id AND c.generation = d.active_generation AND c.is_enabled AND c.search @@ q.query
    ORDER BY weight DESC, id
    LIMIT %(depth)s
  ) found
)
"""
