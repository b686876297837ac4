"""`python manage.py rotate_secrets`: after a new key was put first in ENCRYPTION_KEYS, before an old one is dropped."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError

from apikeys import second_factor
from integrations import services


class Command(BaseCommand):
    help = (
        "Re-encrypts tenants' provider keys and people's second factors under the first of ENCRYPTION_KEYS. "
        "May be stopped and run again."
    )

    def handle(self, *args: object, **options: object) -> None:
        counts = services.rotate_secrets() + second_factor.rotate()
        self.stdout.write(f"{counts['rotated']} re-encrypted, {counts['kept']} already under the first key.")
        if counts["unreadable"]:
            raise CommandError(f"{counts['unreadable']} cannot be opened by any key; do not drop an old key yet.")
