"""`manage.py seed`: what an installation begins with. What is there already stays as it is."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from config import env
from config.demo import acme, credentials
from tenants import services
from tenants.provisioning import defaults


class Command(BaseCommand):
    help = (
        "Add the plans, the global AI providers, the first super admin and the demonstration, where they are missing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="leave the demonstration tenant out")

    def handle(self, *args: object, **options: object) -> None:
        defaults.ensure()
        self._first_admin()
        if not options["no_demo"] and not acme.is_planted():
            credentials.keep(var=settings.VAR, credentials=acme.plant())
            self.stdout.write("Planted the demonstration tenant Acme.")

    def _first_admin(self) -> None:
        email = env.text("ADMIN_EMAIL", "admin@parley.example")
        given = env.secret("ADMIN_PASSWORD")
        password = given or secrets.token_urlsafe(12)
        if not services.ensure_super_admin(email=email, password=password):
            return
        self.stdout.write(f"Made the first super admin, {email}.")
        if settings.PRODUCTION and not given:
            self.stdout.write(f"Its password, shown this once: {password}")
        else:
            shown = "(the one you gave)" if given else password
            credentials.keep(var=settings.VAR, credentials={"admin_email": email, "admin_password": shown})
