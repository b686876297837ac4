"""The widget doctor: what keeps a bot from its visitors, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from bots import origins, selectors
from bots.models import Bot, Visit


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


def examine(bot: Bot, visits: Sequence[Visit]) -> Findings:
    """`visits` are all that are remembered, the latest first."""
    served = [visit for visit in visits if not visit.refused]
    refused = selectors.turned_away(bot, visits)
    checks = [_active(bot), _public(bot), *_domains(bot), *_seen(bot, served)]
    return Findings(checks=checks, served=served, refused=refused, policy=policy())


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
        return [Check("warn", _("No website is listed."), _("Only the bot's own page shows it. Add your website."))]
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
