"""A turn of talk becomes a case of one of the bot's test sets, which is made on the way where there is none."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.utils.translation import gettext as _

from bots.enums import Expectation
from chat import services as talk
from chat.dashboard.cases import EXPECTED, MOST, chosen_set
from chat.dashboard.conversations import OnConversation
from chat.dashboard.lines import Lines
from chat.models import Message
from tenants.enums import Role
from tenants.errors import Invalid
from tenants.pages import PageForm


class RightForm(PageForm):
    """Whether what the bot did is `right`; if it is not, what is."""

    right = forms.ChoiceField(choices=[("yes", ""), ("no", "")])
    expect = forms.ChoiceField(choices=EXPECTED, required=False)
    words = Lines(most=MOST, longest=200)
    titles = Lines(most=MOST, longest=500)

    def given(self) -> dict[str, Any]:
        """What goes before what the bot did. Raises `Invalid`."""
        if not self.is_valid():
            raise Invalid(" ".join(str(sentence) for said in self.errors.values() for sentence in said))
        said = self.cleaned_data
        if said["right"] == "yes":
            return {}
        if said["expect"] not in {"", Expectation.ANSWER}:
            return {"expect": said["expect"]}
        if not said["words"] and not said["titles"]:
            raise Invalid(_("Say what a right answer has: words, or the title of a document that it cites."))
        return {
            "expect": Expectation.ANSWER.value, "expected_words": said["words"], "expected_titles": said["titles"],
            "expected_document_ids": [],
        }  # fmt: skip


class SaveAsTest(OnConversation):
    roles: ClassVar[dict[str, Role]] = {"POST": Role.EDITOR}

    def post(self, request: HttpRequest, **ids: Any) -> HttpResponseBase:  # noqa: ANN401 -- ids of the address
        given = RightForm(request.POST).given()
        with transaction.atomic():
            given["test_set_id"] = chosen_set(self.conversation.bot, request.POST, by=self.principal).id
            talk.save_as_case(
                by=self.principal, conversation_id=self.conversation.id, message_id=ids["message_id"], given=given
            )
        messages.success(request, _("Saved as a test."))
        return self._move(self.back())

    def back(self) -> str:
        """To the answer, however much was said before and after it."""
        place = Message.objects.filter(id=self.kwargs["message_id"]).values_list("position", flat=True).first()
        return f"{super().back()}?at={place}#message-{place}"
