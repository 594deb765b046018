"""The third door: the base class of management commands that work for one authority."""

from __future__ import annotations

import argparse
import datetime as dt
import io
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper

from attendance_portal import clock
from attendance_portal.audit import Circumstances, circumstances
from attendance_portal.models import Authority
from attendance_portal.refusals import Refused
from attendance_portal.tenancy import authority_scope


def authority_named(slug: str) -> Authority:
    """The authority with this slug, or a CommandError that says how to make it."""
    authority = Authority.objects.filter(slug=slug).first()
    if authority is None:
        known = ", ".join(Authority.objects.order_by("slug").values_list("slug", flat=True)) or "none yet"
        raise CommandError(f'There is no authority "{slug}". Known: {known}. Make one with add_authority.')
    return authority


def day(text: str) -> dt.date:
    """A day typed as YYYY-MM-DD, for argparse."""
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is not a day: write it as YYYY-MM-DD.') from None


class AuthorityCommand(BaseCommand):
    """A command with `--authority SLUG`, run in that authority's scope as one transaction.

    Subclasses write `add_more_arguments` and `work(authority, on, **options)`. What is refused ends with
    status 1 and its sentence on standard error. What `work` writes is printed once the transaction is over, so that
    a reader who goes away (`… | head`) undoes nothing.
    """

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--authority",
            required=True,
            metavar="SLUG",
            help="the authority to work for",
        )
        self.add_more_arguments(parser)

    def add_more_arguments(self, parser: CommandParser) -> None:
        """Arguments beyond --authority."""

    def handle(self, *args: Any, **options: Any) -> None:
        authority = authority_named(options.pop("authority"))
        token, printed, written = circumstances.set(Circumstances()), self.stdout, io.StringIO()
        self.stdout = OutputWrapper(written)
        try:
            with authority_scope(authority):
                self.work(authority, clock.today(authority), **options)
        except Refused as refused:
            raise CommandError(refused.sentence) from refused
        finally:
            circumstances.reset(token)
            self.stdout = printed
            self.stdout.write(written.getvalue(), ending="")

    def work(self, authority: Authority, on: dt.date, **options: Any) -> None:
        raise NotImplementedError(f"{type(self).__name__} has no work().")
