"""The frame of the chat endpoints: DRF's lifecycle, awaited.

DRF's own `dispatch` is synchronous and would hold a thread while a model is awaited. Here what must be read first (the
credential, the body, and `begin`) happens in one hop; the handler is a coroutine.
"""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

from django.http import HttpResponse, HttpResponseBase
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response

from bots.types import BotProfile
from chat.turn import access, hop
from tenants.http import BaseView
from tenants.permissions import Anyone


class TalkView(BaseView):
    """A view that anyone may knock at; `begin` settles who may pass."""

    permission_classes: ClassVar[list[type[BasePermission]]] = [Anyone]  # type: ignore[misc]  # DRF leaves it an instance's

    def begin(self, request: Request) -> None:
        """Everything that reads, before the handler; in a thread, outside of any tenant."""

    async def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:  # type: ignore[override]  # noqa: ANN401 -- awaited by Django
        self.args, self.kwargs = args, kwargs
        self.request = self.initialize_request(request, *args, **kwargs)
        self.headers = self.default_response_headers
        try:
            await hop.outside(self._let_in)
            answer = self._handler(self.request, *args, **kwargs)
            response = await answer if inspect.isawaitable(answer) else answer
        except Exception as error:  # noqa: BLE001 -- as in DRF's dispatch: what is unknown is raised again there
            response = self.handle_exception(error)
        return _rendered(self.finalize_response(self.request, response, *args, **kwargs))

    @property
    def _handler(self) -> Any:  # noqa: ANN401 -- a method of ours or of DRF's
        name = str(self.request.method).lower()
        return (
            getattr(self, name, self.http_method_not_allowed)
            if name in self.http_method_names
            else (self.http_method_not_allowed)
        )

    def _let_in(self) -> None:
        self.initial(self.request, *self.args, **self.kwargs)
        if inspect.iscoroutinefunction(self._handler):
            self.begin(self.request)

    def problem(self, error: Exception) -> dict[str, Any]:
        """The body of the problem that an error is told as; what is not known is a bug, and told as nothing else."""
        try:
            return dict(self.handle_exception(error).data)
        except Exception:  # noqa: BLE001 -- whatever it was, DRF hands it on here
            return {"title": "Something went wrong", "status": 500, "code": "error"}

    @property
    def origin(self) -> str:
        """The website a browser calls from; empty for anything else."""
        return str(self.request.headers.get("Origin", ""))

    def admit(self, profile: BotProfile) -> None:
        """Let the website in, or raise; from here on it may read the answer, a problem included (CORS)."""
        ours = f"{self.request.scheme}://{self.request.get_host()}"
        request: Any = self.request._request  # noqa: SLF001 -- DRF names Django's request so
        request.serves_origin = access.check_origin(profile=profile, origin=self.origin, ours=ours)


def _rendered(response: HttpResponseBase) -> HttpResponseBase:
    """Rendered here: Django would hand a response that can render itself to a thread for it."""
    if not isinstance(response, Response):
        return response
    response.render()
    plain = HttpResponse(response.content, status=response.status_code)
    for name, value in response.items():
        plain[name] = value
    return plain
