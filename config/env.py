"""Typed readers of the process environment.

Every reader takes a default; a value that does not parse raises `ImproperlyConfigured` naming the variable and never
its content. A secret `NAME` may also be given as a file's path in `NAME_FILE`, the way containers hand them over.
"""

from __future__ import annotations

import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """A variable that is set but empty counts as not set."""
    return os.environ.get(name, "").strip() or default


def boolean(name: str, *, default: bool = False) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    lowered = value.strip().lower()
    if lowered not in _TRUE | _FALSE:
        raise ImproperlyConfigured(f"{name} must be true or false.")
    return lowered in _TRUE


def integer(name: str, default: int, *, least: int = 0) -> int:
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number.") from None
    if number < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}.")
    return number


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list without its empty entries."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def choice(name: str, default: str, *, among: tuple[str, ...]) -> str:
    value = text(name, default)
    if value not in among:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(among)}.")
    return value


def secret(name: str) -> str:
    """The value of `NAME`, or the content of the file named by `NAME_FILE`; empty where neither is given."""
    value = os.environ.get(name, "")
    path = os.environ.get(f"{name}_FILE", "")
    if value and path:
        raise ImproperlyConfigured(f"Give {name} or {name}_FILE, not both.")
    if not path:
        return value
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error.strerror}.") from None
