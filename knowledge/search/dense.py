"""The half of the search that goes by meaning: an exact scan over the vectors of each space in use that has no index,
and what `index.nearest` found in those that have one.

Needs `documents` and `spaces (space_id, vector, is_exact)` before it. The question's vector comes typed, so that no
row parses it again, and ranks are counted within a space: distances of two spaces say nothing about each other.
"""

from __future__ import annotations

CTE = """
dense AS (
  SELECT near.id, row_number() OVER (PARTITION BY spaces.space_id ORDER BY near.distance, near.id) AS rank
  FROM spaces CROSS JOIN LATERAL (
    SELECT v.chunk_id AS id, v.vector <=> spaces.vector AS distance
    FROM documents d
    JOIN knowledge_chunkvector v ON v.document_id = d.id AND v.generation = d.active_generation
    WHERE d.space_id = spaces.space_id AND v.space_id = spaces.space_id AND v.is_enabled
    ORDER BY distance, id
    LIMIT %(depth)s
  ) near
  WHERE spaces.is_exact
  UNION ALL
  SELECT * FROM unnest(%(near)s::uuid[], %(near_ranks)s::bigint[])
)
"""
