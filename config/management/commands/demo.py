"""`manage.py demo`: wait for the demonstration's documents, ask its bot over the public API, show what is where."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count

from bots.models import Bot
from chat.models import Conversation
from config.demo import acme, credentials
from knowledge.models import Document
from tenants import context
from tenants.models import Tenant

PATIENCE_SECONDS = 600


class Command(BaseCommand):
    help = "Wait for the demonstration's documents and ask its bot a question."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--url", default=f"http://127.0.0.1:{settings.PORT}", help="where the web server listens")

    def handle(self, *args: object, **options: Any) -> None:  # noqa: ANN401 -- Django's signature
        url = str(options["url"]).rstrip("/")
        tenant = Tenant.objects.filter(slug=acme.SLUG, is_active=True).first()
        if tenant is not None:
            with context.entered(tenant.ref):
                bot = Bot.objects.filter(name=acme.BOT, is_active=True, is_public=True).order_by("created_at").first()
                if bot is not None:
                    is_first = not Conversation.objects.exists()
                    self._await_documents()
                    self._show_answer(_ask(url=url, bot_id=str(bot.id), question=acme.QUESTION))
                    for talk in acme.TALKS if is_first else ():
                        _hold(url=url, bot_id=str(bot.id), talk=talk)
        self._show_addresses(url)

    def _await_documents(self) -> None:
        end, said = time.monotonic() + PATIENCE_SECONDS, ""
        while True:
            counts = dict(Document.objects.values_list("status").annotate(Count("id")).order_by())
            waiting = counts.get("pending", 0) + counts.get("processing", 0)
            line = f"Documents of Acme: {sum(counts.values()) - waiting} of {sum(counts.values())} ready"
            if line != said:
                self.stdout.write(line)
                said = line
            if not waiting:
                return
            if time.monotonic() > end:
                raise CommandError("The demonstration's documents take too long; see the worker's log.")
            time.sleep(0.5)

    def _show_answer(self, answer: dict[str, Any]) -> None:
        self.stdout.write(f"\nQuestion  {acme.QUESTION}")
        self.stdout.write(f"Answer    {answer['message']['content']}")
        for citation in answer["citations"]:
            place = " > ".join(part for part in (citation["document_title"], citation["heading"]) if part)
            page = f", page {citation['page']}" if citation["page"] else ""
            self.stdout.write(f"      [{citation['number']}] {place}{page}")
        self.stdout.write(f"          by {answer['model']}, in {answer['latency_ms']['total']} ms")

    def _show_addresses(self, url: str) -> None:
        self.stdout.write(
            f"\nDashboard {url}/dashboard/{acme.SLUG}/\nConsole   {url}/console/\n"
            f"API       {url}/v1/docs\nHealth    {url}/health/ready"
        )
        shown = credentials.take(var=settings.VAR)
        lines = (
            ("Operator", ("admin_email", "admin_password")),
            ("Acme", ("acme_email", "acme_password")),
            ("Acme's key", ("acme_key",)),
            ("Acme's bot", ("bot_id",)),
        )
        if shown:
            self.stdout.write("\nShown this once:")
        for name, keys in lines:
            if all(key in shown for key in keys):
                self.stdout.write(f"  {name:11} {'  '.join(shown[key] for key in keys)}")


def _hold(*, url: str, bot_id: str, talk: Sequence[str]) -> None:
    """A whole conversation, so that the dashboard has something to show."""
    session_id = None
    for question in talk:
        session_id = _ask(url=url, bot_id=bot_id, question=question, session_id=session_id)["session_id"]


def _ask(*, url: str, bot_id: str, question: str, session_id: str | None = None) -> dict[str, Any]:
    """One turn over the public API. Only our own server is asked, so the guarded client is not needed."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port or 80, timeout=60)
    body = {"bot_id": bot_id, "messages": [{"role": "user", "content": question}], "session_id": session_id}
    try:
        connection.request("POST", "/v1/chat/public", json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said: dict[str, Any] = json.loads(answer.read())
    except (OSError, ValueError) as error:
        raise CommandError(f"The web server at {url} did not answer: {error}") from error
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise CommandError(f"The bot did not answer: {said.get('detail', answer.status)}")
    return said
