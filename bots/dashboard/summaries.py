"""What a version brought, in a line, for a list. Pure.

In: the changes from the version before. Out: each with what came and went, the first few of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.behaviour import PROVIDERS
from bots.dashboard import differences
from bots.versions.changes import Change

MOST, MOST_NAMES = 4, 2


def of(changes: Sequence[Change]) -> str:
    told = [_told(change) for change in differences.telling(changes)]
    rest = len(told) - MOST
    if rest > 0:
        told[MOST:] = [ngettext("%(count)d more", "%(count)d more", rest) % {"count": rest}]
    return " · ".join(told)


def _told(change: Change) -> str:
    name = str(differences.name_of(change.field))
    if change.field == "datasets" and (change.added or change.removed):
        signs = [*_signed("+", change.added), *_signed("−", change.removed)]
        return _("%(field)s: %(changes)s") % {"field": name, "changes": ", ".join(signs)}
    if change.added or change.removed:
        counts = [f"{sign}{len(each)}" for sign, each in (("+", change.added), ("−", change.removed)) if each]
        return f"{name} {' '.join(counts)}"
    if change.field in PROVIDERS and change.new:
        return _("%(field)s: %(changes)s") % {"field": name, "changes": change.new["name"] or change.new["id"]}
    return _("%(field)s changed") % {"field": name}


def _signed(sign: str, links: Sequence[dict[str, str]]) -> list[str]:
    """The first by their names, the rest as a number."""
    rest = len(links) - MOST_NAMES
    names = [f"{sign} {differences.named(link)}" for link in links[:MOST_NAMES]]
    return names + ([f"{sign}{rest}"] if rest > 0 else [])
