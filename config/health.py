"""`/health/live`: the process answers. `/health/ready`: it can reach what it needs."""

from __future__ import annotations

from django.conf import settings
from django.db import connection
from django.db.utils import DatabaseError
from django.http import HttpRequest, JsonResponse
from redis import Redis
from redis.exceptions import RedisError


def live(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


def ready(request: HttpRequest) -> JsonResponse:
    parts = {"database": _database(), "redis": _redis()}
    fine = all(parts.values())
    words = {name: "ok" if up else "unreachable" for name, up in parts.items()}
    return JsonResponse({"status": "ok" if fine else "unready", **words}, status=200 if fine else 503)


def _database() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _redis() -> bool:
    client = Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2)
    try:
        return bool(client.ping())
    except RedisError:
        return False
    finally:
        client.close()
