"""Which documents of the datasets count, as SQL: those with a tag or the metadata that their dataset is limited to.

Nothing is added to a statement where no dataset is limited, so that the usual search is planned as it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final
from uuid import UUID

from knowledge.types import Filter

_AMONG: Final = """
AND NOT EXISTS (
  SELECT FROM jsonb_to_recordset(%(within)s::jsonb) AS wanted (dataset uuid, tags text[], metadata jsonb)
  WHERE wanted.dataset = d.dataset_id
    AND NOT ((cardinality(wanted.tags) = 0 OR d.tags::text[] && wanted.tags) AND d.metadata @> wanted.metadata)
)"""


def clause(within: Mapping[UUID, Filter]) -> str:
    """For the documents `d`; needs the parameter `within`."""
    return _AMONG if within else ""


def parameter(within: Mapping[UUID, Filter]) -> str:
    rows = [
        {"dataset": str(dataset), "tags": list(limit.tags), "metadata": dict(limit.metadata)}
        for dataset, limit in within.items()
    ]
    return json.dumps(rows)
