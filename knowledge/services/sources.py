"""Everything that documents are made of: files, texts, questions with answers, web pages, whole sites."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.utils.translation import gettext as _

from integrations import webpages
from knowledge.ingest import incoming, intake
from knowledge.ingest.incoming import Incoming
from knowledge.ingest.intake import Added
from knowledge.models import Dataset, WebImport
from knowledge.tasks import ring_on_commit
from tenants import audit
from tenants.errors import NotFound
from tenants.types import Principal

Meta = dict[str, Any]


def add_text(
    *, by: Principal, dataset: Dataset, title: str, content: str, tags: Sequence[str] = (), metadata: Meta | None = None
) -> Added:
    """Raises `LimitReached`."""
    given = incoming.text(title=title, content=content)
    return _added(by=by, dataset=dataset, given=[given], tags=tags, metadata=metadata)[0]


def add_files(
    *,
    by: Principal,
    dataset: Dataset,
    files: Sequence[File[bytes]],
    tags: Sequence[str] = (),
    metadata: Meta | None = None,
) -> list[Added]:
    """All or none. Raises `Refused` with a sentence for each file that is not taken, or `LimitReached`."""
    given = incoming.checked(files)
    return _added(by=by, dataset=dataset, given=given, tags=tags, metadata=metadata)


def add_pairs(
    *,
    by: Principal,
    dataset: Dataset,
    title: str,
    pairs: Sequence[Mapping[str, str]],
    tags: Sequence[str] = (),
    metadata: Meta | None = None,
) -> Added:
    """Questions with their answers: each pair is found and quoted on its own. Raises `LimitReached`."""
    given = incoming.pairs(title=title, given=pairs)
    return _added(by=by, dataset=dataset, given=[given], tags=tags, metadata=metadata)[0]


def add_page(
    *,
    by: Principal,
    dataset: Dataset,
    url: str,
    title: str = "",
    tags: Sequence[str] = (),
    metadata: Meta | None = None,
) -> Added:
    """A web page, fetched by a worker. Without a title it gets its own. Raises `Invalid` for an impossible address."""
    given = incoming.page(url=url, title=title)
    return _added(by=by, dataset=dataset, given=[given], tags=tags, metadata=metadata)[0]


def import_site(
    *,
    by: Principal,
    dataset: Dataset,
    url: str,
    limit: int,
    tags: Sequence[str] = (),
    metadata: Meta | None = None,
) -> WebImport:
    """The pages that a site's sitemap names, as far as its robots.txt lets us, at most `limit`."""
    address = webpages.canonical(url)
    with transaction.atomic():
        if not Dataset.objects.select_for_update(no_key=True).filter(id=dataset.id).exists():
            raise NotFound(_("There is no such dataset."))
        row = WebImport.objects.create(
            dataset=dataset, url=address, limit=limit, tags=list(tags), metadata=metadata or {}, created_by=by.user_id
        )
        audit.record(by=by, action="import.create", target=row.id, data={"url": address, "limit": limit})
        ring_on_commit()
    row.refresh_from_db()
    return row


def delete_import(*, by: Principal, row: WebImport) -> None:
    """Stop it if it still runs, and forget it. The documents that it made stay."""
    with transaction.atomic():
        audit.record(by=by, action="import.delete", target=row.id, data={"url": row.url})
        row.delete()


def _added(
    *, by: Principal, dataset: Dataset, given: Sequence[Incoming], tags: Sequence[str], metadata: Meta | None
) -> list[Added]:
    added = intake.add(by=by, dataset=dataset, given=given, tags=tags, metadata=metadata)
    if not all(item.duplicate for item in added):
        ring_on_commit()
    return added
