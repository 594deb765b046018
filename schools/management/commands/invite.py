"""`manage.py invite`: ask a person by e-mail to work in the portal."""

from __future__ import annotations

import argparse
import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django.core.validators import validate_email

from attendance_portal import actions, clock
from attendance_portal.commands import AuthorityCommand
from attendance_portal.models import Authority
from attendance_portal.refusals import Refused
from attendance_portal.roles import SCHOOL_ROLES, Role
from schools.directory import staff
from schools.models import School


def email(text: str) -> str:
    """An e-mail address, for argparse."""
    try:
        validate_email(text)
    except ValidationError:
        raise argparse.ArgumentTypeError(f'"{text}" is not an e-mail address.') from None
    return text


class Command(AuthorityCommand):
    help = "Invite a person to one role in an authority. Prints the link, which also goes by e-mail."

    def add_more_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", type=email, metavar="EMAIL", help="the person's work e-mail address")
        parser.add_argument("--role", required=True, choices=Role.values, help="what they will do")
        parser.add_argument("--school", metavar="URN", action="append", default=[],
                            help="a school they work for, or are the named officer of; may be repeated")  # fmt: skip
        parser.add_argument("--name", default="", help="the person's name, if it is known")
        parser.add_argument("--organisation", default="", help="their team or agency, shown beside the name")

    def work(self, authority: Authority, on: dt.date, **options: Any) -> None:
        schools = [_school(urn, authority) for urn in options["school"]]
        if options["role"] in SCHOOL_ROLES and not schools:
            label = Role(options["role"]).label
            raise Refused(f"A {label.lower()} works for a school: name it with --school URN.")
        organisation = options["organisation"] or _organisation(schools, options["role"], authority)
        invited = actions.invite_person(
            authority, email=options["email"], name=options["name"], role=options["role"],
            organisation=organisation, by=None, at=clock.now(authority),
        )  # fmt: skip
        for school in schools:
            staff.give_school(invited.membership, school, by=None, on=on)
        self.stdout.write(invited.link)


def _school(urn: str, authority: Authority) -> School:
    school: School | None = School.objects.filter(urn=urn).first()
    if school is None:
        raise Refused(f"{authority.name} has no school with URN {urn}. Add it with add_school.")
    return school


def _organisation(schools: list[School], role: str, authority: Authority) -> str:
    if role in SCHOOL_ROLES:
        return ", ".join(school.name for school in schools)[:150]
    return "" if role == Role.PRACTITIONER else authority.name
