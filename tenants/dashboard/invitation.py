"""Where an invitation's link leads.

The token stands in the mail's link alone: opening it puts the token's fingerprint into the session and moves on to an
address without it, so that it is in no history, no log of the next page and no Referer.
"""

from __future__ import annotations

from allauth.account.utils import perform_login
from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables

from tenants import limits, members
from tenants.errors import NotFound, Problem
from tenants.keys import platform_key
from tenants.models import Invitation, User
from tenants.pages import PageForm

_KEPT = "invitation"
TRIES_A_MINUTE = 10


class JoinForm(PageForm):
    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    password = forms.CharField(
        label=gettext_lazy("A password"), max_length=200, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 8 characters, and not one of the common ones."),
    )  # fmt: skip


@method_decorator([never_cache, sensitive_variables("token")], name="dispatch")
class OpenView(View):
    """The link of the mail. A link that is none begins no session: anybody can make those up."""

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        try:
            request.session[_KEPT] = members.opened(members.fingerprint(token)).token_hash
        except NotFound as problem:
            return render(request, "accounts/invitation_gone.html", {"problem": problem}, status=404)
        response = redirect("invitation")
        # Here alone: on the page with the form it would take the Origin away, by which Django knows a form of ours.
        response.headers["Referrer-Policy"] = "no-referrer"
        return response


@method_decorator([never_cache, sensitive_post_parameters("password")], name="dispatch")
class InvitationView(View):
    """Says who invites whom, and takes the answer of who is signed in, of a new person, or sends others to sign in."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self._shown(self._invitation(), JoinForm())
        except NotFound as problem:
            return render(request, "accounts/invitation_gone.html", {"problem": problem}, status=404)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = JoinForm(request.POST)
        try:
            limits.hit_minutely(
                key=platform_key("invitation", request.META.get("REMOTE_ADDR") or "unknown"), limit=TRIES_A_MINUTE
            )
            return self._accepted(self._invitation(), form)
        except NotFound as problem:
            return render(request, "accounts/invitation_gone.html", {"problem": problem}, status=404)
        except Problem as problem:
            form.full_clean()
            form.refuse(problem)
            return self._shown(self._invitation(), form, status=422)

    def _invitation(self) -> Invitation:
        return members.opened(str(self.request.session.get(_KEPT, "")))

    def _accepted(self, invitation: Invitation, form: JoinForm) -> HttpResponseBase:
        user = self.request.user
        if isinstance(user, User):
            members.accept(token_hash=invitation.token_hash, user=user)
            return self._in(invitation)
        if _known(invitation):
            return self._shown(invitation, form)
        if not form.is_valid():
            return self._shown(invitation, form, status=422)
        joined = members.accept(token_hash=invitation.token_hash, **form.cleaned_data)
        self.request.session.pop(_KEPT, None)
        answer: HttpResponseBase = perform_login(
            self.request, joined.user, email=joined.user.email, redirect_url=f"/dashboard/{invitation.tenant.slug}/"
        )
        return answer

    def _in(self, invitation: Invitation) -> HttpResponseBase:
        self.request.session.pop(_KEPT, None)
        messages.success(self.request, _("You are a member of %(name)s now.") % {"name": invitation.tenant.name})
        return redirect(f"/dashboard/{invitation.tenant.slug}/")

    def _shown(self, invitation: Invitation, form: JoinForm, *, status: int = 200) -> HttpResponseBase:
        user = self.request.user
        signed_in = isinstance(user, User)
        values = {
            "invitation": invitation,
            "form": form,
            "is_theirs": isinstance(user, User) and user.email == invitation.email,
            "is_signed_in": signed_in,
            "is_known": not signed_in and _known(invitation),
        }
        return render(self.request, "accounts/invitation.html", values, status=status)


def _known(invitation: Invitation) -> bool:
    return User.objects.filter(email=invitation.email).exists()
