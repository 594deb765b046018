"""The people and places of every test: two invented authorities, one person for each role, a few children.

`cast` is the fixture; `make_cast()` the same for a test on `own_database`. Everyone's today is `ON`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client
from pytest_django import Settings

from attendance_portal.middleware import MEMBERSHIP_KEY
from attendance_portal.models import Authority, Membership, User
from attendance_portal.roles import Role
from attendance_portal.tenancy import authority_scope
from attendance_portal.upn import check_letter
from schools.models import Enrolment, Pupil, PupilNameKey, School, SchoolMembership
from schools.models.places import Phase

ON = dt.date(2026, 11, 20)
SINCE = dt.date(2025, 9, 1)
PASSWORD = "correct horse battery"
# One round of hashing: the same password for everyone, made fast, read by the site's own hashers.
_HASH = PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1)
_MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


@dataclass
class Cast:
    """Everyone and everything by name. `pupils` are Hill Academy's, in year order 7 to 11."""

    eastshire: Authority
    westshire: Authority
    hill: School
    vale: School
    fen: School
    lead: Membership
    office: Membership
    other_lead: Membership
    trust_lead: Membership
    officer: Membership
    team_leader: Membership
    legal: Membership
    virtual_school: Membership
    manager: Membership
    auditor: Membership
    admin: Membership
    practitioner: Membership
    stranger: Membership
    pupils: list[Pupil]
    vale_pupils: list[Pupil]
    fen_pupils: list[Pupil]

    @property
    def pupil(self) -> Pupil:
        """The first child of Hill Academy."""
        return self.pupils[0]

    @property
    def members(self) -> dict[str, Membership]:
        """Every member by the name used here."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if isinstance(value, Membership)}


def in_scope(authority: Authority) -> AbstractContextManager[None]:
    """The scope of this authority, for what a test reads or writes itself."""
    return authority_scope(authority)


def sign_in(client: Client, member: Membership) -> Client:
    """Sign this member in without the sign-in page; answers the client."""
    client.force_login(member.user, backend=_MODEL_BACKEND)
    session = client.session
    session[MEMBERSHIP_KEY] = str(member.pk)
    session.save()
    return client


def make_member(authority: Authority, email: str, name: str, role: Role, organisation: str = "") -> Membership:
    """A person with the tests' password and one membership, who asks on `ON`."""
    user = User.objects.create(email=email, name=name, password=_HASH)
    member = Membership.objects.create(authority=authority, user=user, role=role, organisation=organisation)
    member.on = ON
    return member


def make_pupil(school: School, number: int, surname: str, forename: str, year_group: str) -> Pupil:
    """A child on this school's roll since `SINCE`; call it inside the authority's scope."""
    rest = f"{school.laestab[:3]}{school.laestab[3:]}{26:02d}{number:03d}"
    pupil = Pupil.objects.create(
        upn=check_letter(rest) + rest,
        surname=surname,
        forename=forename,
        date_of_birth=dt.date(ON.year - 5 - int(year_group), 3, 14),
        sort_key=f"{surname} {forename}".lower(),
    )
    for key in {part[:3].lower() for part in (surname, forename)}:
        PupilNameKey.objects.create(pupil=pupil, key=key)
    Enrolment.objects.create(
        pupil=pupil,
        school=school,
        local_id=f"{number:04d}",
        year_group=year_group,
        reg_group=f"{year_group}A",
        admission_on=SINCE,
    )
    return pupil


def _give(member: Membership, *schools: School) -> Membership:
    capacity = "named-officer" if member.role == Role.OFFICER else "staff"
    for school in schools:
        SchoolMembership.objects.create(membership=member, school=school, capacity=capacity, from_on=SINCE)
    return member


def _school(urn: str, laestab: str, name: str, phase: Phase, domain: str) -> School:
    school: School = School.objects.create(
        urn=urn, laestab=laestab, name=name, phase=phase, area="North", email=f"office@{domain}"
    )
    return school


def _pupils_of(school: School, children: list[tuple[str, str, str]]) -> list[Pupil]:
    return [make_pupil(school, number, *child) for number, child in enumerate(children, 1)]


