"""What the OpenAPI description says of operations beyond their bodies: of which a person has so many a minute."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

from tenants import limits

_SAID = (
    f"Costly: a person has {limits.COSTLY_A_MINUTE} of such requests a minute, over all of them and over the pages "
    "together. A key has its own limit an hour."
)
_WHOLE = {"schema": {"type": "integer"}}
TOO_MANY: dict[str, Any] = {
    "description": _SAID,
    "headers": {
        "Retry-After": {**_WHOLE, "description": "Seconds until there is room again."},
        **{f"RateLimit-{name}": _WHOLE for name in ("Limit", "Remaining", "Reset")},
    },
    "content": {
        "application/problem+json": {
            "schema": {
                "type": "object",
                "properties": {
                    "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
                    "detail": {"type": "string"}, "code": {"type": "string", "enum": ["rate_limited"]},
                },
                "required": ["type", "title", "status", "detail", "code"],
            }
        }
    },
}  # fmt: skip


class Description(AutoSchema):
    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:  # noqa: ANN401 -- spectacular's signature
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None and self.method in getattr(self.view, "costly", ()):
            operation["responses"]["429"] = TOO_MANY
        return operation
