"""The doors before the dashboard: which organisation, a new one, and what stands there for who has none."""

from __future__ import annotations

from typing import Any, ClassVar

from allauth.account.internal.flows.signup import prevent_enumeration
from allauth.account.utils import perform_login
from django import forms
from django.conf import settings
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from tenants import limits, people, selectors, services
from tenants.errors import Problem
from tenants.models import SLUG, Tenant, User
from tenants.pages import PageForm
from tenants.types import Principal

MOST_PROPOSALS = 50


def is_open() -> bool:
    """Whether strangers may make an organisation of their own here."""
    return bool(settings.TENANT_SIGNUP == "open")


class ChooserView(LoginRequiredMixin, View):
    """Where people land: in their organisation, before several to choose from, or told that they have none."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        user = request.user
        assert isinstance(user, User)
        found = list(selectors.memberships(user))
        if len(found) == 1 and not user.is_staff and "all" not in request.GET:
            return redirect(f"/dashboard/{found[0].tenant.slug}/")
        if not found and user.is_staff:
            return redirect("admin:index")
        return render(request, "accounts/chooser.html", {"memberships": found, "is_open": is_open()})


class OrganisationForm(PageForm):
    """An organisation of one who is signed in."""

    organisation = forms.CharField(label=gettext_lazy("Name of the organisation"), max_length=200)
    slug = forms.CharField(
        label=gettext_lazy("Short name"), max_length=63, required=False, validators=[SLUG],
        help_text=gettext_lazy(
            "Part of its addresses: small letters, digits and hyphens. Left empty, it follows the name."
        ),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not data.get("slug") and data.get("organisation") and "slug" not in self.errors:
            data["slug"] = _proposed(str(data["organisation"]))
        return data


class WelcomeForm(OrganisationForm):
    """An organisation and the person who makes it."""

    name = forms.CharField(
        label=gettext_lazy("Your name"), max_length=200, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    password = forms.CharField(
        label=gettext_lazy("A password"), max_length=200, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy(
            "At least 8 characters, and not one of the common ones. If you have an account, its password."
        ),
    )  # fmt: skip


@method_decorator([never_cache, sensitive_post_parameters("password")], name="dispatch")
class WelcomeView(View):
    """Makes an organisation and signs its owner in, where the operator lets anyone do so."""

    template: ClassVar[str] = "accounts/welcome.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 -- Django's signature
        if not is_open():
            return render(request, "accounts/closed.html", status=403)
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponseBase:
        return render(request, self.template, {"form": self._form_class()()})

    def post(self, request: HttpRequest) -> HttpResponseBase:
        form = self._form_class()(request.POST)
        if form.is_valid():
            try:
                return self._made(form)
            except Problem as problem:
                form.refuse(problem)
        return render(request, self.template, {"form": form}, status=422)

    def _form_class(self) -> type[OrganisationForm]:
        return OrganisationForm if self.request.user.is_authenticated else WelcomeForm

    def _made(self, form: OrganisationForm) -> HttpResponseBase:
        asked, ip = form.cleaned_data, str(self.request.META.get("REMOTE_ADDR") or "")
        limits.hit_sign_up(ip=ip)
        user = self.request.user
        if isinstance(user, User):
            by = Principal(kind="user", user_id=user.id, email=user.email, platform_role=user.platform_role)
            tenant = services.create_tenant_of(by=by, user=user, name=asked["organisation"], slug=asked["slug"])
            return redirect(f"/dashboard/{tenant.slug}/")
        limits.hit_sign_in(ip=ip, email=asked["email"])  # it may be tried as a password of somebody's
        if not people.must_confirm():
            return self._signed_in(asked)
        # Whether there is such an account shows nowhere: not in what is refused, not in the page, not by the clock.
        people.check_password_strength(password=asked["password"], email=asked["email"], name=asked["organisation"])
        try:
            return self._signed_in(asked)
        except people.EmailTaken:
            answer: HttpResponseBase = prevent_enumeration(self.request, email=asked["email"].strip().lower())
            return answer

    def _signed_in(self, asked: dict[str, Any]) -> HttpResponseBase:
        """The organisation is made, and who made it comes in, or is sent a mail first where that is asked for."""
        tenant = services.create_tenant(
            by=Principal(), name=asked["organisation"], slug=asked["slug"], email=asked["email"],
            password=asked["password"],
        )  # fmt: skip
        owner = tenant.memberships.select_related("user").get().user
        if not owner.name:
            people.rename(user=owner, name=asked["name"])
        answer: HttpResponseBase = perform_login(
            self.request, owner, signup=True, email=owner.email, redirect_url=f"/dashboard/{tenant.slug}/"
        )
        return answer


def _proposed(name: str) -> str:
    """A slug that follows the name and is free."""
    stem = slugify(name)[:50].strip("-") or _("organisation")
    taken = set(Tenant.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    numbered = (f"{stem}-{number}" for number in range(2, MOST_PROPOSALS))
    return next((slug for slug in (stem, *numbered) if slug not in taken), stem)
