"""`/c/<bot id>/`, the bot's own page: the widget over the whole window."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import get_language_from_request
from django.views.decorators.http import require_safe

from bots import selectors as bots
from bots import services
from bots.types import BotProfile
from chat.appearance import shown, texts
from chat.widget import script
from tenants import context
from tenants.errors import NotFound
from tenants.selectors import tenant_of

# What a host's name is made of, so that a domain can say nothing else in a policy.
_SOURCE = re.compile(r"https?://(?:\*\.)?(?:[\w.-]+|\[[0-9a-f:.]+\])(?::\d+)?", re.ASCII)


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
            told = shown.look(bot_id=bot_id, name=profile.name, look=look, wanted=wanted)
            return profile, {"look": told, "modules": script.addresses(told["language"])}
    except NotFound:
        return None, None


def _policy(framed_by: list[str]) -> str:
    """As every page of ours has it, but for who may frame it."""
    fixed = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'"
    return f"{fixed}; frame-ancestors " + (" ".join(framed_by) or "'none'")
