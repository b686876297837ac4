"""How bodies are read."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from django.core.exceptions import RequestDataTooBig
from rest_framework.parsers import JSONParser

MOST_BYTES = 1024 * 1024


class JsonParser(JSONParser):
    """JSON of a bounded size; DRF's own reads whatever is sent. A view that takes more says so in `most_bytes`."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 -- DRF's signature
        most = getattr((parser_context or {}).get("view"), "most_bytes", MOST_BYTES)
        body = stream.read(most + 1)
        if len(body) > most:
            raise RequestDataTooBig
        return super().parse(BytesIO(body), media_type, parser_context)
