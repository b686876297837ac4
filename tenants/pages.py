"""The frame of every page of the dashboard: who is signed in, in which tenant, and what a refusal looks like there.

A page is rendered inside its tenant. A form that is refused comes back as it was sent, with what is wrong beside each
field; what is done is said once, on the page that comes next.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Page as PageOfRows
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms.renderers import TemplatesSetting
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views import View
from django_htmx.http import HttpResponseClientRedirect

from tenants import context, limits, selectors, zones
from tenants.enums import Role
from tenants.errors import Forbidden, NotFound, Problem
from tenants.models import Membership, User
from tenants.types import Principal, TenantRef

ZONE_COOKIE = "zone"
ROWS = 25


class _Renderer(TemplatesSetting):
    form_template_name = "ui/form.html"
    field_template_name = "ui/field.html"


class PageForm(forms.Form):
    """A form drawn as the dashboard draws them: `{{ form }}`, or `{{ form.name.as_field_group }}` one by one."""

    default_renderer = _Renderer()
    required_css_class = "is-required"

    def refuse(self, problem: Problem) -> None:
        """What a service found wrong, beside the fields it concerns; the rest above the form."""
        rest = []
        for name, sentences in problem.errors.items():
            if name in self.fields:
                self.add_error(name, sentences)
            else:
                rest += [f"{name}: {sentence}" for sentence in sentences]
        if rest or not problem.errors:
            self.add_error(None, problem.detail if problem.detail != problem.title else rest or problem.detail)


class FilterForm(PageForm):
    """Filters of a list, none of which has to be filled in (templates/ui/filters.html). Those named in `behind` stand
    behind "More" until one of them is set."""

    behind: ClassVar[tuple[str, ...]] = ()

    @property
    def common(self) -> list[forms.BoundField]:
        return [field for field in self if field.name not in self.behind]

    @property
    def rare(self) -> list[forms.BoundField]:
        return [field for field in self if field.name in self.behind]

    @property
    def rare_is_set(self) -> bool:
        return any(field.value() or field.errors for field in self.rare)


class Page(View):
    """A page inside a tenant. `roles` says what each method asks of a member, `section` which entry of the menu it
    belongs to; a method absent from `roles` is the owner's. `costly` are the methods that count as costly
    (`tenants.limits`); a page that costs only at times calls `count_cost` there."""

    roles: ClassVar[dict[str, Role]] = {"GET": Role.VIEWER, "POST": Role.EDITOR}
    costly: ClassVar[frozenset[str]] = frozenset()
    section: ClassVar[str] = ""
    template: ClassVar[str] = ""
    request: HttpRequest
    membership: Membership

    @property
    def tenant(self) -> TenantRef:
        return context.current()

    @property
    def principal(self) -> Principal:
        user = self.membership.user
        return Principal(
            kind="user", user_id=user.id, email=user.email, tenant=self.membership.tenant.ref,
            role=Role(self.membership.role),
        )  # fmt: skip

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 -- Django's signature
        user = request.user
        if not isinstance(user, User):
            return redirect_to_login(request.get_full_path())
        found = selectors.membership(user=user, slug=kwargs.pop("slug"))
        if found is None:
            return render(request, "dashboard/nothing_here.html", status=404)
        self.membership = found
        with context.entered(found.tenant.ref), timezone.override(zone_of(request)):
            try:
                self._let_in()
                return super().dispatch(request, *args, **kwargs)
            except Problem as problem:
                return self.refused(problem)

    def _let_in(self) -> None:
        method = "GET" if self.request.method in {"HEAD", "OPTIONS"} else str(self.request.method)
        needed = self.roles.get(method, Role.OWNER)
        if not Role(self.membership.role).covers(needed):
            raise Forbidden(_("This needs the role “%(role)s” or above.") % {"role": needed.label})
        if method in self.costly:
            self.count_cost()

    def count_cost(self) -> None:
        """Count a costly act of the member's, together with theirs over the API. Raises `TooManyRequests`."""
        limits.hit_costly(by=self.principal)

    def refused(self, problem: Problem) -> HttpResponseBase:
        """What could not be done: said on the page that the person came from, or on one of its own, as where a member's
        role or what they ask for leaves no such page."""
        if self.request.method == "GET" or isinstance(problem, NotFound) or problem.code == Forbidden.code:
            return self.show(template="dashboard/refused.html", status=problem.status, problem=problem)
        sentences = [sentence for said in problem.errors.values() for sentence in said]
        messages.error(self.request, " ".join([problem.detail, *sentences]))
        return self._move(self.back())

    def back(self) -> str:
        """Where a form that stands on no page of its own returns to; a page may name another."""
        return self.request.get_full_path()

    def url(self, name: str, *args: Any) -> str:  # noqa: ANN401 -- ids
        """The address of another page of this tenant."""
        return reverse(f"dashboard:{name}", args=(self.tenant.slug, *args))

    def ours(self, name: str) -> str:
        """The address that the query gives under this name, if it is one of this tenant's pages; else nothing."""
        given = self.request.GET.get(name, "")
        path = unquote(given.partition("?")[0].partition("#")[0])
        climbs = any(part in path for part in ("/.", "\\"))  # to what a browser makes another page of
        safe = not climbs and url_has_allowed_host_and_scheme(given, allowed_hosts=None)
        return given if safe and path.startswith(self.url("overview")) else ""

    def go(self, name: str, *args: Any, said: str = "") -> HttpResponse:  # noqa: ANN401 -- ids
        """To another page of this tenant, which says what was done."""
        if said:
            messages.success(self.request, said)
        return self._move(self.url(name, *args))

    def _move(self, address: str) -> HttpResponse:
        if getattr(self.request, "htmx", False):
            return HttpResponseClientRedirect(address)
        return HttpResponseRedirect(address)

    def show(self, *, template: str = "", status: int = 200, **values: Any) -> HttpResponse:  # noqa: ANN401 -- what the template reads
        """The page, with what every page knows: the tenant, the member's role, the section of the menu."""
        role = Role(self.membership.role)
        every = {
            "tenant": self.membership.tenant,
            "membership": self.membership,
            "section": self.section,
            "may_edit": role.covers(Role.EDITOR),
            "may_administer": role.covers(Role.ADMIN),
            "is_owner": role == Role.OWNER,
        }
        return render(self.request, template or self.template, {**every, **values}, status=status)

    def paged(self, rows: QuerySet[Any, Any], *, size: int = ROWS) -> PageOfRows[Any]:
        """The page of rows that the address asks for (`?page=`); the last, where it asks for more."""
        return Paginator(rows, size).get_page(self.request.GET.get("page"))


