"""Files beyond the number that one request may bring are read past and not kept.

So a form with too many of them still has its other fields, and is answered with a sentence beside them.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile


class NoMoreThanAllowed(FileUploadHandler):
    """Lets one file more through than are allowed, so that forms and endpoints notice that there were too many."""

    def __init__(self, request: Any = None) -> None:  # noqa: ANN401 -- Django's signature
        super().__init__(request)
        self.seen = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 -- same
        super().new_file(*args, **kwargs)
        self.seen += 1
        if self.seen > settings.MAX_UPLOAD_FILES + 1:
            raise SkipFile

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
