"""Datasets with documents for the tests of knowledge. Files go to a folder of each test's own."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import docx
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from reportlab.pdfgen import canvas

from integrations import services as providers
from integrations.models import TenantAIProvider
from integrations.tests.wire import Wire
from knowledge import services
from knowledge.models import Dataset, Document
from knowledge.tasks import serve
from tenants import context
from tenants.types import Principal, TenantRef


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def stored() -> Callable[[], list[str]]:
    """The files in storage, of all tenants."""

    def names() -> list[str]:
        root = Path(default_storage.path(""))
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())

    return names


@pytest.fixture
def dataset(acme: TenantRef, principal: Principal) -> Dataset:
    return services.create_dataset(by=principal, name="Handbook", metadata={"language": "en"})


@pytest.fixture
def add(dataset: Dataset, principal: Principal) -> Callable[..., Document]:
    """Adds a text to the dataset: `add("content", title="…")`."""

    def make(content: str = "Orders over $50 ship free.", *, title: str = "Shipping", **fields: Any) -> Document:
        to = fields.pop("to", dataset)
        return services.add_text(by=principal, dataset=to, title=title, content=content, **fields).document

    return make


@pytest.fixture
def process(acme: TenantRef) -> Callable[[Document], Document]:
    """Does what a worker does with a document."""

    def run(document: Document) -> Document:
        while serve():
            pass
        document.refresh_from_db()
        return document

    return run


@pytest.fixture
def wire(settings: Any) -> Iterator[Wire]:
    """A provider on loopback that the operator allows by name."""
    server = Wire()
    settings.OUTBOUND_ALLOWED_PRIVATE = [server.place]
    yield server
    server.stop()


@pytest.fixture
def provider(wire: Wire, principal: Principal) -> TenantAIProvider:
    """Acme's, of an embedding model with eight dimensions."""
    return providers.create(by=principal, provider_name="openai_compatible", base_url=f"http://{wire.place}/v1")


@pytest.fixture
def theirs(globex: TenantRef) -> Document:
    """A document of Globex's that could leak."""
    with context.entered(globex):
        dataset = services.create_dataset(by=Principal(), name="Globex secrets")
        added = services.add_text(
            by=Principal(), dataset=dataset, title="Merger", content="Globex buys the Zyxxy company for nine millions."
        )
        while serve():
            pass
        added.document.refresh_from_db()
    return added.document


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def pdf(*pages: str) -> bytes:
    out = io.BytesIO()
    sheet = canvas.Canvas(out)
    for page in pages:
        for number, line in enumerate(page.splitlines()):
            sheet.drawString(72, 750 - 18 * number, line)
        sheet.showPage()
    sheet.save()
    return out.getvalue()


def word(heading: str, *paragraphs: str) -> bytes:
    document = docx.Document()
    document.add_heading(heading, level=1)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
