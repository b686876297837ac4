"""How bodies are read."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from rest_framework.parsers import JSONParser


class JsonParser(JSONParser):
    """JSON of a bounded size; DRF's own reads whatever is sent."""

    def parse(self, stream: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- DRF's signature
        body = stream.read(settings.MAX_UPLOAD_BYTES + 1)
        if len(body) > settings.MAX_UPLOAD_BYTES:
            raise RequestDataTooBig
        return super().parse(BytesIO(body), *args, **kwargs)
