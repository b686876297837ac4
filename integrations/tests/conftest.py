from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from integrations.chatmodels import attempts, breaker
from integrations.tests.wire import Wire
from tenants.models import GlobalAIProvider


@pytest.fixture(autouse=True)
def _calm(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test meets the failures of another, or waits long between two attempts."""
    breaker.forget()
    monkeypatch.setattr(attempts, "BASE_SECONDS", 0.01)


@pytest.fixture
def wire(settings: Any) -> Iterator[Wire]:
    """A provider on loopback that the operator allows by name."""
    server = Wire()
    settings.OUTBOUND_ALLOWED_PRIVATE = [server.place]
    yield server
    server.stop()


@pytest.fixture
def offered(db: None) -> GlobalAIProvider:
    """The operator's OpenAI."""
    return GlobalAIProvider.objects.get(provider_type="openai")
