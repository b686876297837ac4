"""What a bot may talk about, and the bench on which that is tried before it is saved."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase

from bots import behaviour, selectors, services
from bots.dashboard import bench_words, scope_form
from bots.dashboard.scope_form import BenchForm, ScopeForm
from bots.guardrails import bench, guard, library, private, refusals
from bots.pages import BotPage
from bots.types import ScopePolicy, Verdict
from tenants.enums import Role
from tenants.errors import Problem

QUESTION_CHARACTERS = 2000


class GuardrailsPage(BotPage):
    """One form; `do` says whether it is saved, tried on the bench, or tried with one question. `take` is a suggestion
    of the bench that goes into the form, `example` a message that becomes a topic's example there. What is tried is
    what the form says, saved or not."""

    template: ClassVar[str] = "dashboard/bots/guardrails.html"
    tab: ClassVar[str] = "bot-guardrails"

    def get(self, request: HttpRequest, bot_id: UUID) -> HttpResponseBase:
        policy = behaviour.policy(behaviour.draft(bot_id))
        form = ScopeForm(initial=scope_form.values_of(policy))
        if not Role(self.membership.role).covers(Role.EDITOR):
            for field in form.fields.values():
                field.disabled = True
        return self._page(form, BenchForm())

    def post(self, request: HttpRequest, bot_id: UUID) -> HttpResponseBase:
        data, topic = scope_form.with_example(scope_form.with_taken(request.POST))
        form, questions = ScopeForm(data), BenchForm(data)
        do = "bench" if {"take", "example"} & set(data) else data.get("do", "save")
        if do in {"bench", "try"}:
            self.count_cost()
        if do == "bench":
            return self._benched(form, questions, topic)
        if do == "try":
            return self._tried(form, questions, data.get("question", ""))
        return self._saved(form, questions)

    def _saved(self, form: ScopeForm, questions: BenchForm) -> HttpResponseBase:
        if form.is_valid():
            try:
                self._keep(form.scope())
            except Problem as problem:
                form.refuse(problem)
            else:
                return self.go("bot-guardrails", self.bot.id, said=self.saved())
        return self._page(form, questions, status=422)

    def _keep(self, fields: dict[str, Any]) -> None:
        """In the active scope, or in a new one where there is none."""
        by, bot_id = self.principal, self.bot.id
        with services.changing(by=by, bot_id=bot_id) as bot:
            active = bot.bot_scopes.filter(is_active=True).first()
            fields["context_settings"] = scope_form.told(fields, active.context_settings if active else {})
            if active is None:
                services.create_scope(by=by, bot_id=bot_id, **fields)
            else:
                services.update_scope(by=by, bot_id=bot_id, scope_id=active.id, **fields)

    def _benched(self, form: ScopeForm, questions: BenchForm, topic: str) -> HttpResponseBase:
        """`topic` was just given an example."""
        report = None
        if form.is_valid() and questions.is_valid():
            try:
                policy = services.proposed_policy(**form.scope())
                live = selectors.profile(self.bot.id).scope
                report = bench_words.shown(bench.run(policy=policy, own=questions.probes(), live=live), policy)
            except Problem as problem:
                form.refuse(problem)
        return self._answer("dashboard/bots/_bench.html", form, questions, report=report, added_to=topic)

    def _tried(self, form: ScopeForm, questions: BenchForm, question: str) -> HttpResponseBase:
        tried, asked = None, question.replace("\x00", "").strip()[:QUESTION_CHARACTERS]
        if form.is_valid() and asked:
            try:
                tried = _one(services.proposed_policy(**form.scope()), asked, self.bot.name)
            except Problem as problem:
                form.refuse(problem)
        return self._answer("dashboard/bots/_tried.html", form, questions, tried=tried, question=asked)

    def _answer(self, partial: str, form: ScopeForm, questions: BenchForm, **values: Any) -> HttpResponse:  # noqa: ANN401 -- the template's
        if getattr(self.request, "htmx", False):
            return self.show(template=partial, form=form, questions=questions, **values)
        return self._page(form, questions, **values)

    def _page(self, form: ScopeForm, questions: BenchForm, **values: Any) -> HttpResponse:  # noqa: ANN401 -- the template's
        return self.show(form=form, questions=questions, known=_known(), **values)


@cache
def _known() -> list[str]:
    """What the topics and triggers are called that need no examples."""
    entries = [*library.read("topics.toml").values(), *library.read("triggers.toml").values()]
    return sorted({entry["names"][0].replace("_", " ") for entry in entries if entry["names"]})


def _one(policy: ScopePolicy, question: str, bot_name: str) -> dict[str, Any]:
    """What becomes of a question, if the documents answer it and if they do not."""
    shown, kinds = private.masked(question)
    masks = bool(kinds) and policy.pii == "mask"
    found = guard.screen(policy=policy, question=shown if masks else question, masked=kinds)
    answered = guard.settle(verdict=found, policy=policy, relevant=True)
    missed = guard.settle(verdict=found, policy=policy, relevant=False)

    def said(verdict: Verdict) -> str:
        quiet = verdict.action == "allow" and verdict.kind != "small_talk"
        return "" if quiet else refusals.reply(verdict=verdict, policy=policy, question=question, bot_name=bot_name)

    return {
        "shown": shown if masks else "",
        "outcome": bench_words.OUTCOMES[answered.action],
        "action": answered.action,
        "says": said(answered),
        "otherwise": bench_words.OUTCOMES[missed.action] if missed.action != answered.action else "",
        "otherwise_says": said(missed),
        "reason": bench_words.reason(answered),
    }
