"""What the console's pages share: who is at it, and that the audit hears of what they do."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from tenants import audit, services
from tenants.models import User
from tenants.types import Principal


def caller(request: HttpRequest) -> Principal:
    """The person at the console, for the audit."""
    user = request.user
    assert isinstance(user, User)
    return Principal(kind="user", user_id=user.id, email=user.email, platform_role=user.platform_role)


class ReadOnly(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Rows that are looked at and never touched."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class Audited(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """Rows that are saved and deleted through the services, so that the audit knows."""

    noun: ClassVar[str]

    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:  # noqa: ANN401, FBT001 -- Django's signature
        services.save_row(
            by=caller(request),
            row=obj,
            action=f"{self.noun}.{'update' if change else 'create'}",
            **{name: form.cleaned_data[name] for name in form.changed_data},
        )

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        services.delete_row(by=caller(request), row=obj, action=f"{self.noun}.delete")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for row in queryset:
            self.delete_model(request, row)


class Noted:
    """Rows that Django's admin saves itself; the audit hears of it with Django's own log, in the same transaction."""

    noun: ClassVar[str]

    def log_addition(self, request: HttpRequest, obj: Model, message: Any) -> Any:  # noqa: ANN401 -- Django's signature
        self._note(request, obj, "create", message)
        return super().log_addition(request, obj, message)  # type: ignore[misc]  # of the ModelAdmin beside it

    def log_change(self, request: HttpRequest, obj: Model, message: Any) -> Any:  # noqa: ANN401 -- same
        self._note(request, obj, "update", message)
        return super().log_change(request, obj, message)  # type: ignore[misc]  # same

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:  # noqa: ANN401 -- same
        for row in queryset:
            self._note(request, row, "delete", [])
        return super().log_deletions(request, queryset)  # type: ignore[misc]  # same

    def _note(self, request: HttpRequest, row: Model, verb: str, message: list[dict[str, Any]]) -> None:
        where, data = getattr(getattr(row, "tenant", row), "ref", None), {"changes": message}
        audit.record(by=caller(request), action=f"{self.noun}.{verb}", target=row, tenant=where, data=data)
