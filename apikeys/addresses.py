"""The form by which people change their e-mail."""

from __future__ import annotations

from allauth.account.forms import AddEmailForm
from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from django.db import transaction
from django.http import HttpRequest


class ChangeEmailForm(AddEmailForm):  # type: ignore[misc]  # allauth has no types
    """allauth's own takes away every address that is not confirmed, and with it the one that the person signs in with
    where that is one of them."""

    def save(self, request: HttpRequest) -> EmailAddress:
        with transaction.atomic():
            mine = EmailAddress.objects.filter(user=self.user)
            mine.filter(verified=False).exclude(email=self.user.email).delete()
            made = EmailAddress.objects.create(user=self.user, email=self.cleaned_data["email"].lower())
        send_verification_email_to_address(request, made)
        return made
