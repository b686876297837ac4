"""Your account: what belongs to a person and to no organisation."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View

from tenants import people, selectors
from tenants.models import User
from tenants.pages import PageForm


class NameForm(PageForm):
    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=200, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=gettext_lazy("How the others in your organisations see you."),
    )  # fmt: skip


class AccountView(LoginRequiredMixin, View):
    def get(self, request: HttpRequest) -> HttpResponseBase:
        return self._shown(NameForm(initial={"name": self._user().name}))

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = NameForm(request.POST)
        if not form.is_valid():
            return self._shown(form, status=422)
        people.rename(user=self._user(), name=form.cleaned_data["name"])
        messages.success(request, _("Saved."))
        return redirect("account")

    def _user(self) -> User:
        assert isinstance(self.request.user, User)
        return self.request.user

    def _shown(self, form: NameForm, *, status: int = 200) -> HttpResponseBase:
        user = self._user()
        values = {
            "form": form,
            "is_confirmed": people.is_confirmed(user),
            "has_second_factor": Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists(),
            "memberships": selectors.memberships(user),
        }
        return render(self.request, "accounts/account.html", values, status=status)
