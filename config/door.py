"""The console's door: everybody signs in on one page, so that a second factor and the limits hold there too."""

from __future__ import annotations

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme


def sign_in(request: HttpRequest, extra_context: object = None) -> HttpResponseBase:
    """To the page where people sign in. Who is signed in already goes on, if the console is for them."""
    wanted = request.GET.get("next", "")
    if not url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()}):
        wanted = reverse("admin:index")
    if not request.user.is_authenticated:
        return redirect_to_login(wanted)
    return redirect(wanted if getattr(request.user, "is_staff", False) else "/dashboard/")
