"""The parser's process: takes one file on standard input, answers with one JSON object, and dies.

It is started without Django, without the caller's environment and in a session of its own; before the
first byte of the file is read, it gives up what a parser does not need: memory, time, files, network,
other programs.
"""

import json
import logging
import os
import signal
import sys
from typing import Any

from knowledge.ingest.extract import fences, registry
from knowledge.ingest.extract.errors import ExtractionError
from knowledge.ingest.types import Block, Extracted, Limits


def main() -> None:
    settings: dict[str, Any] = json.loads(sys.argv[2])
    limits = Limits(**settings["limits"])
    fences.die_with_parent(settings["parent"])
    signal.alarm(limits.seconds + 10)  # where the kernel cannot tie us to the parent, time does
    answer = _private_stdout()
    fences.limit_resources(limits)
    logging.disable(logging.CRITICAL)
    fences.close_doors()
    page = settings["page"]
    payload = _answer(settings["file_name"], limits) if page is None else _drawn(page)
    with os.fdopen(answer, "wb") as out:
        out.write(payload)
    os._exit(0)  # nothing to tidy up, and a broken parser's finalizers could hang


def _private_stdout() -> int:
    """Keeps the answer's pipe to ourselves; what a library prints goes to standard error."""
    answer = os.dup(1)
    os.dup2(2, 1)
    return answer


def _answer(file_name: str, limits: Limits) -> bytes:
    try:
        extracted = _extract(file_name, limits)
        payload = json.dumps({"extracted": _plain(extracted)}, ensure_ascii=True).encode("ascii")
    except ExtractionError as error:
        payload = _refusal(error)
    except MemoryError:
        payload = _refusal(ExtractionError("out_of_memory", OUT_OF_MEMORY))
    except Exception as error:  # noqa: BLE001 -- a parser may raise anything; the file is what is wrong
        payload = _refusal(ExtractionError("corrupt_file", CORRUPT, diagnosis=f"{type(error).__name__}: {error}"[:500]))
    if len(payload) > limits.output_bytes:
        payload = _refusal(
            ExtractionError("too_large", "The document holds more text than can be processed. Split it.")
        )
    return payload


OUT_OF_MEMORY = "The document needs more memory than a document may use. Split it or simplify its images and tables."
CORRUPT = "The file is damaged and could not be read. Export it again and upload the new file."


def _extract(file_name: str, limits: Limits) -> Extracted:
    with os.fdopen(0, "rb") as stream:
        extractor = registry.extractor_for(stream, file_name=file_name)
        extracted = extractor.extract(stream, limits=limits)
    if sum(len(block.text) for block in extracted.blocks) > limits.characters:
        raise ExtractionError(
            "too_many_characters", f"The document holds more than {limits.characters:,} characters of text. Split it."
        )
    if not extracted.scanned and not any(block.text.strip() for block in extracted.blocks):
        raise ExtractionError("no_text", "The document holds no text.")
    return extracted


def _drawn(page: int) -> bytes:
    from knowledge.ingest.extract import pdf_render  # noqa: PLC0415 -- only where a page is to be drawn

    with os.fdopen(0, "rb") as stream:
        return pdf_render.drawn(stream, page=page)


def _plain(extracted: Extracted) -> dict[str, Any]:
    return {
        "blocks": [_row(block) for block in extracted.blocks],
        "pages": extracted.pages,
        "title": extracted.title,
        "warnings": list(extracted.warnings),
        "scanned": list(extracted.scanned),
        "lines": extracted.lines,
    }


def _row(block: Block) -> list[Any]:
    return [block.kind, block.text, block.level, block.page, block.header]


def _refusal(error: ExtractionError) -> bytes:
    return json.dumps({"error": [error.code, error.detail, error.diagnosis]}).encode("ascii")
