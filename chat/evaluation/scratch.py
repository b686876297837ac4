"""A tenant for one evaluation, with the corpora ingested as any document is, and gone afterwards.

Each corpus stands in two datasets, half of its groups in either: a search over both is one over all of it, and a bot
that answers from the first alone meets questions whose documents it does not have.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import UUID

from django.core.files import File
from django.db import connection

from bots import services as bots
from bots.enums import Strictness
from chat.evaluation import sampling, vectors
from chat.evaluation.types import Corpus, QuestionSet, Text
from integrations import services as providers
from integrations.enums import ProviderName
from integrations.models import TenantAIProvider
from knowledge import services, tasks
from knowledge.enums import Status
from knowledge.models import Dataset, Document
from tenants import context
from tenants import services as tenants
from tenants.models import User
from tenants.types import Principal

Say = Callable[[str], None]

BY: Final = Principal()
_PLAN: Final = "enterprise"  # without limits on what is stored
_OPEN: Final = (Status.PENDING, Status.PROCESSING)
_EVERY: Final = 10.0  # seconds between two lines of progress
# Ids decide between equals. They are random, so that two runs would differ by what nobody changed.
_SAME_IDS: Final = """
WITH chunks AS (
  SELECT c.id AS old, md5(concat_ws(' ', s.name, d.metadata ->> 'doc_id', c."position"))::uuid AS new
  FROM knowledge_chunk c
  JOIN knowledge_document d ON d.id = c.document_id
  JOIN knowledge_dataset s ON s.id = d.dataset_id
),
vectors AS (UPDATE knowledge_chunkvector v SET chunk_id = chunks.new FROM chunks WHERE v.chunk_id = chunks.old)
UPDATE knowledge_chunk c SET id = chunks.new FROM chunks WHERE c.id = chunks.old
"""


@contextmanager
def tenant() -> Iterator[None]:
    """Work in a new tenant that is deleted on the way out, its only user with it."""
    slug = f"evaluation-{secrets.token_hex(4)}"
    email = f"nobody@{slug}.invalid"
    made = tenants.create_tenant(
        by=BY, name="Evaluation", slug=slug, plan=_PLAN, email=email, password=secrets.token_urlsafe(24)
    )
    try:
        with context.entered(made.ref):
            yield
    finally:
        connection.check_constraints()  # in a transaction around us, what is still to be checked keeps the tables
        tenants.delete_tenant(by=BY, tenant=made)
        User.objects.filter(email=email).delete()


def ingest(sets: Sequence[QuestionSet], *, cache: Path | None, say: Say) -> dict[str, Corpus]:
    """Every set through the real pipeline. Vectors of earlier runs come from the cache, and new ones go there."""
    with _kept(cache, say):
        corpora = {each.name: _add(each) for each in sets}
        _work(say)
    with connection.cursor() as cursor:
        cursor.execute(_SAME_IDS)
        # As autovacuum does in its time.
        cursor.execute("ANALYZE knowledge_document; ANALYZE knowledge_chunk; ANALYZE knowledge_chunkvector")
    return corpora


def bot(corpus: Corpus) -> UUID:
    """A bot that quotes from the first half of the corpus, about whatever it is asked."""
    provider = TenantAIProvider.objects.first() or providers.create(by=BY, provider_name=ProviderName.BUILTIN)
    made = bots.create_bot(by=BY, name=corpus.questions.name, tenant_ai_provider_id=provider.id)
    bots.link_dataset(by=BY, bot_id=made.id, dataset_id=corpus.datasets[0])
    bots.create_scope(
        by=BY, bot_id=made.id, strictness_level=Strictness.LENIENT, context_settings={"citation_required": True}
    )
    return made.id


@contextmanager
def _kept(cache: Path | None, say: Say) -> Iterator[None]:
    if cache is None:
        yield
        return
    with vectors.put_in(cache, by=BY) as count:
        say(f"{count} vectors of earlier runs")
        try:
            yield
        finally:  # who stops it goes on from here the next time
            say(f"{vectors.keep(cache)} vectors kept")


def _add(given: QuestionSet) -> Corpus:
    pair = [services.create_dataset(by=BY, name=f"{given.name}{part}") for part in ("", ", withheld")]
    groups = sorted({text.group for text in given.texts}, key=sampling.place)
    second = frozenset(groups[1::2])
    rows: dict[str, tuple[UUID, bool]] = {}  # by content: what is said twice is one document
    documents, withheld = {}, set()
    for text in given.texts:
        key = text.text or str(text.file)
        if key not in rows:
            aside = text.group in second
            rows[key] = (_document(text, pair[aside]).id, aside)
        documents[text.id], aside = rows[key]
        if aside:
            withheld.add(text.id)
    return Corpus(given, (pair[0].id, pair[1].id), documents, frozenset(withheld))


def _document(text: Text, dataset: Dataset) -> Document:
    metadata = {"doc_id": text.id}
    if text.file is None:
        return services.add_text(
            by=BY, dataset=dataset, title=text.title, content=text.text, metadata=metadata
        ).document
    with text.file.open("rb") as file:
        upload = File(file, name=text.file.name)
        return services.add_files(by=BY, dataset=dataset, files=[upload], metadata=metadata)[0].document


def _work(say: Say) -> None:
    """Do what waits, beside the workers if there are some."""
    waiting = Document.objects.filter(status__in=_OPEN)
    total, told = waiting.count(), time.monotonic()
    while tasks.serve() or waiting.exists():
        if time.monotonic() - told > _EVERY:
            told = time.monotonic()
            say(f"{total - waiting.count()} of {total} documents ingested")
    failed = Document.objects.filter(status=Status.FAILED)
    for document in failed:
        say(f"failed: {document.metadata.get('doc_id')}: {document.error}")
    say(f"{total - failed.count()} of {total} documents ingested")
