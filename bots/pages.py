"""The frame of a bot's pages in the dashboard: which bot it is, and whether its draft differs from what its customers
talk to. Pages of the apps above that stand under a bot's tabs are made from it too."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from bots import behaviour, selectors
from bots.models import Bot
from bots.versions import publish
from tenants.pages import ConfirmPage, FormPage, Page


class BotPage(Page):
    """A page under a bot's tabs; `tab` is the name of the page that the tab leads to. The address names `bot_id`.

    Its template extends `dashboard/bots/base.html` and reads `bot`, `tab` and `differs`.
    """

    section: ClassVar[str] = "bots"
    tab: ClassVar[str] = ""

    @cached_property
    def bot(self) -> Bot:
        """As it was when the page was asked for. Raises `NotFound`, which is a page that says so."""
        bot_id: UUID = self.kwargs["bot_id"]
        return selectors.bot(bot_id)

    def _let_in(self) -> None:
        super()._let_in()
        assert self.bot

    def show(self, *, template: str = "", status: int = 200, **values: Any) -> HttpResponse:  # noqa: ANN401 -- what the template reads
        if "problem" in values:  # the bot may be what is missing
            return super().show(template=template, status=status, **values)
        state = {"bot": self.bot, "tab": self.tab, "differs": self.differs}
        return super().show(template=template, status=status, **{**state, **values})

    @property
    def differs(self) -> bool:
        """Whether customers would notice it, were the draft published now."""
        return publish.differs(self.bot, behaviour.draft(self.bot.id))

    def saved(self) -> str:
        """What is said once a change of the draft is saved: whether customers have it already."""
        now = selectors.bot(self.bot.id)
        before = self.bot.live_version
        if publish.differs(now, behaviour.draft(now.id)):
            return _("Saved in the draft. Customers notice it once you publish it.")
        if before and now.live_version and now.live_version.number > before.number:
            return _("Saved. Customers talk to it now, as version %(number)s.") % {"number": now.live_version.number}
        return _("Saved.")


class BotFormPage(BotPage, FormPage):
    """A form under a bot's tabs."""


class BotConfirmPage(BotPage, ConfirmPage):
    """A question about a bot."""
