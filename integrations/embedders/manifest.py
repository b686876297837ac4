"""The list of a prepared model's files: what it was made from and what each file must look like.

`verify` is cheap and runs each time a model is loaded; with `deep` it reads every byte, as preparation does.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

FILE = "manifest.json"
FORMAT = 1  # raised when the writers change, so that older prepared models are made anew


class ModelMissing(RuntimeError):
    """There is no usable prepared model in the folder."""


def write(folder: Path, *, source: str) -> None:
    """Lists every file now in the folder; `source` is the sha256 of what they were made from."""
    files = {path.name: {"size": path.stat().st_size, "sha256": _sha256(path)} for path in sorted(folder.iterdir())}
    text = json.dumps({"format": FORMAT, "source": source, "files": files}, indent=2)
    (folder / FILE).write_text(text + "\n", encoding="utf-8")


def verify(folder: Path, *, source: str, deep: bool = False) -> None:
    """Raises ModelMissing, saying what is wrong, unless the folder holds exactly what its manifest lists."""
    listed = _read(folder)
    if listed.get("format") != FORMAT or listed.get("source") != source:
        raise ModelMissing(f"{folder} holds a model prepared by another version.")
    for name, expected in listed["files"].items():
        path = folder / name
        if not path.is_file() or path.stat().st_size != expected["size"]:
            raise ModelMissing(f"{path} is missing or incomplete.")
        if deep and _sha256(path) != expected["sha256"]:
            raise ModelMissing(f"{path} is damaged.")


def _read(folder: Path) -> dict[str, Any]:
    try:
        listed = json.loads((folder / FILE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelMissing(f"{folder} holds no prepared model.") from None
    except ValueError:
        raise ModelMissing(f"{folder / FILE} cannot be read.") from None
    if not isinstance(listed, dict) or not listed.get("files"):
        raise ModelMissing(f"{folder / FILE} cannot be read.")
    return listed


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
