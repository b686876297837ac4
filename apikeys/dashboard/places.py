"""The page of the places where one is signed in, and its buttons; and the page behind the link that confirms an e-mail.

They stand at allauth's addresses, in place of its own."""

from __future__ import annotations

from typing import Any

from allauth.account.views import ConfirmEmailView
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views import View

from apikeys import places
from tenants import people
from tenants.errors import NotFound
from tenants.models import User


class _Places(LoginRequiredMixin, View):
    def user(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 -- Django's signature
        try:
            return super().dispatch(request, *args, **kwargs)
        except NotFound as problem:
            raise Http404 from problem

    def ended(self, said: str) -> HttpResponseBase:
        messages.success(self.request, said)
        return redirect("usersessions_list")


class PlacesView(_Places):
    """GET lists the places, POST ends all but this one."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        user = self.user()
        sessions, tokens = places.sessions(user), places.tokens(user)
        values = {"sessions": sessions, "tokens": tokens, "is_elsewhere": len(sessions) > 1 or bool(tokens)}
        return render(request, "usersessions/usersession_list.html", values)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        places.end_others(self.user(), here=request.session.session_key or "")
        return self.ended(_("Everywhere else you are signed out."))


class EndSessionView(_Places):
    """The button of a browser. The one that it is pressed in is left as everywhere: by signing out."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, number: int) -> HttpResponseBase:
        place = places.session(self.user(), number)
        if place.session_key == request.session.session_key:
            return redirect("account_logout")
        places.end(self.user(), place)
        return self.ended(_("You are signed out there."))


class EndTokenView(_Places):
    http_method_names = ("post",)

    def post(self, request: HttpRequest, number: str) -> HttpResponseBase:
        places.end(self.user(), places.token(self.user(), number))
        return self.ended(_("The token is worth nothing any more."))


class ConfirmView(ConfirmEmailView):  # type: ignore[misc]  # allauth has no types
    """Says beforehand, and afterwards, where the address is another account's by now."""

    def get_context_data(self, **values: Any) -> dict[str, Any]:  # noqa: ANN401 -- Django's signature
        found: dict[str, Any] = super().get_context_data(**values)
        if self.object:
            found["can_confirm"] = people.may_have(self.object.email_address)
        return found

    def respond(self, success: bool) -> HttpResponseBase:  # noqa: FBT001 -- allauth's signature
        if not success:
            refused: HttpResponseBase = self.render_to_response(
                self.get_context_data() | {"can_confirm": False}, status=409
            )
            return refused
        answer: HttpResponseBase = super().respond(success)
        return answer
