"""Questions with their answers, in the JSON that we keep them in: `{"pairs": [{"question": …, "answer": …}]}`."""

import json
from typing import BinaryIO

from knowledge.ingest.extract.txt import paragraphs_of
from knowledge.ingest.types import Block, Extracted, Limits


def extract(stream: BinaryIO, *, limits: Limits) -> Extracted:
    blocks: list[Block] = []
    for pair in json.loads(stream.read(limits.file_bytes + 1))["pairs"]:
        blocks.append(Block("question", str(pair["question"]), 1))
        blocks.extend(paragraphs_of(str(pair["answer"])))
    return Extracted(tuple(blocks))
