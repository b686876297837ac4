"""Makes an embedding model ready to run, once a machine.

In: the folder of models. Out: a folder in it, such as `multilingual-e5-small/`, with graph, weights, tokenizer and
manifest, complete or not there at all: it is written aside and renamed into place under a lock, so two processes may
prepare at once.
"""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import e5, manifest
from .types import Recipe, Say


def ensure(models_dir: Path, *, recipe: Recipe = e5.RECIPE, say: Say = lambda line: None) -> None:
    """Prepares the model unless it is there and whole. `say` is told each step."""
    folder = models_dir / recipe.model
    models_dir.mkdir(parents=True, exist_ok=True)
    with _alone(models_dir / ".lock"):
        try:
            manifest.verify(folder, source=recipe.source, deep=True)
        except manifest.ModelMissing as reason:
            say(f"{reason} Preparing it.")
            _replace(folder, recipe, say)
        say(f"{recipe.model} is ready in {folder}.")


def _replace(folder: Path, recipe: Recipe, say: Say) -> None:
    new, old = folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    new.mkdir()
    recipe.convert(new, say)
    manifest.write(new, source=recipe.source)
    if folder.exists():
        folder.rename(old)
    new.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Holds the lock file; the system lets go of it even if this process dies."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
