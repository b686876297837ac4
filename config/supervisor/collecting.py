"""The static files, collected only where what is collected would be another: it takes seconds, and `make up` asks at
each start.

A mark says of which sources the files are. It goes before anything is collected and comes when all is, so a collection
that was killed counts as none. Django leaves a file alone whose copy is younger, though an archive may bring a changed
file with an older date; so our copies go first.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.management import call_command

_MANIFEST = "staticfiles.json"


def collect(*, mark: Path) -> bool:
    """Whether there was anything to do."""
    wanted = _digest()
    root = Path(settings.STATIC_ROOT)
    if _is_whole(root) and _read(mark) == _stamp(wanted, root):
        return False
    mark.unlink(missing_ok=True)
    for name, _ in _sources():
        (root / name).unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    if _is_whole(root):  # a storage without a list of its files is collected each time
        mark.write_text(_stamp(wanted, root), encoding="utf-8")
    return True


def _digest() -> str:
    """Changes with any source's name, date or size, and with what makes files of them."""
    said = [json.dumps(settings.STORAGES["staticfiles"]), version("django"), version("servestatic")]
    said += sorted(f"{path} {path.stat().st_mtime_ns} {path.stat().st_size}" for _, path in _sources())
    return hashlib.sha256("\n".join(said).encode()).hexdigest()


def _sources() -> Iterator[tuple[str, Path]]:
    """Each file's name among the static ones, and where it lies."""
    for finder in get_finders():
        for name, storage in finder.list([]):
            yield name, Path(storage.path(name))


def _stamp(digest: str, root: Path) -> str:
    """Also of the list itself, which another version may have written meanwhile."""
    found = (root / _MANIFEST).stat()
    return f"{digest} {root} {found.st_mtime_ns} {found.st_size}"


def _is_whole(root: Path) -> bool:
    """Whether the list is there, and all that it names."""
    try:
        listed = json.loads((root / _MANIFEST).read_bytes())["paths"]
    except (OSError, ValueError, KeyError):
        return False
    return all(staticfiles_storage.exists(name) for name in listed.values())


def _read(mark: Path) -> str:
    try:
        return mark.read_text(encoding="utf-8")
    except OSError:
        return ""
