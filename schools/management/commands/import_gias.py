"""`manage.py import_gias`: make and update an authority's schools from DfE's extract, or refuse it whole."""

from __future__ import annotations

import datetime as dt
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from attendance_portal.commands import AuthorityCommand
from attendance_portal.models import Authority
from schools.directory.gias import Outcome, import_schools
from schools.presenters import counted
from schools.reading.gias import Extract, read_establishments, read_links


class Command(AuthorityCommand):
    help = (
        "Make and update an authority's schools from the extract of Get Information about Schools "
        "(edubasealldata…csv), and link schools that followed others (links_edubasealldata…csv). Nothing is deleted."
    )

    def add_more_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", type=Path, help="the file of all establishment data, as it came")
        parser.add_argument("--links", metavar="FILE", type=Path, help="the links file of the same day")
        parser.add_argument("--json", action="store_true", help="print the outcome as JSON on standard output")

    def work(self, authority: Authority, on: dt.date, **options: Any) -> None:
        told = read_establishments(_bytes(options["file"]), authority.code)
        links = read_links(_bytes(options["links"])) if options["links"] else Extract()
        if told.problems or links.problems:
            self._refuse(options, told, links)
        outcome = import_schools(told.establishments, links.links, on=on, by=None)
        if options["json"]:
            self.stdout.write(json.dumps({"accepted": True, **asdict(outcome), "problems": []}, ensure_ascii=False))
            return
        for line in words(outcome):
            self.stdout.write(line)

    def _refuse(self, options: dict[str, Any], *extracts: Extract) -> None:
        problems = [problem for extract in extracts for problem in extract.problems]
        if options["json"]:
            told = [asdict(problem) for problem in problems]
            self.stdout.write(json.dumps({"accepted": False, "problems": told}, ensure_ascii=False))
        else:
            for problem in problems:
                self.stdout.write(problem.message)
        more = sum(extract.more_problems for extract in extracts)
        also = f" There are {more} more problems like these." if more else ""
        self.stderr.write(f"The file was refused; nothing of it was stored.{also}")
        sys.exit(1)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}.") from error


def words(outcome: Outcome) -> list[str]:
    """What was done, line by line."""
    lines = [
        f"{counted(len(outcome.created), 'school', 'schools')} added, {len(outcome.updated)} changed, "
        f"{outcome.unchanged} as they were, "
        f"{counted(len(outcome.linked), 'link', 'links')} between schools made or changed."
    ]
    lines += [f"Changed: URN {urn}: {', '.join(what)}." for urn, what in outcome.updated.items()]
    lines += [f"Left out: {count} {why}." for why, count in sorted(outcome.left_out.items())]
    if outcome.not_in_file:
        lines.append(f"Held here and not in the file, left as they are: URN {', '.join(outcome.not_in_file)}.")
    return lines + outcome.notes
