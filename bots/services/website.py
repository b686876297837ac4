"""Writing how a bot looks on websites, and where it was seen.

A look is no part of a bot's versions: colours and greetings are no behaviour, and count at once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from bots import images, origins, selectors
from bots.enums import Language
from bots.models import Logo, Look, Visit
from bots.models.website import MOST_SUGGESTIONS
from bots.services.changing import locked
from tenants import audit, context
from tenants.errors import Invalid
from tenants.keys import redis, redis_key
from tenants.types import Principal

# Websites a bot; the one that was not seen for the longest time makes room, but none that is served for one that is
# not: anybody can claim to be a website.
MOST_VISITS = 200
VISITS_A_MINUTE = 60  # written a bot, of those that are served and of the others
A_MINUTE = 60
_COLOR = re.compile(r"#(?:[0-9a-f]{3}|[0-9a-f]{6})")


def update_look(*, by: Principal, bot_id: UUID, **changes: Any) -> Look:  # noqa: ANN401 -- the look's fields
    """Change what is given. Raises `Invalid` with what is wrong, field by field."""
    settled = _settled(changes)
    with transaction.atomic():
        bot = locked(bot_id)
        Look.objects.update_or_create(bot=bot, defaults=settled)
        audit.record(by=by, action="look.update", target=bot.id, data={"name": bot.name, "changed": sorted(settled)})
    return selectors.look(bot_id)


def put_logo(*, by: Principal, bot_id: UUID, data: bytes) -> Look:
    """Keep a picture as the bot's logo. Raises `Invalid` where it is none."""
    try:
        kind = images.kind_of(data)
    except ValueError as wrong:
        raise Invalid(errors={"file": [str(wrong)]}) from wrong
    with transaction.atomic():
        bot = locked(bot_id)
        digest = hashlib.sha256(data).hexdigest()[:16]
        Logo.objects.update_or_create(bot=bot, defaults={"kind": kind, "digest": digest, "data": data})
        audit.record(by=by, action="look.update", target=bot.id, data={"name": bot.name, "changed": ["logo"]})
    return selectors.look(bot_id)


def remove_logo(*, by: Principal, bot_id: UUID) -> None:
    """Removing it twice is no error."""
    with transaction.atomic():
        bot = locked(bot_id)
        if Logo.objects.filter(bot=bot).delete()[0]:
            audit.record(by=by, action="look.update", target=bot.id, data={"name": bot.name, "changed": ["logo"]})


def record_visit(*, bot_id: UUID, origin: str, refused: str = "") -> None:
    """Remember that a website asked for the bot's widget: at most once a minute each, and a bounded number of them.

    `Origin` says whatever a stranger wants, so what is no web origin is left out. Nothing of the visitor is kept.
    """
    try:
        site = origins.sent(origin)
    except ValueError:
        return
    if not _due(bot_id, site, refused):
        return
    now = timezone.now()
    with suppress(IntegrityError), transaction.atomic():  # the bot may be gone by now
        _visit, created = Visit.objects.update_or_create(
            bot_id=bot_id, origin=site, defaults={"refused": refused, "last_at": now},
            create_defaults={"refused": refused, "first_at": now, "last_at": now},
        )  # fmt: skip
        if created:
            rows = Visit.objects.filter(bot_id=bot_id)
            served = rows.annotate(is_served=ExpressionWrapper(Q(refused=""), output_field=BooleanField()))
            kept = list(served.order_by("-is_served", "-last_at", "id").values_list("id", flat=True)[:MOST_VISITS])
            rows.exclude(id__in=kept).delete()


def _due(bot_id: UUID, site: str, refused: str) -> bool:
    """Whether this visit is worth a write; where Redis is away none is."""
    tenant = context.current()
    which = hashlib.sha256(f"{site} {refused}".encode()).hexdigest()[:24]
    with suppress(RedisError):
        client, written = redis(), redis_key(tenant, "visits", "refused" if refused else "served", bot_id)
        if int(client.get(written) or 0) >= VISITS_A_MINUTE:
            return False
        if client.set(f"{written}:{which}", 1, nx=True, ex=A_MINUTE):
            count = client.incr(written)
            if count == 1:
                client.expire(written, A_MINUTE)
            return bool(count <= VISITS_A_MINUTE)
    return False


def _settled(changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes as they are kept."""
    settled = {name: value.strip() if isinstance(value, str) else value for name, value in changes.items()}
    wrong: dict[str, list[str]] = {}
    if "color" in settled:
        settled["color"] = _color(settled["color"], wrong)
    if "suggestions" in settled:
        settled["suggestions"] = list(dict.fromkeys(filter(None, map(str.strip, settled["suggestions"]))))
        if len(settled["suggestions"]) > MOST_SUGGESTIONS:
            wrong["suggestions"] = [_("At most %(most)s questions.") % {"most": MOST_SUGGESTIONS}]
    if settled.get("language") and settled["language"] not in Language.values:
        wrong["language"] = [
            _("One of %(known)s, or empty for the visitor's own.") % {"known": ", ".join(Language.values)}
        ]
    if settled.get("privacy_url") and not _is_web_address(settled["privacy_url"]):
        wrong["privacy_url"] = [_("A web address, like https://www.example.com/privacy.")]
    if wrong:
        raise Invalid(errors=wrong)
    return settled


def _color(given: str, wrong: dict[str, list[str]]) -> str:
    color = given.lower()
    if not _COLOR.fullmatch(color):
        wrong["color"] = [_("A colour like #1f6f54.")]
    return "#" + "".join(digit * 2 for digit in color[1:]) if len(color) == len("#123") else color


def _is_web_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return (
        parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"[\s\x00-\x1f\"'<>\\]", address)
    )
