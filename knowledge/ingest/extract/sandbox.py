"""Reads a file in a process that may die: a path goes in, `Extracted` or `ExtractionError` comes out.

The child gets the file as standard input and an empty environment; the parent reads only JSON, no more
than a cap, and kills the child's whole session when the time is up, when the caller no longer wants the
result, or when anything goes wrong here.
"""

import contextlib
import dataclasses
import json
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final, get_args

from knowledge.ingest.extract.errors import ExtractionError, ParserDied
from knowledge.ingest.types import Block, BlockKind, Extracted, Limits

__all__ = ["ExtractionError", "extract"]

_ROOT: Final = Path(__file__).resolve().parents[3]
_BOOT: Final = "import sys; sys.path.insert(0, sys.argv[1]); from knowledge.ingest.extract.child import main; main()"
_STDERR: Final = 8_000
_READ: Final = 1 << 16
_KINDS: Final = frozenset(get_args(BlockKind))

_TIMED_OUT: Final = "Reading the document took longer than {seconds} seconds. Split it or export it again."
_OUT_OF_MEMORY: Final = "The document needs more memory than a document may use. Split it or export it again."
_CRASHED: Final = "The document made its reader stop. Export it again and upload the new file."


@dataclasses.dataclass(slots=True)
class _Output:
    answer: bytearray
    complaints: bytearray
    late: bool = False


def extract(path: Path, *, file_name: str, limits: Limits, on_wait: Callable[[], None]) -> Extracted:
    """`on_wait` is called about once a second; what it raises ends the child and is passed on."""
    _check_size(path, limits)
    with path.open("rb") as source, _child(source, file_name, limits) as process:
        output = _read(process, limits, on_wait)
        if not output.late:
            process.wait()
    if output.late:
        raise _timed_out(limits)
    return _result(process.returncode, output, limits)


def render(path: Path, *, page: int, limits: Limits, on_wait: Callable[[], None]) -> bytes:
    """A page of a PDF as a grey bitmap (PGM), drawn in a process that may die. Raises `ExtractionError`."""
    with path.open("rb") as source, _child(source, "page.pdf", limits, page=page) as process:
        output = _read(process, limits, on_wait)
        if not output.late:
            process.wait()
    if output.late:
        raise _timed_out(limits)
    if process.returncode != 0 or not output.answer.startswith(b"P5"):
        complaints = output.complaints.decode("utf-8", "replace")
        raise ExtractionError("parser_crashed", _CRASHED, diagnosis=complaints)
    return bytes(output.answer)


def _check_size(path: Path, limits: Limits) -> None:
    size = path.stat().st_size
    if size == 0:
        raise ExtractionError("empty_file", "The file is empty.")
    if size > limits.file_bytes:
        raise ExtractionError(
            "too_large", f"The file has {size / 1e6:,.1f} MB; the limit is {limits.file_bytes / 1e6:,.0f} MB. Split it."
        )


@contextlib.contextmanager
def _child(
    source: IO[bytes], file_name: str, limits: Limits, *, page: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    settings = {"file_name": file_name, "parent": os.getpid(), "limits": dataclasses.asdict(limits), "page": page}
    process = subprocess.Popen(  # noqa: S603 -- our own interpreter and code; the file's name is only data in JSON
        [sys.executable, "-I", "-B", "-c", _BOOT, str(_ROOT), json.dumps(settings)],
        stdin=source,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={"LANG": "C.UTF-8"},
        cwd="/",
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdout, process.stderr):
            if pipe:
                pipe.close()


def _read(process: subprocess.Popen[bytes], limits: Limits, on_wait: Callable[[], None]) -> _Output:
    output = _Output(bytearray(), bytearray())
    start = heard = time.monotonic()
    with selectors.DefaultSelector() as selector:
        for pipe, sink, cap in (
            (process.stdout, output.answer, limits.output_bytes),
            (process.stderr, output.complaints, _STDERR),
        ):
            assert pipe is not None
            selector.register(pipe, selectors.EVENT_READ, (sink, cap))
        while selector.get_map():
            for key, _ in selector.select(timeout=1.0):
                _drain(selector, key)
            now = time.monotonic()
            if now - start > limits.seconds:
                output.late = True
                break
            if now - heard >= 1.0:
                heard = now
                on_wait()
    return output


def _drain(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
    """Takes what the child wrote; what goes beyond the cap is read and forgotten, so that it can end."""
    data = os.read(key.fd, _READ)
    if not data:
        selector.unregister(key.fileobj)
        return
    sink, cap = key.data
    sink.extend(data[: max(0, cap + 1 - len(sink))])


def _timed_out(limits: Limits) -> ExtractionError:
    return ExtractionError("timed_out", _TIMED_OUT.format(seconds=limits.seconds))


def _result(code: int, output: _Output, limits: Limits) -> Extracted:
    complaints = output.complaints.decode("utf-8", "replace")[-2_000:]
    if code in (-signal.SIGXCPU, -signal.SIGALRM):
        raise _timed_out(limits)
    if code == -signal.SIGKILL:  # not by us: the kernel ran out of memory, or the hard limit on CPU time
        raise ParserDied("out_of_memory", _OUT_OF_MEMORY, diagnosis=complaints)
    if code != 0:
        memory = "MemoryError" in complaints
        raise (ParserDied if code < 0 else ExtractionError)(
            "out_of_memory" if memory else "parser_crashed",
            _OUT_OF_MEMORY if memory else _CRASHED,
            diagnosis=f"exit {code}: {complaints}",
        )
    if len(output.answer) > limits.output_bytes:
        raise ExtractionError("too_large", "The document holds more text than can be processed. Split it.")
    return _parsed(output.answer, complaints)


def _parsed(answer: bytearray, complaints: str) -> Extracted:
    """The child has read a stranger's file: its answer is believed only as far as it has the right shape."""
    try:
        data: dict[str, Any] = json.loads(answer)
        if "error" in data:
            code, detail, diagnosis = (str(part)[:1_000] for part in data["error"])
            error = ExtractionError(code, detail, diagnosis=diagnosis)
        else:
            return _extracted(data["extracted"])
    except (ValueError, KeyError, TypeError, RecursionError) as wrong:
        raise ExtractionError("parser_crashed", _CRASHED, diagnosis=f"{wrong!r}: {complaints}") from None
    raise error


def _extracted(data: dict[str, Any]) -> Extracted:
    pages = data["pages"]
    return Extracted(
        blocks=tuple(_block(*row) for row in data["blocks"]),
        pages=None if pages is None else int(pages),
        title=str(data["title"])[:500],
        warnings=tuple(str(warning)[:500] for warning in data["warnings"])[:50],
        scanned=tuple(int(page) for page in data["scanned"])[:10_000],
        lines=bool(data["lines"]),
    )


def _block(kind: BlockKind, text: str, level: int, page: int | None, header: str) -> Block:
    if kind not in _KINDS:
        raise ValueError("an unknown kind of block")
    return Block(kind, str(text), int(level), None if page is None else int(page), str(header))
