"""The operator's API under `/admin/`: tenants, plans, global providers, prices, settings, audit."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, Serializer

from tenants import limits, services
from tenants.api import serializers as shapes
from tenants.errors import NotFound
from tenants.http import BaseView, StaffView
from tenants.models import AuditEvent, GlobalAIProvider, ModelPrice, Plan, SystemSetting, Tenant
from tenants.permissions import Anyone, IsPlatformStaff


class TenantsView(BaseView):
    """The tenants. Creating one is open to anyone where `TENANT_SIGNUP` says so."""

    def get_permissions(self) -> list[BasePermission]:
        return [Anyone() if self.request.method == "POST" else IsPlatformStaff()]

    @extend_schema(responses=shapes.TenantOut(many=True))
    def get(self, request: Request) -> Response:
        rows = Tenant.objects.select_related("plan").order_by("-created_at", "id")
        if words := request.query_params.get("search", ""):
            rows = rows.filter(Q(name__icontains=words) | Q(slug__icontains=words))
        return self.page(rows, shapes.TenantOut)

    @extend_schema(request=shapes.TenantIn, responses={201: shapes.TenantCreated})
    def post(self, request: Request) -> Response:
        services.check_signup(by=self.principal)
        data = self.data(shapes.TenantIn)
        if not self.principal.platform_role:
            limits.hit_sign_up(ip=self.ip)
        tenant: Any = services.create_tenant(by=self.principal, **data)
        tenant.email, tenant.owner_email = data["email"].lower(), data.get("owner_email")
        return Response(shapes.TenantCreated(tenant).data, status=201)


class TenantItemView(StaffView):
    @extend_schema(responses=shapes.TenantOut)
    def get(self, request: Request, tenant_id: UUID) -> Response:
        return Response(shapes.TenantOut(_tenant(tenant_id)).data)

    @extend_schema(request=shapes.TenantChange, responses=shapes.TenantOut)
    def put(self, request: Request, tenant_id: UUID) -> Response:
        tenant = _tenant(tenant_id)
        changed = services.update_tenant(by=self.principal, tenant=tenant, **self.data(shapes.TenantChange))
        return Response(shapes.TenantOut(changed).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, tenant_id: UUID) -> Response:
        services.delete_tenant(by=self.principal, tenant=_tenant(tenant_id))
        return Response(status=204)


def _tenant(tenant_id: UUID) -> Tenant:
    found = Tenant.objects.select_related("plan").filter(id=tenant_id).first()
    if found is None:
        raise NotFound("There is no such tenant.")
    return found


class _TableView(StaffView):
    """One of the operator's tables."""

    model: ClassVar[type[Model]]
    shape_in: ClassVar[type[BaseSerializer[Any]]]
    shape_out: ClassVar[type[BaseSerializer[Any]]]
    noun: ClassVar[str]
    filters: ClassVar[type[Serializer[Any]] | None] = None
    ordering: ClassVar[tuple[str, ...]] = ("name", "id")

    def _row(self, row_id: UUID) -> Model:
        found = self.model._default_manager.filter(pk=row_id).first()
        if found is None:
            raise NotFound
        return found


class _RowsView(_TableView):
    def get(self, request: Request) -> Response:
        return self.page(self._rows(), self.shape_out)

    def _rows(self) -> QuerySet[Any]:
        return self.model._default_manager.order_by(*self.ordering)

    def post(self, request: Request) -> Response:
        row = services.save_row(
            by=self.principal, row=self.model(), action=f"{self.noun}.create", **self.data(self.shape_in)
        )
        return Response(self.shape_out(row).data, status=201)


class _RowView(_TableView):
    def get(self, request: Request, row_id: UUID) -> Response:
        return Response(self.shape_out(self._row(row_id)).data)

    def put(self, request: Request, row_id: UUID) -> Response:
        row = services.save_row(
            by=self.principal, row=self._row(row_id), action=f"{self.noun}.update", **self.data(self.shape_in)
        )
        return Response(self.shape_out(row).data)

    def delete(self, request: Request, row_id: UUID) -> Response:
        services.delete_row(by=self.principal, row=self._row(row_id), action=f"{self.noun}.delete")
        return Response(status=204)


def _described(view: type[_TableView]) -> type[_TableView]:
    """Describe a table's view in OpenAPI by its shapes."""
    one, many = view.shape_out, view.shape_out(many=True)
    methods = {
        "get": extend_schema(
            operation_id=f"admin_{view.noun}_list", responses=many, parameters=[view.filters] if view.filters else None
        )
        if issubclass(view, _RowsView)
        else extend_schema(responses=one),
        "post": extend_schema(request=view.shape_in, responses={201: one}),
        "put": extend_schema(request=view.shape_in, responses=one),
        "delete": extend_schema(responses={204: None}),
    }
    return extend_schema_view(**{verb: told for verb, told in methods.items() if hasattr(view, verb)})(view)


class _Plans(_TableView):
    model, shape_in, shape_out, noun = Plan, shapes.PlanIn, shapes.PlanOut, "plan"


class _GlobalProviders(_TableView):
    model, noun = GlobalAIProvider, "global_provider"
    shape_in, shape_out = shapes.GlobalProviderIn, shapes.GlobalProviderOut


@_described
class PlansView(_Plans, _RowsView):
    pass


@_described
class PlanView(_Plans, _RowView):
    pass


@_described
class GlobalProvidersView(_GlobalProviders, _RowsView):
    pass


@_described
class GlobalProviderView(_GlobalProviders, _RowView):
    pass


class _ModelPrices(_TableView):
    model, shape_in, shape_out, noun = ModelPrice, shapes.ModelPriceIn, shapes.ModelPriceOut, "model_price"
    filters, ordering = shapes.ModelPriceFilter, ("provider_name", "kind", "model")


@_described
class ModelPricesView(_ModelPrices, _RowsView):
    """What providers' models cost; filtered by `provider_name`, `kind` and `search`."""

    def _rows(self) -> QuerySet[Any]:
        asked = shapes.ModelPriceFilter(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        wanted = dict(asked.validated_data)
        words = wanted.pop("search", "")
        return super()._rows().filter(Q(model__icontains=words) | Q(source__icontains=words), **wanted)


@_described
class ModelPriceView(_ModelPrices, _RowView):
    pass


class SettingsView(StaffView):
    @extend_schema(responses=shapes.SettingOut(many=True))
    def get(self, request: Request) -> Response:
        return self.page(SystemSetting.objects.order_by("key"), shapes.SettingOut)

    @extend_schema(request=shapes.SettingIn, responses=shapes.SettingOut)
    def post(self, request: Request) -> Response:
        row = services.set_setting(by=self.principal, **self.data(shapes.SettingIn))
        return Response(shapes.SettingOut(row).data)


class AuditView(StaffView):
    """What was done, the newest first; filtered by `tenant`, `action` and `actor`."""

    @extend_schema(responses=shapes.AuditOut(many=True))
    def get(self, request: Request) -> Response:
        asked = request.query_params
        rows = AuditEvent.objects.order_by("-at", "id")
        if action := asked.get("action"):
            rows = rows.filter(action=action)
        if actor := asked.get("actor"):
            rows = rows.filter(actor__icontains=actor)
        if tenant := asked.get("tenant"):
            rows = rows.filter(tenant_id__in=Tenant.objects.filter(slug=tenant).values("id"))
        return self.page(rows, shapes.AuditOut)
