"""Makes the embedding model ready to run, once a machine.

In: the folder of models. Out: `<folder>/multilingual-e5-small/` with graph, weights, tokenizer and manifest, complete
or not there at all: it is written aside and renamed into place under a lock, so two processes may prepare at once.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from . import blob, manifest

E5 = "multilingual-e5-small"
TOKENIZER_FILE = "tokenizer.json"


def ensure(models_dir: Path, *, say: Callable[[str], object] = lambda line: None) -> None:
    """Prepares the multilingual model unless it is there and whole. `say` is told each step."""
    folder = models_dir / E5
    models_dir.mkdir(parents=True, exist_ok=True)
    with _alone(models_dir / ".lock"):
        try:
            manifest.verify(folder, source=blob.SHA256, deep=True)
        except manifest.ModelMissing as reason:
            say(f"{reason} Preparing it.")
            _replace(folder, say)
        say(f"{E5} is ready in {folder}.")


def _replace(folder: Path, say: Callable[[str], object]) -> None:
    new, old = folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    new.mkdir()
    _convert(new, say)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _convert(folder: Path, say: Callable[[str], object]) -> None:
    from . import graph, tokenizer  # noqa: PLC0415 - onnx is slow to import and only this step needs it

    source = blob.locate()
    say(f"Checking {source.name}.")
    blob.check(source)
    weights, vocabulary = blob.read(source)
    say("Writing the graph and its weights.")
    graph.write(weights, pad=vocabulary.pad, folder=folder)
    say("Writing the tokenizer.")
    (folder / TOKENIZER_FILE).write_text(tokenizer.document(vocabulary), encoding="utf-8")
    manifest.write(folder, source=blob.SHA256)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Holds the lock file; the system lets go of it even if this process dies."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
