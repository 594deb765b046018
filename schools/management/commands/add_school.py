"""`manage.py add_school`: a school of the authority."""

from __future__ import annotations

import argparse
import datetime as dt
import re
from typing import Any

from django.core.management.base import CommandParser

from attendance_portal.commands import AuthorityCommand
from attendance_portal.models import Authority
from schools.directory import places
from schools.models.places import Phase


def urn(text: str) -> str:
    """A URN, for argparse."""
    if not re.fullmatch(r"[0-9]{6}", text):
        raise argparse.ArgumentTypeError(f'"{text}" is not a URN: write its six digits.')
    return text


class Command(AuthorityCommand):
    help = "Add a school to an authority. Its pupils come with its first register (import_register)."

    def add_more_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("urn", type=urn, metavar="URN", help="DfE's unique reference number, six digits")
        parser.add_argument("name", metavar="NAME", help="the school's name")
        parser.add_argument("--phase", required=True, choices=Phase.values, help="what kind of school it is")
        parser.add_argument("--laestab", default="", metavar="NNNNNNN", help="DfE number, seven digits")
        parser.add_argument("--email", default="", help="the school's e-mail address")
        parser.add_argument("--area", default="", help="district or area of the authority")

    def work(self, authority: Authority, on: dt.date, **options: Any) -> None:
        parts = ("urn", "name", "phase", "laestab", "email", "area")
        school = places.add_school(**{part: options[part].strip() for part in parts}, by=None)
        self.stdout.write(f"{school.name} (URN {school.urn}) was added to {authority.name}.")
