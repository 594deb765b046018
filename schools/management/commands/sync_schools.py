"""`manage.py sync_schools`: read schools' own systems now, and say of each what it brought."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from attendance_portal import clock
from attendance_portal.commands import authority_named
from attendance_portal.models import Authority
from attendance_portal.refusals import Refused
from attendance_portal.tenancy import authority_scope
from schools.models import Connection, SchoolLink, SyncRun
from schools.syncing import sync_words, syncing, syncs
from schools.tasks import timing_of


class Command(BaseCommand):
    """Reads every school that approved, or the one named. Ends with status 1 where one could not be read to its end."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--authority", required=True, metavar="SLUG")
        parser.add_argument("--school", metavar="URN", help="one school; without it, every school that approved")

    def handle(self, *args: Any, **options: Any) -> None:
        authority = authority_named(options["authority"])
        try:
            self._ask(authority, options["school"])
        except Refused as refused:
            raise CommandError(refused.sentence) from refused
        if not self._tell(authority, options["school"]):
            sys.exit(1)

    def _ask(self, authority: Authority, urn: str | None) -> None:
        at, timing = clock.now(authority), timing_of(authority)
        if urn is None:
            with authority_scope(authority):
                syncs.ask_for_all(_connection(authority), by=None, at=at)
            syncing.work_off(authority, timing)
            return
        with authority_scope(authority):
            link = SchoolLink.objects.select_related("school", "connection").filter(school__urn=urn).first()
            if link is None:
                raise CommandError(f"No school with URN {urn} is known by a system of its own.")
            syncs.ask_for_sync(link, by=None, at=at)
        syncing.run_next(authority, timing, link=link.pk)

    def _tell(self, authority: Authority, urn: str | None) -> bool:
        """A line for each school's latest sync. Answers whether all of them, and the connection, went well."""
        with authority_scope(authority):
            connection = _connection(authority)
            runs = SyncRun.objects.filter(link__approval=SchoolLink.Approval.APPROVED).select_related("link__school")
            runs = runs.filter(link__school__urn=urn) if urn else runs
            latest = list(runs.order_by("link__name", "link_id", "-pk").distinct("link__name", "link_id"))
        if connection.trouble:
            self.stderr.write(connection.trouble)
        for run in latest:
            told = sync_words.trouble(run) or sync_words.brought(run)
            self.stdout.write(f"{run.link.school}: {sync_words.run_state(run).words}. {told}")
        return not connection.trouble and all(run.state == SyncRun.State.DONE for run in latest)


def _connection(authority: Authority) -> Connection:
    connection: Connection | None = Connection.objects.first()
    if connection is None:
        raise CommandError(f"{authority} has no token yet. Its administrator enters it on the page School systems.")
    return connection
