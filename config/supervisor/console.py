"""What the person at the terminal sees: one calm line for each thing that happens, with the seconds since the start."""

from __future__ import annotations

import os
import sys
import time
from typing import TextIO

STARTED = "PARLEY_STARTED"  # handed to children, so that everyone counts from the same moment
started = float(os.environ.get(STARTED) or time.time())


def say(text: str) -> None:
    _write(sys.stdout, text)


def plainly(text: str) -> None:
    """Lines that belong to the one before."""
    try:
        print(text, flush=True)
    except OSError:
        return  # as below


def complain(text: str) -> None:
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> None:
    seconds = time.time() - started
    try:
        print(f"[{seconds:6.1f} s] {text}", file=stream, flush=True)
    except (BrokenPipeError, OSError):
        return  # nobody reads any more; stopping in order matters more than saying so
