from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.tests.wire import Wire


@pytest.fixture
def wire(settings: Any) -> Iterator[Wire]:
    """A provider on loopback that the operator allows by name."""
    server = Wire()
    settings.OUTBOUND_ALLOWED_PRIVATE = [server.place]
    yield server
    server.stop()
