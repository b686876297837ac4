"""The frame of every API view: routes that take a trailing slash or none, strict bodies, pages, the tenant entered."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import HttpResponseBase
from django.urls.resolvers import RoutePattern, URLPattern
from rest_framework.pagination import PageNumberPagination
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer, Serializer, ValidationError
from rest_framework.views import APIView

from tenants import context, limits
from tenants.enums import Role
from tenants.errors import Invalid
from tenants.permissions import IsOfTenant, IsPlatformStaff, principal_of
from tenants.types import Principal, RateLimit, TenantRef


class _OptionalSlash(RoutePattern):
    def match(self, path: str) -> tuple[str, tuple[Any, ...], dict[str, Any]] | None:
        found: tuple[str, tuple[Any, ...], dict[str, Any]] | None = super().match(path.removesuffix("/"))
        return found


def route(path: str, view: Callable[..., HttpResponseBase], name: str) -> URLPattern:
    """A URL that answers with and without a trailing slash, and is documented and reversed without."""
    return URLPattern(_OptionalSlash(path, name=name, is_endpoint=True), view, None, name)


class StrictSerializer(Serializer[Any]):
    """A body with nothing in it but what is asked for, and nothing that PostgreSQL cannot keep.

    A misspelt field is refused, not dropped; so are NUL, half characters and infinite numbers, however deep they lie.
    """

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 -- DRF's signature
        if isinstance(data, Mapping):
            unknown = [name for name in data if name not in self.fields or self.fields[name].read_only]
            if unknown:
                raise ValidationError({str(name): ["There is no such field."] for name in unknown})
        validated = super().to_internal_value(data)
        unkept = [name for name, value in validated.items() if not can_be_kept(value)]
        if unkept:
            raise ValidationError(
                {str(name): ["NUL, half characters and infinite numbers cannot be kept."] for name in unkept}
            )
        return validated


def can_be_kept(value: Any) -> bool:  # noqa: ANN401 -- JSON
    """Whether PostgreSQL keeps it: no NUL, no half characters, no infinite numbers, however deep."""
    if isinstance(value, str):
        return not any(character == "\x00" or "\ud800" <= character <= "\udfff" for character in value)
    if isinstance(value, float):  # 1e999 is JSON, and infinite
        return math.isfinite(value)
    if isinstance(value, Mapping):
        return all(can_be_kept(name) and can_be_kept(inner) for name, inner in value.items())
    return all(map(can_be_kept, value)) if isinstance(value, list) else True


class Pages(PageNumberPagination):
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200


class BaseView(APIView):
    """What every view of the API shares. A PUT takes a part of a resource, as a PATCH does.

    `costly` are the methods of which a person has so many a minute (`tenants.limits`), and `costs` says which of their
    requests count.
    """

    pagination_class = Pages
    costly: ClassVar[frozenset[str]] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- DRF's signature
        super().initial(request, *args, **kwargs)
        if not can_be_kept([*request.query_params, *request.query_params.values()]):
            raise Invalid("The query holds a NUL character.")
        if request.method in self.costly and self.costs(request):
            limit = limits.hit_costly(by=self.principal)
            request.rate_limit = limit or getattr(request, "rate_limit", None)  # type: ignore[attr-defined]  # a key's stands

    def costs(self, request: Request) -> bool:
        """Whether this request, of a costly method, is costly itself."""
        return True

    def given(self, request: Request) -> Mapping[str, Any]:
        """The body before it is validated; empty where it is no object."""
        return request.data if isinstance(request.data, Mapping) else {}

    @property
    def principal(self) -> Principal:
        return principal_of(self.request)

    @property
    def ip(self) -> str:
        return str(self.request.META.get("REMOTE_ADDR") or "")

    def data(self, serializer: type[BaseSerializer[Any]]) -> dict[str, Any]:
        """The validated body; what is wrong with it is raised, field by field."""
        partial = self.request.method in {"PUT", "PATCH"}
        bound = serializer(data=self.request.data, partial=partial, context={"view": self})
        bound.is_valid(raise_exception=True)
        validated: dict[str, Any] = bound.validated_data
        return validated

    def page(self, rows: QuerySet[Any, Any], serializer: type[BaseSerializer[Any]]) -> Response:
        """One page of rows as `{"count", "next", "previous", "results"}`."""
        pages = self.pagination_class()
        found: list[Model] | None = pages.paginate_queryset(rows, self.request, view=self)
        data = serializer(found or [], many=True, context={"view": self}).data
        return pages.get_paginated_response(data)

    def finalize_response(
        self,
        request: Request,
        response: Response,
        *args: Any,  # noqa: ANN401 -- DRF's signature
        **kwargs: Any,  # noqa: ANN401 -- DRF's signature
    ) -> Response:
        limit = getattr(request, "rate_limit", None)
        if isinstance(limit, RateLimit):
            for name, value in limit.headers().items():
                response[name] = value
        response["Cache-Control"] = "no-store"
        final: Response = super().finalize_response(request, response, *args, **kwargs)
        return final


class StaffView(BaseView):
    """A view for staff of the operator."""

    permission_classes: ClassVar[list[type[BasePermission]]] = [IsPlatformStaff]  # type: ignore[misc]  # DRF leaves it an instance's


class TenantView(BaseView):
    """A view inside the caller's tenant: the schema is entered once the caller is let in, and left at the end.

    `roles` and `scopes` say what each method asks of a member and of an API key; a method absent from `roles` is the
    owner's, one absent from `scopes` is closed to keys.
    """

    permission_classes: ClassVar[list[type[BasePermission]]] = [IsOfTenant]  # type: ignore[misc]  # DRF leaves it an instance's
    roles: ClassVar[dict[str, Role]] = {}
    scopes: ClassVar[dict[str, str]] = {}

    @property
    def tenant(self) -> TenantRef:
        return context.current()

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:  # noqa: ANN401 -- Django's signature
        with ExitStack() as self._entered:
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- DRF's signature
        super().initial(request, *args, **kwargs)
        tenant = principal_of(request).tenant
        assert tenant is not None
        self._entered.enter_context(context.entered(tenant))
