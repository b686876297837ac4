"""What two behaviours of a bot differ in, in a form for people; pure.

In: an older and a newer one, and what their providers and datasets are called. Out: a change for each field that is not
the same, with the value before and after. Of lists also what came and went, of datasets also which are used otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bots import behaviour


@dataclass(frozen=True, slots=True)
class Change:
    """`field` is the path in the behaviour. `added`, `removed` and `changed` are of lists alone."""

    field: str
    old: Any = None
    new: Any = None
    added: tuple[Any, ...] = ()
    removed: tuple[Any, ...] = ()
    changed: tuple[Any, ...] = ()


def between(
    old: behaviour.Behaviour | None, new: behaviour.Behaviour, *, names: Mapping[str, str]
) -> tuple[Change, ...]:
    """From nothing (`None`) all is new."""
    was, now = dict(_fields(old)) if old else {}, dict(_fields(new))
    meant_before, means_now = (
        dict(_fields(behaviour.meaning(old))) if old else {},
        dict(_fields(behaviour.meaning(new))),
    )
    return tuple(
        _change(field, was.get(field), now.get(field), names)
        for field in sorted({**was, **now})
        if meant_before.get(field) != means_now.get(field)
    )


def _fields(value: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """The values that are no objects, by their path."""
    for name, held in value.items():
        if isinstance(held, Mapping):
            yield from _fields(held, f"{path}{name}.")
        else:
            yield f"{path}{name}", held


def _change(field: str, old: Any, new: Any, names: Mapping[str, str]) -> Change:  # noqa: ANN401 -- JSON
    if field == "datasets":
        return _of_datasets(old or [], new or [], names)
    if field in behaviour.PROVIDERS:
        return Change(field, _named(old, names), _named(new, names))
    if isinstance(old or new, list):
        before, after = old or [], new or []
        return Change(
            field, old, new,
            added=tuple(each for each in after if each not in before),
            removed=tuple(each for each in before if each not in after),
        )  # fmt: skip
    return Change(field, old, new)


def _named(provider_id: str | None, names: Mapping[str, str]) -> dict[str, str | None] | None:
    return {"id": provider_id, "name": names.get(provider_id)} if provider_id else None


def _of_datasets(old: list[dict[str, Any]], new: list[dict[str, Any]], names: Mapping[str, str]) -> Change:
    before, after = _by_id(old, names), _by_id(new, names)
    return Change(
        "datasets",
        list(before.values()),
        list(after.values()),
        added=tuple(link for found, link in after.items() if found not in before),
        removed=tuple(link for found, link in before.items() if found not in after),
        changed=tuple(
            {"dataset_id": found, "name": link["name"], "old": _terms(before[found]), "new": _terms(link)}
            for found, link in after.items()
            if found in before and _terms(before[found]) != _terms(link)
        ),
    )


def _terms(link: Mapping[str, Any]) -> dict[str, Any]:
    """On which terms a dataset is used."""
    return {name: value for name, value in link.items() if name not in {"dataset_id", "name"}}


def _by_id(links: list[dict[str, Any]], names: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    return {link["dataset_id"]: {**link, "name": names.get(link["dataset_id"])} for link in links}
