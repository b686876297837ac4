"""`python manage.py prepare_models`: makes the embedding model that EMBEDDER names ready under MODELS_DIR."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.embedders import minilm, prepare, registry
from integrations.embedders.types import SourceUnavailable


class Command(BaseCommand):
    help = "Makes the built-in embedding model ready to run; does nothing when it already is."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--minilm", action="store_true", help="also the light English model, for EMBEDDER=minilm")

    def handle(self, *args: str, **options: object) -> None:
        wanted = [registry.recipe()]
        if options["minilm"] and minilm.RECIPE not in wanted:
            wanted.append(minilm.RECIPE)
        try:
            for recipe in wanted:
                prepare.ensure(Path(settings.MODELS_DIR), recipe=recipe, say=self.stdout.write)
        except SourceUnavailable as reason:
            raise CommandError(str(reason)) from reason
