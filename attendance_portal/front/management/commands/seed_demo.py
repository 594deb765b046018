"""`manage.py seed_demo`: two invented authorities with two school years of registers."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from attendance_portal.commands import day
from attendance_portal.front.demo.building import AS_OF, EASTSHIRE, SEED
from attendance_portal.front.seeding import seed_demo
from attendance_portal.models import Authority


class Command(BaseCommand):
    """The same seed gives the same data. Runs on an empty database only."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--schools", type=int, default=EASTSHIRE[3], help="schools of Eastshire")
        parser.add_argument("--pupils", type=int, default=EASTSHIRE[4], help="pupils of Eastshire")
        parser.add_argument("--seed", type=int, default=SEED, help="the number that everything is drawn from")
        parser.add_argument("--as-of", type=day, default=AS_OF, metavar="YYYY-MM-DD", help="the demo's today")

    def handle(self, *args: Any, **options: Any) -> None:
        if Authority.objects.exists():
            raise CommandError("There are authorities already: the demo's data go into an empty database only.")
        wanted = {name: options[name] for name in ("schools", "pupils", "seed", "as_of")}
        try:
            seed_demo(**wanted, say=self.stdout.write)
        except ValueError as error:
            raise CommandError(str(error)) from error
