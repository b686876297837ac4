"""`/widget.js`, which websites load, and `/c/<bot id>/`, the bot's own page: the same script over the whole window."""

from __future__ import annotations

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request
from django.views.decorators.http import require_safe

from bots import selectors as bots
from bots import services
from bots.types import BotProfile
from chat.appearance import shown, texts
from tenants import context
from tenants.errors import NotFound
from tenants.selectors import tenant_of

# An address that never changes has to be asked about now and then; what is fresh is told by its ETag.
SCRIPT_KEPT = "public, max-age=300, stale-while-revalidate=86400"
# What a host's name is made of, so that a domain can say nothing else in a policy.
_SOURCE = re.compile(r"https?://(?:\*\.)?(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d+)?", re.ASCII)


@dataclass(frozen=True)
class _Script:
    plain: bytes
    packed: bytes
    etag: str


@lru_cache(maxsize=1)
def _script(path: Path, changed: float) -> _Script:
    plain = path.read_bytes()
    return _Script(plain, gzip.compress(plain, 9, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:20]}"')


@require_safe
def script(request: HttpRequest) -> HttpResponseBase:
    """The widget. Packed here and not by a middleware, which would pack streams too."""
    path = settings.BASE_DIR / "static" / "widget.js"
    found = _script(path, path.stat().st_mtime)
    answer: HttpResponse
    if found.etag in request.headers.get("If-None-Match", ""):
        answer = HttpResponseNotModified()
    elif "gzip" in request.headers.get("Accept-Encoding", ""):
        answer = HttpResponse(found.packed, content_type="text/javascript; charset=utf-8")
        answer["Content-Encoding"] = "gzip"
    else:
        answer = HttpResponse(found.plain, content_type="text/javascript; charset=utf-8")
    answer["Content-Length"] = str(len(answer.content))
    answer["ETag"] = found.etag
    answer["Cache-Control"] = SCRIPT_KEPT
    answer["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer["X-Content-Type-Options"] = "nosniff"
    patch_vary_headers(answer, ["Accept-Encoding"])
    return answer


@require_safe
def page(request: HttpRequest, bot_id: UUID) -> HttpResponseBase:
    """The bot's page, for public bots that have one. Framed by the bot's own websites alone."""
    wanted = get_language_from_request(request)
    profile, values = _looked_up(request, bot_id, wanted)
    if values is None:
        said = texts.load()[texts.language_of(wanted)]
        answer = render(request, "chat/gone.html", {"said": said, "language": texts.language_of(wanted)}, status=404)
    else:
        answer = render(request, "chat/page.html", values)
    domains = profile.allowed_domains if profile and values else ()
    answer["Content-Security-Policy"] = _policy([domain for domain in domains if _SOURCE.fullmatch(domain)])
    answer.xframe_options_exempt = True  # the policy says it better
    answer["X-Robots-Tag"] = "noindex"
    answer["Cache-Control"] = "no-cache"
    patch_vary_headers(answer, ["Accept-Language"])
    return answer


def _looked_up(request: HttpRequest, bot_id: UUID, wanted: str) -> tuple[BotProfile | None, dict[str, Any] | None]:
    """The bot, and what its page shows; nothing where it shows none."""
    try:
        tenant = tenant_of(bot_id)
        with context.entered(tenant):
            profile, look = bots.profile(bot_id), bots.look(bot_id)
            if not (profile.is_public and profile.is_active and look.has_page):
                return profile, None
            services.record_visit(bot_id=bot_id, origin=f"{request.scheme}://{request.get_host()}")
            return profile, {"look": shown.look(bot_id=bot_id, name=profile.name, look=look, wanted=wanted)}
    except NotFound:
        return None, None


def _policy(framed_by: list[str]) -> str:
    """As every page of ours has it, but for who may frame it."""
    fixed = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'"
    return f"{fixed}; frame-ancestors " + (" ".join(framed_by) or "'none'")
