"""What the operator has set up, as it is at this moment: facts that a tenant can only pass on."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from chat.readiness.lines import Line
from tenants.keys import redis
from tenants.selectors import audit_settings


def lines() -> list[Line]:
    asked = {"count": settings.CHAT_PUBLIC_PER_MINUTE}
    kept = audit_settings()
    logs = bool(kept["enabled"] and kept["log_conversations"])
    https = settings.PUBLIC_URL.startswith("https://")
    return [
        _line("postgres", _("PostgreSQL with pgvector"), True, _postgres()),
        _line("redis", _("Redis"), *_redis()),
        _line("https", _("HTTPS and a domain name"), https, settings.PUBLIC_URL),
        _line(
            "rate_limits", _("Rate limits"), True,
            _("Each visitor may ask a public bot %(count)d times a minute.") % asked,
        ),
        _line("audit", _("Audit log"), bool(kept["enabled"]), _("On.") if kept["enabled"] else _("Off.")),
        _line(
            "conversations_kept", _("Conversations are kept"), logs,
            _("For %(retention_days)d days.") % kept if logs else _("Not kept: no inbox and no gaps."),
        ),
        _line(
            "error_tracking", _("Error tracking"), bool(settings.SENTRY_DSN),
            _("Errors are reported.") if settings.SENTRY_DSN else _("Not set up (SENTRY_DSN)."),
        ),
        _line("health", _("Health checks"), True, "/health/live, /health/ready"),
    ]  # fmt: skip


def _line(key: str, title: str, is_done: bool, why: str) -> Line:  # noqa: FBT001 -- a line's own fields
    return Line(key=key, group="operator", title=title, is_done=is_done, why=why)


def _postgres() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('server_version'), (SELECT extversion FROM pg_extension WHERE extname = 'vector')"
        )
        server, vector = cursor.fetchone()
    return f"PostgreSQL {server.split()[0]}, pgvector {vector}"


def _redis() -> tuple[bool, str]:
    try:
        redis().ping()
    except RedisError:
        return False, _("Redis does not answer.")
    return True, _("Redis answers.")
