"""How moments and amounts are written for people, in the language and the time zone of who reads.

A moment has five forms, which each language gives in config/formats/. What programs read (the API, exports) is none of
this module's: there a moment is ISO 8601 and a number is a number.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from django.template.defaultfilters import floatformat
from django.utils import dateformat, formats, timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

Form = Literal["day", "day_of_year", "minute", "minute_of_year", "second"]
_UNITS = ("KB", "MB", "GB")


def moment(value: date, form: Form = "minute") -> str:
    """A day or a moment in words: `26 Nov 2026, 14:05`, `26.11.2026, 14:05`."""
    return dateformat.format(_here(value), formats.get_format(form.upper()))


def tagged(value: date, form: Form = "minute") -> SafeString:
    """The same as HTML that programs understand too."""
    here = _here(value)
    exact = here.isoformat(timespec="seconds") if isinstance(here, datetime) else here.isoformat()
    return format_html('<time datetime="{}">{}</time>', exact, moment(value, form))


def number(value: float, digits: int = 0) -> str:
    """A number with `digits` behind the point, or behind the comma."""
    return str(floatformat(value, f"{digits}g"))


def shortly(value: float, digits: int = 1) -> str:
    """A number with at most `digits` behind the point: `2`, `2.5`."""
    text = str(floatformat(value, f"{digits}g"))
    point = formats.get_format("DECIMAL_SEPARATOR")
    return text.rstrip("0").removesuffix(point) if point in text else text


def size(count: int | None) -> str:
    """A number of bytes: `1.4 MB`."""
    value = float(count or 0)
    if value < 1000:
        return f"{value:.0f} B"
    for unit in _UNITS:
        value /= 1000
        if value < 1000 or unit == _UNITS[-1]:
            break
    return f"{number(value, 0 if value >= 100 else 1)} {unit}"


def seconds(milliseconds: float) -> str:
    """A short time: `12 ms`, `0.4 s`."""
    return f"{milliseconds:.0f} ms" if milliseconds < 100 else f"{number(milliseconds / 1000, 1)} s"


def dollars(cost: float, digits: int = 5) -> str:
    """Money, with `digits` where it is less than a cent: `$1.20`, `1,20 $`."""
    return _("$%(amount)s") % {"amount": number(cost, 2 if cost == 0 or cost >= 0.01 else digits)}


def _here(value: date) -> date:
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value
