"""One line of the checklist: what should be, whether it is, why, and the page that mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """`page` is a page of the dashboard and `ids` its arguments."""

    key: str
    group: str
    title: str
    is_done: bool
    why: str
    page: str = ""
    ids: tuple[Any, ...] = ()
