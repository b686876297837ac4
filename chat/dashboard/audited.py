"""What the audit's ids are called: the things of a tenant that a deed names, found a page of deeds at a time.

In: events. Out: for each id its name, and the page that shows it where there is one. What is gone has no page, and the
last name that any of its deeds kept.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from apikeys.models import APIKey
from bots.models import Bot, Scope, TestCase, TestRun, TestSet
from chat import selectors
from chat.models import Gap
from integrations.models import TenantAIProvider
from knowledge.models import Chunk, Dataset, Document, WebImport
from tenants.models import AuditEvent
from tenants.types import TenantRef

ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NAMES = ("name", "title", "url")  # of what was acted upon, where its deed kept one
_KINDS = ("file_name", "provider_name")  # of what it was, which is better than nothing


@dataclass(frozen=True, slots=True)
class Thing:
    """A name, and the page (`name of the page, ids`) where there is one."""

    name: str | Promise
    page: tuple[Any, ...] = ()


Found = dict[str, Thing]


def _bots(ids: Sequence[str]) -> Found:
    return {
        str(key): Thing(name, ("bot", key)) for key, name in Bot.objects.filter(id__in=ids).values_list("id", "name")
    }


def _scopes(ids: Sequence[str]) -> Found:
    rows = Scope.objects.filter(id__in=ids).values_list("id", "bot_id", "bot__name")
    return {str(key): Thing(name, ("bot-guardrails", bot)) for key, bot, name in rows}


def _datasets(ids: Sequence[str]) -> Found:
    rows = Dataset.objects.filter(id__in=ids).values_list("id", "name")
    return {str(key): Thing(name, ("dataset", key)) for key, name in rows}


def _documents(ids: Sequence[str]) -> Found:
    rows = Document.objects.filter(id__in=ids).values_list("id", "dataset_id", "title")
    return {str(key): Thing(title, ("document", dataset, key)) for key, dataset, title in rows}


def _chunks(ids: Sequence[str]) -> Found:
    rows = Chunk.objects.filter(id__in=ids).values_list("id", "document_id", "document__dataset_id", "document__title")
    return {str(key): Thing(title, ("chunk", dataset, document, key)) for key, document, dataset, title in rows}


def _imports(ids: Sequence[str]) -> Found:
    rows = WebImport.objects.filter(id__in=ids).values_list("id", "dataset_id", "url")
    return {str(key): Thing(url, ("imports", dataset)) for key, dataset, url in rows}


def _providers(ids: Sequence[str]) -> Found:
    rows = TenantAIProvider.objects.filter(id__in=ids).values_list("id", "name")
    return {str(key): Thing(name, ("provider", key)) for key, name in rows}


def _gaps(ids: Sequence[str]) -> Found:
    rows = Gap.objects.filter(id__in=ids).values_list("id", "question")
    return {str(key): Thing(Truncator(question).chars(90), ("gap", key)) for key, question in rows}


def _conversations(ids: Sequence[str]) -> Found:
    return {
        str(row.id): Thing(Truncator(row.first_question or _("Conversation")).chars(90), ("conversation", row.id))  # type: ignore[attr-defined]  # annotated
        for row in selectors.conversations().filter(id__in=ids)
    }


def _test_sets(ids: Sequence[str]) -> Found:
    rows = TestSet.objects.filter(id__in=ids).values_list("id", "bot_id", "name")
    return {str(key): Thing(name, ("test-set", bot, key)) for key, bot, name in rows}


def _test_cases(ids: Sequence[str]) -> Found:
    rows = TestCase.objects.filter(id__in=ids).values_list("id", "test_set__bot_id", "test_set_id", "question")
    return {
        str(key): Thing(Truncator(question).chars(90), ("test-case", bot, row, key)) for key, bot, row, question in rows
    }


def _test_runs(ids: Sequence[str]) -> Found:
    rows = TestRun.objects.filter(id__in=ids).values_list("id", "test_set__bot_id", "test_set_id", "test_set__name")
    return {str(key): Thing(name, ("test-run", bot, row, key)) for key, bot, row, name in rows}


def _keys(tenant: TenantRef) -> Callable[[Sequence[str]], Found]:
    def found(ids: Sequence[str]) -> Found:
        rows = APIKey.objects.filter(tenant_id=tenant.id, id__in=ids).values_list("id", "name")
        return {str(key): Thing(name, ("key", key)) for key, name in rows}

    return found


_FINDERS: Mapping[str, Callable[[Sequence[str]], Found]] = {
    "bot": _bots, "scope": _scopes, "dataset": _datasets, "document": _documents, "chunk": _chunks,
    "import": _imports, "ai_provider": _providers, "gap": _gaps, "conversation": _conversations,
    "test_set": _test_sets, "test_case": _test_cases, "test_run": _test_runs,
}  # fmt: skip
# Which kinds an id may be of: the noun of a deed for its target, the name of a detail for its value.
_NOUNS: Mapping[str, tuple[str, ...]] = {
    "bot_dataset": ("bot",), "key_bot": ("bot",), "look": ("bot",),
    "document": ("document", "dataset"),  # those of a whole dataset are tried again or stopped at once
}  # fmt: skip
DETAILS: Mapping[str, str] = {
    "bot": "bot", "bot_id": "bot", "from": "bot", "dataset": "dataset", "dataset_id": "dataset",
    "document": "document", "key_id": "api_key", "test_set_id": "test_set",
}  # fmt: skip


def things(events: Iterable[AuditEvent], *, tenant: TenantRef) -> Found:
    """What is called how, by id."""
    asked: dict[str, set[str]] = defaultdict(set)
    for event in events:
        noun = event.action.partition(".")[0]
        if ID.fullmatch(event.target):
            for kind in _NOUNS.get(noun, (noun,)):
                asked[kind].add(event.target)
        for name, kind in DETAILS.items():
            if ID.fullmatch(str(event.data.get(name, ""))):
                asked[kind].add(str(event.data[name]))
    found: Found = {}
    for kind, find in {**_FINDERS, "api_key": _keys(tenant)}.items():
        if asked[kind]:
            found |= find(sorted(asked[kind]))
    lost = set().union(*asked.values()) - set(found)
    return _remembered(lost, tenant=tenant) | found


def name_of(event: AuditEvent, known: Mapping[str, Thing]) -> str | Promise:
    """What a deed's target was called when it was done, else what it is called now; "" where nobody knows."""
    kept = next((str(event.data[name]) for name in NAMES if event.data.get(name)), "")
    if not ID.fullmatch(event.target):
        return event.target or kept
    thing = known.get(event.target)
    weak = next((str(event.data[name]) for name in _KINDS if event.data.get(name)), "")
    return kept or (thing.name if thing else "") or weak


def _remembered(ids: set[str], *, tenant: TenantRef) -> Found:
    """The last names that deeds kept of things that are gone."""
    rows = AuditEvent.objects.filter(tenant_id=tenant.id, target__in=ids, data__has_any_keys=list(NAMES)) if ids else ()
    found: Found = {}
    for row in sorted(rows, key=lambda each: each.at):
        found[row.target] = Thing(next(str(row.data[name]) for name in NAMES if name in row.data))
    return found
