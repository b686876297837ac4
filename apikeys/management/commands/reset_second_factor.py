"""`python manage.py reset_second_factor EMAIL`: for somebody who lost phone and recovery codes, where nobody else can
sign in to the console to do it."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apikeys import services
from tenants.errors import Problem
from tenants.models import User
from tenants.types import Principal


class Command(BaseCommand):
    help = (
        "Turn off somebody's second factor and sign them out everywhere. Make sure first that it is them who ask: "
        "afterwards their password alone opens the account."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--no-input", action="store_true", help="do not ask whether to go on")

    def handle(self, *args: object, **options: str) -> None:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError("There is no user with this e-mail.")
        if not options["no_input"]:
            self.stdout.write(f"{user.email} will have no second factor, and is signed out everywhere.")
            if input("Go on? [y/N] ").strip().lower() not in {"y", "yes"}:
                raise CommandError("Nothing was changed.")
        try:
            services.reset_second_factor(by=Principal(email="manage.py"), user=user, by_operator=True)
        except Problem as problem:
            raise CommandError(problem.detail) from problem
        self.stdout.write(f"Done. {user.email} signs in with the password alone, and was told by mail.")
