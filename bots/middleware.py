"""Which web origins get CORS headers on the chat endpoints.

A preflight has no body, so it cannot name its bot: it passes where any bot serves the origin. The answer itself gets
its headers only where the view found that the bot asked for serves it, and said so in `request.serves_origin`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from asgiref.sync import iscoroutinefunction, sync_to_async
from corsheaders.signals import check_request_enabled
from django.http import HttpRequest, HttpResponseBase
from django.utils.decorators import sync_and_async_middleware

from bots import origins
from tenants.selectors import any_route_serves

CHAT = "/v1/chat/"


@sync_and_async_middleware
def OriginMiddleware(  # noqa: N802 -- named as middleware is
    get_response: Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]],
) -> Callable[[HttpRequest], HttpResponseBase] | Callable[[HttpRequest], Awaitable[HttpResponseBase]]:
    """Decide preflights before the CORS middleware asks, since it asks on the event loop."""
    if iscoroutinefunction(get_response):

        async def awaiting(request: HttpRequest) -> HttpResponseBase:
            if _is_preflight(request):
                request.serves_origin = await sync_to_async(_any_bot_serves)(request)  # type: ignore[attr-defined]  # ours
            answer: HttpResponseBase = await get_response(request)
            return answer

        return awaiting

    def blocking(request: HttpRequest) -> HttpResponseBase:
        if _is_preflight(request):
            request.serves_origin = _any_bot_serves(request)  # type: ignore[attr-defined]  # ours
        return get_response(request)  # type: ignore[return-value]  # the synchronous of the two

    return blocking


def _is_preflight(request: HttpRequest) -> bool:
    return (
        request.method == "OPTIONS"
        and request.path_info.startswith(CHAT)
        and "Access-Control-Request-Method" in request.headers
    )


def _any_bot_serves(request: HttpRequest) -> bool:
    found = origins.candidates(request.headers.get("Origin", ""))
    return bool(found) and any_route_serves(found)


def _decide(sender: object, request: HttpRequest, **_: object) -> bool:
    return bool(getattr(request, "serves_origin", False))


check_request_enabled.connect(_decide, dispatch_uid="bots.origins")
