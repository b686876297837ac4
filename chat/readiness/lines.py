"""One line of the checklist: what should be, whether it is, why, and the page that mends it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

# A public bot that lists no website, in words for the checklist and the widget doctor.
NO_WEBSITE = gettext_lazy("No website may show it, only its own page. Programs may ask any public bot.")


@dataclass(frozen=True, slots=True)
class Line:
    """`page` is a page of the dashboard and `ids` its arguments. What does not `apply` is neither done nor open."""

    key: str
    group: str
    title: str
    is_done: bool
    why: str
    page: str = ""
    ids: tuple[Any, ...] = ()
    applies: bool = True
