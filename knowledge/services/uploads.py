"""What may be uploaded, as a page says it beside its field."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from knowledge.ingest import reading
from knowledge.ingest.extract.sniff import SUFFIXES
from tenants import formats


def upload_limits() -> dict[str, Any]:
    """Of the current tenant's plan, within what the system allows any."""
    most = reading.limits().file_bytes
    return {
        "most_bytes": most, "most_megabytes": formats.shortly(most / 1024**2), "most_files": settings.MAX_UPLOAD_FILES,
        "endings": sorted(SUFFIXES),
    }  # fmt: skip
