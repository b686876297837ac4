"""Codes that are kept and sent, in words for the pages: why something was refused, and what was done. Pure.

APIs, files and filters go on speaking in codes; a code without words here is shown as it is.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

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

# What is kept about a conversation beside its messages, by the names that the widget gives.
ABOUT: Mapping[str, Word] = {
    "page": _("On the page"),
    "source": _("Shown as"),
    "language": _("Language of the chat"),
    "source.widget": _("Chat on a website"),
    "source.page": _("Page of its own"),
}

TABLES: Mapping[str, Mapping[str, Word]] = {
    "reason": REASONS, "deed": DEEDS, "action": ACTIONS, "kind": KINDS, "layer": LAYERS, "step": STEPS,
    "about": ABOUT,
}  # fmt: skip


def in_words(code: str, what: str) -> Word:
    """A code of one of the tables above, in words."""
    return TABLES[what].get(code, code)
