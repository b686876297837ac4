"""Finds files inside an installed wheel without importing it, and refuses any but the pinned ones."""

from __future__ import annotations

import hashlib
import importlib.util
from pathlib import Path

from .types import SourceUnavailable


def locate(package: str, name: str, *, requirements: str = "requirements.txt") -> Path:
    """The place of a data file that the package carries."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise SourceUnavailable(f"The package {package}, which carries the model, is not there: see {requirements}.")
    return Path(spec.origin).parent / name


def check(path: Path, *, sha256: str) -> None:
    """Refuses a file that is not the known one, byte for byte."""
    if not path.is_file():
        raise SourceUnavailable(f"{path} does not exist; reinstall the package that carries it.")
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256:
        raise SourceUnavailable(f"{path} is damaged or another version: its sha256 is {found}, expected {sha256}.")
