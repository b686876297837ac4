"""Fields that several bodies of knowledge share: tags, and metadata that the database is sure to take."""

from __future__ import annotations

import json
from typing import Any

from rest_framework import serializers

from knowledge.models import TAG_LENGTH
from knowledge.services import metadata
from knowledge.services.metadata import METADATA_BYTES, METADATA_DEPTH, TAGS


class Tags(serializers.ListField):
    """Tags, each once, in the order given."""

    child = serializers.CharField(max_length=TAG_LENGTH)

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 -- DRF's signature
        super().__init__(max_length=TAGS, **options)

    def to_internal_value(self, data: Any) -> list[Any]:  # noqa: ANN401 -- same
        return list(dict.fromkeys(super().to_internal_value(data)))


class FormTags(Tags):
    """Tags in a form: the field repeated, or a JSON list in one."""

    def to_internal_value(self, data: Any) -> list[Any]:  # noqa: ANN401 -- DRF's signature
        if isinstance(data, list) and len(data) == 1 and str(data[0]).lstrip().startswith("["):
            data = _from_json(str(data[0]), what="a list")
        return super().to_internal_value(data)


class Metadata(serializers.JSONField):
    """A JSON object of modest size, without what PostgreSQL's jsonb refuses."""

    default_error_messages = {
        "object": "An object is needed.",
        "size": f"At most {METADATA_BYTES} bytes.",
        "depth": f"At most {METADATA_DEPTH} levels deep.",
        "text": "NUL characters and half characters cannot be stored.",
        "number": "Numbers must be finite.",
    }

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 -- DRF's signature
        if found := metadata.flaw(data):
            self.fail(found)
        return data


class FormMetadata(Metadata):
    """Metadata in a form: an object as JSON text."""

    def to_internal_value(self, data: Any) -> Any:  # noqa: ANN401 -- DRF's signature
        return super().to_internal_value(_from_json(data, what="an object") if isinstance(data, str) else data)


class NullForBlank(serializers.CharField):
    """Nothing to say is said as null."""

    def __init__(self, **options: Any) -> None:  # noqa: ANN401 -- DRF's signature
        super().__init__(allow_null=True, read_only=True, **options)

    def to_representation(self, value: Any) -> Any:  # noqa: ANN401 -- same
        return value or None


def _from_json(text: str, *, what: str) -> Any:  # noqa: ANN401 -- JSON
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise serializers.ValidationError(f"This is not JSON; {what} is needed.") from error