def _eastshire(authority: Authority) -> dict[str, object]:
    hill = _school("999001", "9994001", "Hill Academy", Phase.SECONDARY, "hill-academy.example")
    vale = _school("999002", "9992002", "Vale Primary School", Phase.PRIMARY, "vale-primary.example")

    def member(email: str, name: str, role: Role, organisation: str, *schools: School) -> Membership:
        return _give(make_member(authority, email, name, role, organisation), *schools)

    service, at = "Eastshire attendance service", "eastshire.example"
    return {
        "hill": hill,
        "vale": vale,
        "lead": member("lead@hill-academy.example", "Layla Hart", Role.SCHOOL_LEAD, hill.name, hill),
        "office": member("office@hill-academy.example", "Owen Hall", Role.SCHOOL_OFFICE, hill.name, hill),
        "other_lead": member("lead@vale-primary.example", "Vera Lane", Role.SCHOOL_LEAD, vale.name, vale),
        "trust_lead": member("lead@hilltop-trust.example", "Tariq Lowe", Role.SCHOOL_LEAD, "Hilltop Trust", hill, vale),
        "officer": member(f"officer@{at}", "Olive Frost", Role.OFFICER, service, hill, vale),
        "team_leader": member(f"team-leader@{at}", "Tom Leigh", Role.TEAM_LEADER, service),
        "legal": member(f"legal@{at}", "Lena Grant", Role.LEGAL, service),
        "virtual_school": member(f"virtual-school@{at}", "Vic Stone", Role.VIRTUAL_SCHOOL, "Virtual school"),
        "manager": member(f"manager@{at}", "Maya Noor", Role.MANAGER, service),
        "auditor": member(f"auditor@{at}", "Audrey Poole", Role.AUDITOR, "Internal audit"),
        "admin": member(f"admin@{at}", "Adam Dunn", Role.ADMIN, service),
        "practitioner": member("practitioner@partner.example", "Priya Nash", Role.PRACTITIONER, "Family Support"),
        "pupils": _pupils_of(
            hill,
            [
                ("Abbott", "Amy", "7"),
                ("Brown", "Ben", "8"),
                ("Clarke", "Cora", "9"),
                ("Dean", "Dan", "10"),
                ("Evans", "Ella", "11"),
            ],
        ),
        "vale_pupils": _pupils_of(vale, [("Ford", "Finn", "3"), ("Gill", "Gia", "6")]),
    }


def _westshire(authority: Authority) -> dict[str, object]:
    fen = _school("998001", "9984001", "Fen School", Phase.SECONDARY, "fen-school.example")
    stranger = make_member(authority, "officer@westshire.example", "Seth Ranger", Role.OFFICER, "Westshire")
    return {
        "fen": fen,
        "stranger": _give(stranger, fen),
        "fen_pupils": _pupils_of(fen, [("Hughes", "Hal", "8"), ("Irwin", "Isla", "9")]),
    }


def make_cast() -> Cast:
    """Make everyone and everything in the database at hand."""
    east = Authority.objects.create(slug="eastshire", name="Eastshire", code="999", demo_today=ON)
    west = Authority.objects.create(slug="westshire", name="Westshire", code="998", demo_today=ON)
    parts: dict[str, object] = {"eastshire": east, "westshire": west}
    for authority, make in ((east, _eastshire), (west, _westshire)):
        with in_scope(authority):
            parts |= make(authority)
    return Cast(**parts)


def open_to_the_cast(settings: Settings) -> None:
    """Their authorities' own today holds, and no second factor is forced."""
    settings.PORTAL_DEMO = True
    settings.SECOND_FACTOR_REQUIRED = False


@pytest.fixture
def cast(db: None, settings: Settings) -> Cast:
    """Everyone and everything; today is `ON` in both authorities, and no second factor is forced."""
    open_to_the_cast(settings)
    return make_cast()


@pytest.fixture
def signed_in() -> Callable[[Membership], Client]:
    """`signed_in(cast.lead).get(…)`: a client of one's own for each member."""
    return lambda member: sign_in(Client(), member)