class FormPage(Page):
    """A page with one form: shown, refused field by field with nothing lost, or saved and moved on from.

    A page gives `form_class`, and `save`, which does it and answers where to go; `initial` fills the form.
    """

    form_class: ClassVar[type[PageForm]]

    def initial(self) -> Mapping[str, Any]:
        return {}

    def form(self, **given: Any) -> PageForm:  # noqa: ANN401 -- a form's arguments
        return self.form_class(initial=dict(self.initial()), **given)

    def values(self) -> Mapping[str, Any]:
        """What else the template reads."""
        return {}

    def save(self, form: Any) -> HttpResponseBase:  # noqa: ANN401 -- the page's own form
        raise NotImplementedError

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        return self.show(form=self.form(), **self.values())

    def post(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        form = self.form(data=request.POST, files=request.FILES)
        if form.is_valid():
            try:
                return self.save(form)
            except Problem as problem:
                form.refuse(problem)
        return self.show(form=form, status=422, **self.values())


class ConfirmPage(Page):
    """Asks before something is lost, naming what; the POST does it. A page gives `question` and `do`."""

    template: ClassVar[str] = "dashboard/confirm.html"

    def question(self) -> Mapping[str, Any]:
        """`title`, `losses` (sentences), `action` (the button's word) and `cancel` (an address). `typed`, where given,
        must be typed in before the button works."""
        raise NotImplementedError

    def do(self) -> HttpResponseBase:
        raise NotImplementedError

    def get(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        return self.show(**self.question())

    def post(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        asked = self.question()
        if asked.get("typed") and request.POST.get("typed", "").strip() != asked["typed"]:
            return self.show(mistyped=True, status=422, **asked)
        return self.do()

    def back(self) -> str:
        return str(self.question()["cancel"])


def zone_of(request: HttpRequest) -> ZoneInfo:
    """The reader's time zone, as their browser told it."""
    try:
        return zones.zone(request.COOKIES.get(ZONE_COOKIE, "UTC"))
    except ValueError:
        return zones.zone("UTC")
