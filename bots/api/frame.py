"""The frame of the views that concern a bot."""

from __future__ import annotations

from typing import ClassVar

from tenants.enums import Role
from tenants.http import TenantView

READ, WRITE = "bots:read", "bots:write"


class EditorView(TenantView):
    """What viewers read and editors write."""

    roles: ClassVar[dict[str, Role]] = {
        "GET": Role.VIEWER, "POST": Role.EDITOR, "PUT": Role.EDITOR, "DELETE": Role.EDITOR,
    }  # fmt: skip
    scopes: ClassVar[dict[str, str]] = {"GET": READ, "POST": WRITE, "PUT": WRITE, "DELETE": WRITE}
