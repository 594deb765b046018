"""`manage.py band`: work out every standing of one authority, or of all."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from attendance_portal import clock
from attendance_portal.commands import authority_named, day
from attendance_portal.models import Authority
from schools.banding import band_authority


class Command(BaseCommand):
    """Bands every school up to its latest day with data, or to a day named."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--authority", metavar="SLUG", help="one authority; without it, all")
        parser.add_argument("--as-of", type=day, metavar="YYYY-MM-DD", help="band up to this day, inclusive")
        parser.add_argument("--rebuild", action="store_true", help="forget the standings held and make them anew")

    def handle(self, *args: Any, **options: Any) -> None:
        slug = options["authority"]
        for authority in [authority_named(slug)] if slug else Authority.objects.order_by("slug"):
            on = clock.today(authority)
            written = band_authority(authority, on=on, as_at=options["as_of"], rebuild=options["rebuild"])
            self.stdout.write(f"{authority}: {written} standings written.")
