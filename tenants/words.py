"""Codes that are kept and sent, in words for the pages: why something was refused, and what was done.

APIs, files and filters go on speaking in codes; a code without words here is shown as it is. The same for sentences
that a row keeps: they are kept in English, for the API, and `Kept` says them again to who reads a page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_noop, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from tenants import formats

Word = str | Promise

# Why an answer was refused, a person was called or a sentence was taken out (bots.guardrails, chat.turn).
REASONS: Mapping[str, Word] = {
    "prompt_injection": _("Attempt to override the bot"),
    "prompt_extraction": _("Attempt to get at its instructions"),
    "secret_request": _("Asked for secrets"),
    "other_customers_data": _("Asked for other customers’ data"),
    "private_data": _("Private data in the message"),
    "forbidden_topic": _("Forbidden topic"),
    "off_topic": _("Off topic"),
    "nothing_found": _("Nothing found in the documents"),
    "human_requested": _("The customer asked for a person"),
    "escalation_trigger": _("A subject that calls a person"),
    "with_person": _("A person has the conversation"),
    "unsupported": _("Not supported by the documents"),
    "prompt_leak": _("Would have told its instructions"),
    "secret": _("Would have told a secret"),
    "foreign_link": _("A link that no document has"),
    "greeting": _("Greeting"),
    "thanks": _("Thanks"),
    "goodbye": _("Goodbye"),
    "how_are_you": _("Asked how it is"),
    "identity": _("Asked who it is"),
    "acknowledgement": _("Said that all is well"),
}

# What is on record in the audit: `noun.verb`.
DEEDS: Mapping[str, Word] = {
    "ai_provider.create": _("Connected an AI provider"),
    "ai_provider.update": _("Changed an AI provider"),
    "ai_provider.delete": _("Removed an AI provider"),
    "ai_provider.test": _("Tested an AI provider"),
    "api_key.create": _("Made an API key"),
    "api_key.update": _("Changed an API key"),
    "api_key.rotate": _("Replaced an API key"),
    "api_key.revoke": _("Revoked an API key"),
    "audit.export": _("Exported the audit log"),
    "bot.create": _("Made a bot"),
    "bot.update": _("Changed a bot’s draft"),
    "bot.duplicate": _("Copied a bot"),
    "bot.delete": _("Deleted a bot"),
    "bot.publish": _("Published a bot"),
    "bot.rollback": _("Took a bot back to an earlier version"),
    "bot.discard_draft": _("Discarded a bot’s draft"),
    "bot_dataset.create": _("Gave a bot a dataset"),
    "bot_dataset.update": _("Changed how a bot uses a dataset"),
    "bot_dataset.delete": _("Took a dataset from a bot"),
    "chunk.update": _("Edited a passage"),
    "conversation.take": _("Took over a conversation"),
    "conversation.reply": _("Answered a customer"),
    "conversation.hand_back": _("Handed a conversation back to the bot"),
    "conversation.close": _("Closed a conversation"),
    "conversation.delete": _("Deleted a conversation"),
    "conversation.export": _("Exported conversations"),
    "dataset.create": _("Made a dataset"),
    "dataset.update": _("Changed a dataset"),
    "dataset.delete": _("Deleted a dataset"),
    "dataset.reprocess": _("Read a dataset’s documents anew"),
    "dataset.move": _("Moved a dataset to another embedding"),
    "dataset.retry_move": _("Tried a dataset’s move again"),
    "dataset.cancel_move": _("Stopped a dataset’s move"),
    "document.create": _("Added a document"),
    "document.update": _("Changed a document"),
    "document.replace": _("Replaced a document"),
    "document.reprocess": _("Read a document anew"),
    "document.retry": _("Tried failed documents again"),
    "document.tag": _("Changed tags of documents"),
    "document.cancel": _("Stopped documents on their way"),
    "document.delete": _("Deleted a document"),
    "gap.answer": _("Answered a knowledge gap"),
    "gap.dismiss": _("Dismissed a knowledge gap"),
    "gap.solve": _("Marked a knowledge gap as answered"),
    "gap.reopen": _("Opened a knowledge gap again"),
    "import.create": _("Began an import from a website"),
    "import.delete": _("Removed an import"),
    "invitation.resend": _("Sent an invitation again"),
    "invitation.withdraw": _("Withdrew an invitation"),
    "key_bot.create": _("Tied an API key to a bot"),
    "key_bot.delete": _("Untied an API key from a bot"),
    "look.update": _("Changed how a bot looks"),
    "member.invite": _("Invited a person"),
    "member.join": _("Joined the organisation"),
    "member.role": _("Changed a member’s role"),
    "member.remove": _("Removed a member"),
    "member.leave": _("Left the organisation"),
    "scope.create": _("Set a bot’s guardrails"),
    "scope.update": _("Changed a bot’s guardrails"),
    "scope.delete": _("Removed a bot’s guardrails"),
    "second_factor.on": _("Turned on the second factor"),
    "second_factor.off": _("Turned off the second factor"),
    "second_factor.reset": _("Turned off somebody’s second factor"),
    "session.start": _("Signed in"),
    "session.end": _("Signed out"),
    "tenant.create": _("Made the organisation"),
    "tenant.update": _("Changed the organisation"),
    "tenant.delete": _("Deleted the organisation"),
    "test_set.create": _("Made a test set"),
    "test_set.update": _("Changed a test set"),
    "test_set.delete": _("Deleted a test set"),
    "test_case.create": _("Added a test"),
    "test_case.update": _("Changed a test"),
    "test_case.delete": _("Deleted a test"),
    "test_case.import": _("Imported tests"),
    "test_run.start": _("Began a test run"),
    "test_run.cancel": _("Stopped a test run"),
    "user.name": _("Changed their name"),
    "user.email": _("Changed their e-mail"),
    "user.password": _("Changed their password"),
}

# How a turn of talk went (chat.turn): its guard's verdict and its steps.
ACTIONS: Mapping[str, Word] = {
    "allow": _("lets it pass"),
    "refuse": _("refuses"),
    "escalate": _("calls a person"),
}
KINDS: Mapping[str, Word] = {
    "allowed": _("Allowed topic"),
    "forbidden": _("Forbidden topic"),
    "unlisted": _("On no list"),
    "small_talk": _("Small talk"),
    "injection": _("Attempt to override the bot"),
    "escalation": _("Asks for a person"),
    "private": _("Private data"),
}
LAYERS: Mapping[str, Word] = {
    "rules": _("Rules"),
    "classifier": _("Attack classifier"),
    "embedder": _("Topics by meaning"),
    "judge": _("The bot's model as a judge"),
    "knowledge": _("Whether the documents answer"),
}
STEPS: Mapping[str, Word] = {
    "rewrite": _("Follow-up into a standalone question"),
    "guard": _("Guard"),
    "judge": _("Judge"),
    "retrieve": _("Search"),
    "generate": _("Model"),
    "cite": _("Check and cite"),
    "first_word": _("First word"),
}

# Who did it, where nobody was signed in.
ACTORS: Mapping[str, Word] = {"anonymous": pgettext_lazy("on record", "anonymous")}

# What a plan allows, where it is used up (tenants.plans); a worker’s row may keep it.
LIMITS: Mapping[str, str] = {
    "bots": gettext_noop("Your plan allows %(allowed)s bots; %(used)s are in use."),
    "datasets": gettext_noop("Your plan allows %(allowed)s datasets; %(used)s are in use."),
    "documents": gettext_noop("Your plan allows %(allowed)s documents; %(used)s are in use."),
    "storage_bytes": gettext_noop("Your plan allows %(allowed)s of storage; %(used)s are in use."),
    "messages_month": gettext_noop("Your plan allows %(allowed)s messages a month; %(used)s are in use."),
    "api_keys": gettext_noop("Your plan allows %(allowed)s API keys; %(used)s are in use."),
}

TABLES: Mapping[str, Mapping[str, Word]] = {
    "reason": REASONS, "deed": DEEDS, "action": ACTIONS, "kind": KINDS, "layer": LAYERS, "step": STEPS,
    "actor": ACTORS,
}  # fmt: skip


def in_words(code: str, what: str) -> Word:
    """A code of one of the tables above, in words."""
    return TABLES[what].get(code, code)


class Kept:
    """Sentences that are written without a reader at hand, in English, and said again in the language of who reads.

    Each is a text of the catalogue with named holes, `The PDF has %(pages)s pages.`; what stood in a hole is put into
    the translation's. Numbers are written anew, and `terms` says how other holes are; what is no such sentence stays.
    """

    def __init__(self, sentences: Iterable[str], *, terms: Mapping[str, Callable[[str], str]] | None = None) -> None:
        self._terms = terms or {}
        # The one with the most words of its own first, so that a wide one takes nothing from a narrow one.
        self._sentences = [
            (each, _pattern(each)) for each in sorted(sentences, key=lambda each: -len(_HOLE.sub("", each)))
        ]

    def again(self, text: str) -> str:
        for sentence, pattern in self._sentences:
            found = pattern.fullmatch(text)
            if found:
                held = {name: self._term(name, value) for name, value in found.groupdict().items()}
                return gettext(sentence) % held if held else gettext(sentence)
        return text

    def _term(self, name: str, value: str) -> str:
        if name in self._terms:
            return self._terms[name](value)
        amount = _AMOUNT.fullmatch(value)
        if not amount:
            return value
        digits = len((amount["rest"] or ".")[1:])
        return formats.number(float(amount["number"].replace(",", "")), digits) + (amount["unit"] or "")


_HOLE = re.compile(r"%\((\w+)\)s")
_AMOUNT = re.compile(r"(?P<number>\d{1,3}(?:,\d{3})*(?P<rest>\.\d+)?)(?P<unit> [KMG]?B)?")


def _pattern(sentence: str) -> re.Pattern[str]:
    parts = _HOLE.split(sentence)
    holes = [f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)]
    return re.compile("".join(holes), re.DOTALL)
