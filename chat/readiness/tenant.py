"""What a tenant has to have done before a bot of its goes to customers, read from what is there and what happened.

In: a bot. Out: a line for each point of the guide's checklist that is the tenant's own. Nothing is ticked by hand.
"""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Count, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from apikeys.models import APIKey
from bots.models import Bot, TestResult
from bots.versions import compare
from chat.enums import Outcome, Role
from chat.models import Citation, Message
from chat.readiness.lines import NO_WEBSITE, Line
from knowledge.enums import Status
from knowledge.models import Document
from tenants import context

RECENT = timedelta(days=7)


def lines(bot: Bot) -> list[Line]:
    return [*_knowledge(bot), *_safety(bot), *_talk(bot)]


def _knowledge(bot: Bot) -> list[Line]:
    provider = bot.tenant_ai_provider
    works = provider.is_active and (provider.last_test_code == "ok" or provider.provider_name == "builtin")
    mine = bot.links.filter(is_active=True)
    counts = Document.objects.filter(dataset__in=mine.values("dataset_id")).aggregate(
        all=Count("id"), done=Count("id", filter=Q(status=Status.COMPLETED))
    )
    scope = bot.bot_scopes.filter(is_active=True).first()
    return [
        Line(
            "provider", "data", _("An AI provider that answers"), works,
            _("%(name)s was tried and works.") % {"name": provider.name} if works
            else _("%(name)s was not tried yet, or did not work.") % {"name": provider.name},
            "provider", (provider.id,),
        ),
        Line(
            "linked", "data", _("The bot answers from documents"), counts["all"] > 0,
            _("Documents: %(all)d.") % counts if counts["all"] else _("No active dataset with documents."),
            "bot-knowledge", (bot.id,),
        ),
        Line(
            "documents", "data", _("All documents are processed"), 0 < counts["all"] == counts["done"],
            _("%(done)d of %(all)d are complete.") % counts, "datasets",
        ),
        Line(
            "scope", "data", _("What it may talk about is set"), scope is not None,
            scope.get_strictness_level_display() if scope else _("The defaults hold."), "bot-guardrails", (bot.id,),
        ),
        _published(bot),
    ]  # fmt: skip


def _published(bot: Bot) -> Line:
    waits = compare.draft(bot).differs
    why = _("Changes wait to be published.") if waits else _("Customers talk to what you see.")
    return Line("published", "data", _("The draft is published"), not waits, why, "bot-versions", (bot.id,))


def _safety(bot: Bot) -> list[Line]:
    now = timezone.now()
    keys = APIKey.objects.filter(tenant_id=context.current().id, revoked_at=None).exclude(expires_at__lt=now).count()
    domains = not bot.is_public or bool(bot.allowed_domains)
    tested = TestResult.objects.filter(run__test_set__bot=bot, expect="refuse", passed=True).exists()
    said = _("It is not public.") if not bot.is_public else ", ".join(bot.allowed_domains)
    return [
        Line(
            "key", "security", _("An API key for your own programs"), keys > 0,
            _("Keys: %(count)d.") % {"count": keys} if keys else _("No key yet. A website needs none."), "keys",
            applies=keys > 0 or not bot.is_public,
        ),
        Line(
            "domains", "security", _("The websites that may show it"), domains,
            said or str(NO_WEBSITE), "bot-website", (bot.id,), applies=bot.is_public,
        ),
        Line(
            "guardrails", "security", _("Guardrails are tested"), tested,
            _("A test that expects a refusal has passed.") if tested
            else _("No test that expects a refusal has passed yet."), "bot-tests", (bot.id,),
        ),
    ]  # fmt: skip


def _talk(bot: Bot) -> list[Line]:
    answers = Message.objects.filter(conversation__bot=bot, role=Role.ASSISTANT)
    found = answers.aggregate(
        answered=Count("id", filter=Q(status=Outcome.COMPLETE, guardrail_action="allow")),
        refused=Count("id", filter=Q(guardrail_action="refuse")),
        failed=Count("id", filter=Q(status=Outcome.FAILED, created_at__gte=timezone.now() - RECENT)),
        later=Count("id", filter=Q(position__gte=3, status=Outcome.COMPLETE)),
    )
    cited = Citation.objects.filter(message__conversation__bot=bot).exists()
    playground, talks = ("bot-playground", (bot.id,)), ("conversations", ())
    no = _("Not seen yet.")
    return [
        Line("chat", "testing", _("It has answered"), found["answered"] > 0,
             _("Answers: %(count)d.") % {"count": found["answered"]} if found["answered"] else no, *playground),
        Line("citations", "testing", _("Answers name their sources"), cited, _("Seen.") if cited else no, *playground),
        Line("off_topic", "testing", _("It has refused something"), found["refused"] > 0,
             _("Refusals: %(count)d.") % {"count": found["refused"]} if found["refused"] else no, *playground),
        Line("context", "testing", _("A conversation with a follow-up question"), found["later"] > 0,
             _("Seen.") if found["later"] else no, *playground),
        Line("errors", "testing", _("No failed answer in the last seven days"), not found["failed"],
             _("Failed: %(count)d.") % {"count": found["failed"]} if found["failed"] else _("None."), *talks),
    ]  # fmt: skip
