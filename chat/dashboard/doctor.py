"""The widget doctor: what keeps a bot from its visitors, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from bots import origins, selectors
from bots.models import Bot, Visit
from chat.readiness.lines import NO_WEBSITE


@dataclass(frozen=True)
class Check:
    """`tone` is that of a badge: good, warn or bad."""

    tone: str
    says: str
    help: str = ""


@dataclass(frozen=True)
class Findings:
    checks: list[Check]
    served: list[Visit]
    refused: list[Visit]
    policy: str

    @property
    def first(self) -> Visit | None:
        """The visit that everybody waits for: the first on a website, or on the bot's own page."""
        return min(self.served, key=lambda visit: visit.first_at, default=None)

    @property
    def is_well(self) -> bool:
        return all(check.tone == "good" for check in self.checks)


def examine(bot: Bot, visits: Sequence[Visit], *, browsed: str = "") -> Findings:
    """`visits` are all that are remembered, the latest first.

    `browsed` is the origin by which an owner reads this, given so that a public address that is another is told.
    """
    served = [visit for visit in visits if not visit.refused]
    refused = selectors.turned_away(bot, visits)
    checks = [_active(bot), _public(bot), *_domains(bot), *_seen(bot, served)]
    if browsed and (other := elsewhere(browsed)):
        checks.append(other)
    return Findings(checks=checks, served=served, refused=refused, policy=policy())


def snippet(bot_id: UUID) -> str:
    """The line that shows the bot on a website."""
    return f'<script src="{settings.PUBLIC_URL}/widget.js" data-bot="{bot_id}" async></script>'


def page_address(bot_id: UUID) -> str:
    """Of the bot's own page."""
    return settings.PUBLIC_URL + reverse("chat-page", args=(bot_id,)) + "/"


def elsewhere(browsed: str) -> Check | None:
    """Where Parley is read at another address than the one that snippets and mails name."""
    if _place(browsed) == _place(settings.PUBLIC_URL):
        return None
    return Check(
        "warn",
        _("Snippets, links and mails name %(public)s; you are reading this at %(browsed)s.")
        % {"public": settings.PUBLIC_URL, "browsed": browsed},
        _("If visitors reach Parley elsewhere, its operator has to set PUBLIC_URL."),
    )


def _place(address: str) -> tuple[str, str, int | None]:
    """An origin, in which the names of the machine itself are one."""
    parts = urlsplit(address)
    host = parts.hostname or ""
    is_here = host in {"localhost", "::1"} or host.startswith("127.")
    return parts.scheme, "localhost" if is_here else host, parts.port


def policy() -> str:
    """What a website with a Content-Security-Policy adds to it."""
    base = settings.PUBLIC_URL
    return f"script-src {base};\nconnect-src {base};\nimg-src {base};"


def _active(bot: Bot) -> Check:
    if bot.is_active:
        return Check("good", _("The bot is switched on."))
    return Check("bad", _("The bot is paused."), _("Its websites show no chat until it is switched on."))


def _public(bot: Bot) -> Check:
    if bot.is_public:
        return Check("good", _("Anybody may talk to it."))
    return Check("bad", _("The bot is not public."), _("Tick “Anybody may talk to this bot” and save."))


def _domains(bot: Bot) -> list[Check]:
    if not bot.allowed_domains:
        fix = _("Add your website.")
        return [Check("warn", _("No website is listed."), f"{NO_WEBSITE} {fix}")]
    checks = [Check("good", _("Websites are listed: %(count)s.") % {"count": len(bot.allowed_domains)})]
    for domain in bot.allowed_domains:
        parts = urlsplit(domain)
        if parts.scheme == "http" and not origins.is_local(parts.hostname or ""):
            says = _("%(domain)s is not encrypted.") % {"domain": domain}
            checks.append(Check("warn", says, _("Visitors on https:// are another website: list that one too.")))
    return checks


def _seen(bot: Bot, served: Sequence[Visit]) -> list[Check]:
    """Whether each website that is listed has shown the widget."""
    checks = []
    for domain in bot.allowed_domains:
        if any(origins.matches(visit.origin, [domain]) for visit in served):
            checks.append(Check("good", _("%(domain)s has shown the widget.") % {"domain": domain}))
        else:
            says = _("%(domain)s has not shown the widget yet.") % {"domain": domain}
            fix = _("Is the snippet in its pages, and does its Content-Security-Policy let it through?")
            checks.append(Check("warn", says, fix))
    return checks
