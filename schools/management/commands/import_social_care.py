"""`manage.py import_social_care`: take in social care's list of children with a social worker."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from attendance_portal import clock
from attendance_portal.commands import AuthorityCommand
from attendance_portal.models import Authority
from schools.children.social_care import import_care_list
from schools.models import SocialCareLine


class Command(AuthorityCommand):
    help = "Take in a CSV file of social care. What is uncertain waits on a page for the virtual school to look at."

    def add_more_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path)

    def work(self, authority: Authority, on: dt.date, **options: Any) -> None:
        file: Path = options["file"]
        try:
            content = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        care_list = import_care_list(content, file_name=file.name, by=None, on=on, at=clock.now(authority))
        lines = list(SocialCareLine.objects.filter(care_list=care_list).order_by("row"))
        for line in lines:
            if line.state in (SocialCareLine.State.LEFT_OUT, SocialCareLine.State.UNCERTAIN):
                self.stdout.write(f"Line {line.row}, {SocialCareLine.State(line.state).label.lower()}: {line.message}")
        counts = ((state.label.lower(), sum(line.state == state for line in lines)) for state in SocialCareLine.State)
        self.stdout.write(", ".join(f"{count} {label}" for label, count in counts if count) + ".")
