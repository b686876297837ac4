"""API keys: the list, a new one, one of them, its rotation and its end. For admins. A secret is in one answer only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from uuid import UUID, uuid4

from django.conf import settings
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from apikeys import selectors, services
from apikeys.dashboard import once, snippets
from apikeys.dashboard.forms import EXPLAINED, KeyForm, OnceForm
from apikeys.enums import Scope
from apikeys.models import APIKey
from tenants import formats
from tenants.enums import Role
from tenants.models import TenantRoute, User
from tenants.pages import ConfirmPage, FormPage, Page

STATES = ("active", "expired", "revoked", "all")


class _KeyPage(Page):
    roles: ClassVar[dict[str, Role]] = {"GET": Role.ADMIN, "POST": Role.ADMIN}
    section: ClassVar[str] = "keys"

    def snippets(self, key: APIKey) -> list[snippets.Snippet]:
        bot = TenantRoute.objects.filter(tenant_id=self.tenant.id).values_list("id", flat=True).first()
        return snippets.of(key.scopes, host=settings.PUBLIC_URL, bot=str(bot or ""))

    def show_secret(self, key: APIKey, secret: str) -> HttpResponse:
        """The one page that says it: no address leads to it, and nothing on the way keeps it."""
        answer = self.show(template="dashboard/keys/secret.html", key=key, secret=secret, snippets=self.snippets(key))
        answer["Cache-Control"] = "no-store"
        answer["Referrer-Policy"] = "no-referrer"
        return answer


class _OnKey(_KeyPage):
    @cached_property
    def key(self) -> APIKey:
        return selectors.key(self.kwargs["key_id"])

    def back(self) -> str:
        return self.url("key", self.key.id)


class Keys(_KeyPage):
    template: ClassVar[str] = "dashboard/keys/list.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        state, words = request.GET.get("state", ""), request.GET.get("q", "").replace("\x00", "").strip()
        state = state if state in STATES else "active"
        every = selectors.keys()
        rows = _in_state(every, state)
        if words:
            rows = rows.filter(Q(name__icontains=words) | Q(key_prefix__startswith=words))
        return self.show(
            page=self.paged(rows), state=state, words=words, scopes=EXPLAINED,
            any_keys=bool(words) or state != "active" or every.exists(),
        )  # fmt: skip


class NewKey(FormPage, _KeyPage):
    template: ClassVar[str] = "dashboard/keys/new.html"
    form_class = KeyForm

    def initial(self) -> Mapping[str, Any]:
        return {"scopes": [Scope.CHAT_WRITE.value], "once": uuid4()}

    def save(self, form: KeyForm) -> HttpResponse:
        with once.spent(form.cleaned_data["once"]) as first:
            if first:
                return self.show_secret(*services.create_key(by=self.principal, **form.told()))
        messages.info(
            self.request, _("This key was made before, and its secret shown then. Rotate it if it was not copied.")
        )
        return self.go("keys")


class Key(FormPage, _OnKey):
    template: ClassVar[str] = "dashboard/keys/detail.html"
    form_class = KeyForm

    def initial(self) -> Mapping[str, Any]:
        return {name: getattr(self.key, name) for name in ("name", "scopes", "rate_limit", "expires_at")}

    def values(self) -> Mapping[str, Any]:
        maker = User.objects.filter(id=self.key.created_by).first() if self.key.created_by else None
        return {"key": self.key, "maker": maker, "snippets": self.snippets(self.key), "scopes": EXPLAINED}

    def save(self, form: KeyForm) -> HttpResponse:
        if self.key.revoked_at is not None:
            raise services.KeyRevoked(_("This key was revoked, and stays so; make another."))
        services.update_key(by=self.principal, key=selectors.key(self.key.id), **form.told())
        return self.go("key", self.key.id, said=_("Saved."))


class RotateKey(_OnKey):
    """A new secret in place of the old one, which stops working at once."""

    template: ClassVar[str] = "dashboard/keys/rotate.html"

    def get(self, request: HttpRequest, key_id: UUID) -> HttpResponse:
        return self.show(key=self.key, once=uuid4())

    def post(self, request: HttpRequest, key_id: UUID) -> HttpResponseBase:
        form = OnceForm(request.POST)
        with once.spent(form.cleaned_data["once"] if form.is_valid() else None) as first:
            if first:
                return self.show_secret(self.key, services.rotate_key(by=self.principal, key=self.key))
        messages.info(
            request, _("The key was rotated before, and its secret shown then. Rotate it again if it was not copied.")
        )
        return self.go("key", key_id)


class RevokeKey(ConfirmPage, _OnKey):
    def question(self) -> Mapping[str, Any]:
        named = {"name": self.key.name, "prefix": self.key.key_prefix}
        losses = [_("Whatever uses the key %(prefix)s… is refused from that moment on, and for good.") % named]
        if self.key.last_used_at:
            told = formats.moment(self.key.last_used_at)
            losses.append(_("It was last used on %(moment)s.") % {"moment": told})
        return {
            "title": _("Revoke the key “%(name)s”?") % named, "losses": losses, "action": _("Revoke the key"),
            "cancel": self.url("key", self.key.id),
        }  # fmt: skip

    def do(self) -> HttpResponse:
        services.revoke_key(by=self.principal, key=self.key)
        return self.go("keys", said=_("The key “%(name)s” is revoked.") % {"name": self.key.name})


def _in_state(rows: QuerySet[APIKey], state: str) -> QuerySet[APIKey]:
    over = Q(expires_at__lte=timezone.now())
    chosen = {
        "active": Q(revoked_at=None) & ~over,
        "expired": Q(revoked_at=None) & over,
        "revoked": Q(revoked_at__isnull=False),
    }
    return rows.filter(chosen[state]) if state in chosen else rows
