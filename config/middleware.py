"""Django's middleware, for the requests that need it.

Under ASGI each of Django's own takes two hops to a thread, 2.4 ms a request all in all (measured, docs/performance.md).
What only reads and sets headers runs on the event loop here; what belongs to pages (sessions, CSRF, messages, the
reader's language) is left out under `/v1/` and for the widget's files, which know neither cookies nor forms.
"""

from __future__ import annotations

from typing import Any

from allauth.account.middleware import AccountMiddleware
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.locale import LocaleMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin

API, OPERATORS = "/v1/", "/admin/"
NO_PAGES = (API, "/widget/", "/widget.js")  # of the widget, whose texts are addresses of their own and no reader's
PAGES = ("/dashboard/", "/accounts/", "/welcome/", "/c/")
POLICY = "; ".join(
    (
        "default-src 'self'", "img-src 'self' data:", "object-src 'none'", "base-uri 'none'", "form-action 'self'",
        "frame-ancestors 'none'",
    )
)  # fmt: skip


class _OnTheLoop(MiddlewareMixin):
    """For what neither waits nor reads: headers in, headers out."""

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        before: Any = getattr(self, "process_request", None)
        after: Any = getattr(self, "process_response", None)
        response = before(request) if before else None
        response = response or await self.get_response(request)  # type: ignore[misc]  # a coroutine in this mode
        answer: HttpResponseBase = after(request, response) if after else response
        return answer


class _PagesOnly(MiddlewareMixin):
    left_out: tuple[str, ...] = NO_PAGES

    def __call__(self, request: HttpRequest) -> Any:  # noqa: ANN401 -- a response, or one to be awaited
        if request.path_info.startswith(self.left_out):
            return self.get_response(request)
        return super().__call__(request)


class Security(_OnTheLoop, SecurityMiddleware):
    """HTTPS, and the headers that browsers ask for."""


class FrameOptions(_OnTheLoop, XFrameOptionsMiddleware):
    """Nobody frames us."""


class Sessions(_PagesOnly, SessionMiddleware):
    """Of the people who sign in to pages."""


class Csrf(_PagesOnly, CsrfViewMiddleware):
    """For forms. The views under `/v1/` are exempt as it is; here they are spared the hop as well."""

    def __init__(self, get_response: Any) -> None:  # noqa: ANN401 -- as Django has it
        super().__init__(get_response)
        if self.async_mode:
            self.process_view = self._looked_at  # type: ignore[method-assign,assignment]  # Django asks whether it is a coroutine

    async def _looked_at(self, request: HttpRequest, *view: Any) -> Any:  # noqa: ANN401 -- as Django has it
        """Nothing of it waits: the token is in a cookie, and a form's body was read before."""
        if request.path_info.startswith(NO_PAGES):
            return None
        return super().process_view(request, *view)


class Authentication(_PagesOnly, AuthenticationMiddleware):
    """Who is signed in to pages."""


class Messages(_PagesOnly, MessageMiddleware):
    """What the next page says."""


class Locale(_PagesOnly, LocaleMiddleware):
    """In which language a page speaks: the reader's cookie, else the browser's. What comes next begins anew.

    The APIs speak English, whatever a request asks for: their sentences are read by programs and their makers.
    """

    left_out = (*NO_PAGES, OPERATORS)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        answer: HttpResponseBase = super().process_response(request, response)
        translation.deactivate()
        return answer


class Accounts:
    """allauth's: it keeps the request at hand, and sends people on who have to prove anew who they are."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Any) -> None:  # noqa: ANN401 -- as Django has it
        self.get_response = get_response
        self._pages: Any = AccountMiddleware(get_response)
        self.process_exception = self._pages.process_exception
        if iscoroutinefunction(get_response):
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:  # noqa: ANN401 -- a response, or one to be awaited
        if request.path_info.startswith(NO_PAGES):
            return self.get_response(request)
        return self._pages(request)


class Policy(_OnTheLoop, MiddlewareMixin):
    """What a page of ours may load and run: what we serve, and no script or style that is written into a page. And
    nothing of it is kept for the next person at the same machine.

    The console and the API's own page bring inline scripts of their libraries and are left out.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if request.path_info.startswith(PAGES):
            response.headers.setdefault("Content-Security-Policy", POLICY)
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
