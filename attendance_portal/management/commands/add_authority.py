"""`manage.py add_authority`: a new authority begins to use the portal."""

from __future__ import annotations

import argparse
import re
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from attendance_portal import actions
from attendance_portal.models import Authority
from attendance_portal.refusals import Refused
from attendance_portal.tenancy import authority_scope


def slug(text: str) -> str:
    """A slug, for argparse."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text) or len(text) > 50:
        raise argparse.ArgumentTypeError(
            f'"{text}" is no slug: use up to 50 small letters, digits and single hyphens, as in north-shire.'
        )
    return text


def code(text: str) -> str:
    """DfE's number of an authority, for argparse."""
    if not re.fullmatch(r"[0-9]{3}", text):
        raise argparse.ArgumentTypeError(f'"{text}" is not the code of an authority: write three digits.')
    return text


class Command(BaseCommand):
    help = "Begin a new authority. Then add its schools (add_school) and invite its first people (invite)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", type=slug, help="short name used by commands, as in: eastshire")
        parser.add_argument("name", help="name as people read it, as in: Eastshire")
        parser.add_argument("--code", required=True, type=code, metavar="NNN", help="DfE's three digits")
        parser.add_argument("--mailbox", default="", help="the attendance service's shared e-mail address")

    def handle(self, *args: Any, **options: Any) -> None:
        parts = ("slug", "name", "code", "mailbox")
        authority = Authority(**{part: options[part].strip() for part in parts})
        try:
            with authority_scope(authority):
                actions.add_authority(authority, by=None)
        except Refused as refused:
            raise CommandError(refused.sentence) from refused
        self.stdout.write(
            f"{authority.name} is ready. Invite its administrator: "
            f"manage.py invite --authority {authority.slug} --role admin EMAIL"
        )
