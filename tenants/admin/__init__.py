"""The operator's console for tenants, people, plans, providers, prices, settings; the audit is for reading alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline
from unfold.contrib.filters.admin import RangeDateTimeFilter
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminTextInputWidget

from tenants import people, services
from tenants.admin.frame import Audited, Noted, ReadOnly, caller
from tenants.errors import Problem
from tenants.models import (
    AuditEvent,
    Domain,
    GlobalAIProvider,
    Invitation,
    Membership,
    ModelPrice,
    Plan,
    SystemSetting,
    Tenant,
    TenantRoute,
    User,
)  # fmt: skip

admin.site.unregister(Group)


class NewTenant(forms.ModelForm[Tenant]):
    """A tenant with its first user; the schema is made with it."""

    email = forms.EmailField(label="E-mail of the first user", widget=UnfoldAdminTextInputWidget)
    password = forms.CharField(widget=UnfoldAdminPasswordWidget(render_value=False))

    class Meta:
        model = Tenant
        fields = ["name", "slug", "description", "plan"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if "password" in data and "email" in data:
            try:
                people.check_first_user(password=data["password"], email=data["email"])
            except Problem as problem:
                for field, sentences in problem.errors.items():
                    self.add_error(field, sentences)
        return data


class MembershipInline(TabularInline):  # type: ignore[misc]  # unfold has no types
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


class DomainInline(TabularInline):  # type: ignore[misc]  # unfold has no types
    model = Domain
    extra = 0


@admin.register(Tenant)
class TenantAdmin(Noted, Audited):
    noun = "tenant"
    list_display = ("name", "slug", "plan", "is_active", "created_at")
    list_filter = ("is_active", "plan")
    search_fields = ("name", "slug")
    ordering = ("-created_at",)
    list_select_related = ("plan",)
    readonly_fields = ("id", "schema_name", "created_at", "updated_at")
    fields = ("name", "slug", "description", "plan", "is_active", "id", "schema_name", "created_at", "updated_at")
    add_fields = ("name", "slug", "description", "plan", "email", "password")

    def get_inlines(self, request: HttpRequest, obj: Tenant | None) -> list[Any]:
        return [MembershipInline, DomainInline] if obj else []

    def get_form(self, request: HttpRequest, obj: Tenant | None = None, **kwargs: Any) -> Any:  # noqa: ANN401 -- Django's signature
        if obj is None:
            kwargs |= {"form": NewTenant, "fields": self.add_fields[:4]}
        return super().get_form(request, obj, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Tenant | None = None) -> tuple[str, ...]:
        return self.fields if obj else self.add_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Tenant | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "slug") if obj else ()

    def save_model(self, request: HttpRequest, obj: Tenant, form: Any, change: bool) -> None:  # type: ignore[override]  # noqa: ANN401, FBT001 -- Django's signature
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data}
            if "plan" in changes:
                changes["plan"] = changes["plan"].slug
            services.update_tenant(by=caller(request), tenant=obj, **changes)
            return
        data = {**form.cleaned_data, "plan": form.cleaned_data["plan"].slug}
        try:
            made = services.create_tenant(by=caller(request), **data)
        except Problem as problem:
            self.message_user(request, problem.detail, messages.ERROR)
            raise
        obj.__dict__.update(made.__dict__)

    def _note(self, request: HttpRequest, row: Model, verb: str, message: list[dict[str, Any]]) -> None:
        """The services note the tenant's own fields; here it is about people and domains, which the page changes."""
        if below := [deed for deed in message if any("object" in told for told in deed.values())]:
            super()._note(request, row, verb, below)

    def get_deleted_objects(
        self, objs: Iterable[Tenant], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """What goes with a tenant, in words: read-only pages of what goes too do not stand in the way."""
        lost = "its members' places, API keys, datasets, documents, bots and conversations"
        named = [f"{tenant.name} ({tenant.slug}): {lost}" for tenant in objs]
        return named, {"tenants": len(named)}, set(), []

    def delete_model(self, request: HttpRequest, obj: Tenant) -> None:  # type: ignore[override]  # a Tenant it is
        services.delete_tenant(by=caller(request), tenant=obj)


class NewUser(UserCreationForm):  # type: ignore[misc]  # unfold has no types
    class Meta:
        model = User
        fields = ("email", "name", "platform_role")


class ChangedUser(UserChangeForm):  # type: ignore[misc]  # unfold has no types
    class Meta:
        model = User
        fields = "__all__"


@admin.register(User)
class UserAdmin(Noted, DjangoUserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]  # unfold has no types
    noun = "user"
    form, add_form, change_password_form = ChangedUser, NewUser, AdminPasswordChangeForm
    list_display = ("email", "name", "platform_role", "is_active", "created_at")
    list_filter = ("platform_role", "is_active")
    search_fields = ("email", "name")
    ordering = ("email",)
    filter_horizontal = ()
    readonly_fields = ("last_login", "created_at")
    fieldsets = (
        (None, {"fields": ("email", "password", "name")}),
        ("Place", {"fields": ("platform_role", "is_active", "last_login", "created_at")}),
    )
    change_form_outer_before_template = "admin/second_factor_of.html"
    add_fieldsets = ((None, {"fields": ("email", "name", "platform_role", "password1", "password2")}),)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:  # noqa: ANN401 -- Django's signature
        """Who may only look sees nothing of the password, not even its hash."""
        found = super().get_fieldsets(request, obj)
        if obj is None or self.has_change_permission(request, obj):
            return found
        return [(title, {**more, "fields": [n for n in more["fields"] if n != "password"]}) for title, more in found]


@admin.register(Plan)
class PlanAdmin(Audited):
    noun = "plan"
    list_display = ("name", "slug", "is_default", "bots", "documents", "messages_month", "requests_hour")
    list_filter = ("is_default",)
    search_fields = ("name", "slug")
    ordering = ("name",)


@admin.register(GlobalAIProvider)
class GlobalAIProviderAdmin(Audited):
    noun = "global_provider"
    list_display = ("name", "provider_type", "is_active", "is_default", "updated_at")
    list_filter = ("provider_type", "is_active")
    search_fields = ("name", "provider_type")
    ordering = ("name",)


@admin.register(ModelPrice)
class ModelPriceAdmin(Audited):
    noun = "model_price"
    list_display = ("model", "provider_name", "kind", "prompt_usd", "completion_usd", "source", "updated_at")
    list_filter = ("provider_name", "kind")
    search_fields = ("model", "provider_name", "source")
    ordering = ("provider_name", "kind", "model")


@admin.register(SystemSetting)
class SystemSettingAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    list_display = ("key", "value", "updated_at")
    list_filter = ("updated_at",)
    search_fields = ("key",)
    readonly_fields = ("updated_by", "created_at", "updated_at")
    ordering = ("key",)

    def get_readonly_fields(self, request: HttpRequest, obj: SystemSetting | None = None) -> tuple[str, ...]:
        return (*self.readonly_fields, "key") if obj else self.readonly_fields

    def get_form(self, request: HttpRequest, obj: SystemSetting | None = None, **kwargs: Any) -> Any:  # noqa: ANN401 -- Django's signature
        form = super().get_form(request, obj, **kwargs)
        form.clean = _checked_setting
        return form

    def save_model(self, request: HttpRequest, obj: SystemSetting, form: Any, change: bool) -> None:  # noqa: ANN401, FBT001 -- Django's signature
        services.set_setting(by=caller(request), key=obj.key, value=form.cleaned_data["value"])


def _checked_setting(form: forms.ModelForm[SystemSetting]) -> dict[str, Any]:
    data = form.cleaned_data
    key = data.get("key") or form.instance.key
    try:
        services.check_setting(key=key, value=data.get("value"))
    except Problem as problem:
        raise forms.ValidationError([f"{name}: {' '.join(said)}" for name, said in problem.errors.items()]) from problem
    return data


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnly):
    list_display = ("at", "actor", "action", "target", "tenant_id")
    list_filter = (("at", RangeDateTimeFilter), "action", "actor_kind")
    list_filter_submit = True
    search_fields = ("actor", "action", "target", "tenant_id")
    ordering = ("-at", "id")


@admin.register(Membership)
class MembershipAdmin(Noted, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    noun = "member"
    list_display = ("user", "tenant", "role", "created_at")
    list_filter = ("role",)
    search_fields = ("user__email", "tenant__name", "tenant__slug")
    autocomplete_fields = ("user", "tenant")
    list_select_related = ("user", "tenant")


@admin.register(Domain)
class DomainAdmin(Noted, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    noun = "domain"
    list_display = ("domain", "tenant", "is_primary")
    list_filter = ("is_primary",)
    search_fields = ("domain", "tenant__name")
    autocomplete_fields = ("tenant",)


@admin.register(Invitation)
class InvitationAdmin(ReadOnly):
    list_display = ("email", "tenant", "role", "expires_at", "accepted_at")
    list_filter = ("role", "accepted_at")
    search_fields = ("email", "tenant__name")
    exclude = ("token_hash",)


@admin.register(TenantRoute)
class TenantRouteAdmin(ReadOnly):
    list_display = ("id", "tenant", "origins")
    list_filter = ("tenant",)
    search_fields = ("id", "tenant__name", "tenant__slug")
