"""The frame of knowledge's views: who may read and change, and how the address's question is read."""

from __future__ import annotations

from typing import Any

from rest_framework.serializers import BaseSerializer

from tenants.enums import Role
from tenants.http import TenantView

READ, WRITE = "datasets:read", "datasets:write"


ROLES = {"GET": Role.VIEWER, "POST": Role.EDITOR, "PUT": Role.EDITOR, "DELETE": Role.EDITOR}
SCOPES = {"GET": READ, "POST": WRITE, "PUT": WRITE, "DELETE": WRITE}


class View(TenantView):
    """Viewers and `datasets:read` read; editors and `datasets:write` change."""

    def __init_subclass__(cls) -> None:
        """Each method that a view has gets what it asks of a caller, unless the view says so itself."""
        methods = [method for method in ROLES if hasattr(cls, method.lower())]
        cls.roles = {method: cls.roles.get(method, ROLES[method]) for method in methods}
        cls.scopes = {method: cls.scopes.get(method, SCOPES[method]) for method in methods}

    def asked(self, serializer: type[BaseSerializer[Any]]) -> dict[str, Any]:
        """What the address asks for, after the question mark; checked as a body is."""
        bound = serializer(data=self.request.query_params)
        bound.is_valid(raise_exception=True)
        asked: dict[str, Any] = bound.validated_data
        return asked
