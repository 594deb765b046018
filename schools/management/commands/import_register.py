"""`manage.py import_register`: read, check and store one register file, or refuse it whole."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from attendance_portal import clock
from attendance_portal.commands import authority_named
from attendance_portal.models import Authority
from attendance_portal.refusals import Refused
from attendance_portal.tenancy import authority_scope
from schools.models import School
from schools.presenters import counted
from schools.sending import uploads
from schools.sending.outcomes import Outcome, take_upload
from schools.stored.registers import hold_registers

CHUNK = 1 << 20


class Command(BaseCommand):
    """Reads a register, or counts: CSV, Excel or XML. Without --accept-good-rows only warnings are let pass."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--authority", required=True, metavar="SLUG")
        parser.add_argument("--school", required=True, metavar="URN")
        parser.add_argument("--accept-good-rows", action="store_true", help="store what is good, leave out the rest")
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON on standard output")
        parser.add_argument("file", metavar="FILE", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        authority = authority_named(options["authority"])
        try:
            outcome = _import(authority, options["school"], options["file"], options["accept_good_rows"])
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except Refused as refused:
            outcome = _too_large(refused)
        self._print(outcome, as_json=options["json"])
        if not outcome.accepted:
            self.stderr.write("The file was refused; nothing of it was stored.")
            sys.exit(1)

    def _print(self, outcome: Outcome, *, as_json: bool) -> None:
        if as_json:
            self.stdout.write(json.dumps(vars(outcome), ensure_ascii=False, indent=1))
            return
        for problem in outcome.problems:
            self.stdout.write(str(problem["message"]))
        if outcome.accepted:
            pupils, marks = counted(outcome.pupils, "pupil", "pupils"), counted(outcome.marks, "mark", "marks")
            changed = counted(outcome.changed, "half-day", "half-days")
            self.stdout.write(f"{pupils}, {marks} read, {changed} changed.")


def _import(authority: Authority, urn: str, file: Path, accept_good_rows: bool) -> Outcome:
    """Receive, read and, if it may be, store the file: one transaction."""
    on, at = clock.today(authority), clock.now(authority)
    with authority_scope(authority):
        school = School.objects.filter(urn=urn).first()
        if school is None:
            raise CommandError(f"{authority} has no school with URN {urn}. Add it with add_school.")
        hold_registers([school.pk])
        with file.open("rb") as content:
            chunks = iter(lambda: content.read(CHUNK), b"")
            upload = uploads.receive_upload(school, chunks, file_name=file.name, by=None)
        return take_upload(upload, accept_good_rows=accept_good_rows, on=on, at=at)


def _too_large(refused: Refused) -> Outcome:
    problem: dict[str, object] = {
        "kind": "unreadable",
        "row": None,
        "column": None,
        "value": None,
        "message": refused.sentence,
    }
    return Outcome(False, 0, 0, 0, [problem])
