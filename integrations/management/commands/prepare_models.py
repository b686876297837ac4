"""`python manage.py prepare_models`: makes the built-in embedding model ready under MODELS_DIR."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from integrations.embedders import blob, prepare


class Command(BaseCommand):
    help = "Makes the built-in embedding model ready to run; does nothing when it already is."
    requires_system_checks: list[str] = []

    def handle(self, *args: str, **options: object) -> None:
        try:
            prepare.ensure(Path(settings.MODELS_DIR), say=self.stdout.write)
        except blob.SourceUnavailable as reason:
            raise CommandError(str(reason)) from reason
