"""The people and places of every test: two invented authorities, one person for each role, a few children.

`cast` is the fixture; `make_cast()` the same for a test on `own_database`. Everyone's today is `ON`.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, fields

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import transaction
from django.test import Client, override_settings
from pytest_django import DjangoDbBlocker, Settings

from attendance_portal.middleware import MEMBERSHIP_KEY
from attendance_portal.models import Authority, Membership, User
from attendance_portal.roles import Role
from attendance_portal.templatetags.portal import DRAFT_KEY
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
OPEN = {"PORTAL_DEMO": True, "SECOND_FACTOR_REQUIRED": False}
# Address, name, role, organisation, and the schools where they work or which they are named for.
_Person = tuple[str, str, Role, str, *tuple[School, ...]]


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
    session[DRAFT_KEY] = "A" * 43 + "="  # by chance it would now and then spell a name, on a page that must not tell it
    session.save()
    return client


def make_member(authority: Authority, email: str, name: str, role: Role, organisation: str = "") -> Membership:
    """A person with the tests' password and one membership, who asks on `ON`."""
    return _make_members(authority, {"": (email, name, role, organisation)})[""]


def make_pupil(school: School, number: int, surname: str, forename: str, year_group: str) -> Pupil:
    """A child on this school's roll since `SINCE`; call it inside the authority's scope."""
    return _make_pupils((school, number, surname, forename, year_group))[0]


# Whoever asks for the cast makes all of it: a statement for each table, not one for each row.


def _make_members(authority: Authority, people: dict[str, _Person]) -> dict[str, Membership]:
    """Members by the name used here, each with the schools named after their organisation."""
    users = User.objects.bulk_create(
        User(email=email, name=name, password=_HASH) for email, name, _, _, *_ in people.values()
    )
    made = Membership.objects.bulk_create(
        Membership(authority=authority, user=user, role=role, organisation=organisation)
        for user, (_, _, role, organisation, *_) in zip(users, people.values(), strict=True)
    )
    members = dict(zip(people, made, strict=True))
    for member in made:
        member.on = ON
    SchoolMembership.objects.bulk_create(
        SchoolMembership(
            membership=member,
            school=school,
            capacity="named-officer" if member.role == Role.OFFICER else "staff",
            from_on=SINCE,
        )
        for member, (_, _, _, _, *schools) in zip(made, people.values(), strict=True)
        for school in schools
    )
    return members


def _make_pupils(*children: tuple[School, int, str, str, str]) -> list[Pupil]:
    """Children on the rolls of these schools since `SINCE`: their number there, surname, forename and year group."""
    made = []
    for school, number, surname, forename, year_group in children:
        rest = f"{school.laestab}{26:02d}{number:03d}"
        born = dt.date(ON.year - 5 - int(year_group), 3, 14)
        names = {"surname": surname, "forename": forename, "sort_key": f"{surname} {forename}".lower()}
        made.append(Pupil(upn=check_letter(rest) + rest, date_of_birth=born, **names))
    Pupil.objects.bulk_create(made)
    PupilNameKey.objects.bulk_create(
        PupilNameKey(pupil=pupil, key=key)
        for pupil in made
        for key in {part[:3].lower() for part in (pupil.surname, pupil.forename)}
    )
    Enrolment.objects.bulk_create(
        Enrolment(
            pupil=pupil,
            school=school,
            local_id=f"{number:04d}",
            year_group=year_group,
            reg_group=f"{year_group}A",
            admission_on=SINCE,
        )
        for pupil, (school, number, _, _, year_group) in zip(made, children, strict=True)
    )
    return made


def _school(urn: str, laestab: str, name: str, phase: Phase, domain: str) -> School:
    return School(urn=urn, laestab=laestab, name=name, phase=phase, area="North", email=f"office@{domain}")


def _eastshire(authority: Authority) -> dict[str, object]:
    hill = _school("999001", "9994001", "Hill Academy", Phase.SECONDARY, "hill-academy.example")
    vale = _school("999002", "9992002", "Vale Primary School", Phase.PRIMARY, "vale-primary.example")
    School.objects.bulk_create([hill, vale])
    service, at = "Eastshire attendance service", "eastshire.example"
    people: dict[str, _Person] = {
        "lead": ("lead@hill-academy.example", "Layla Hart", Role.SCHOOL_LEAD, hill.name, hill),
        "office": ("office@hill-academy.example", "Owen Hall", Role.SCHOOL_OFFICE, hill.name, hill),
        "other_lead": ("lead@vale-primary.example", "Vera Lane", Role.SCHOOL_LEAD, vale.name, vale),
        "trust_lead": ("lead@hilltop-trust.example", "Tariq Lowe", Role.SCHOOL_LEAD, "Hilltop Trust", hill, vale),
        "officer": (f"officer@{at}", "Olive Frost", Role.OFFICER, service, hill, vale),
        "team_leader": (f"team-leader@{at}", "Tom Leigh", Role.TEAM_LEADER, service),
        "legal": (f"legal@{at}", "Lena Grant", Role.LEGAL, service),
        "virtual_school": (f"virtual-school@{at}", "Vic Stone", Role.VIRTUAL_SCHOOL, "Virtual school"),
        "manager": (f"manager@{at}", "Maya Noor", Role.MANAGER, service),
        "auditor": (f"auditor@{at}", "Audrey Poole", Role.AUDITOR, "Internal audit"),
        "admin": (f"admin@{at}", "Adam Dunn", Role.ADMIN, service),
        "practitioner": ("practitioner@partner.example", "Priya Nash", Role.PRACTITIONER, "Family Support"),
    }
    pupils = _make_pupils(
        (hill, 1, "Abbott", "Amy", "7"),
        (hill, 2, "Brown", "Ben", "8"),
        (hill, 3, "Clarke", "Cora", "9"),
        (hill, 4, "Dean", "Dan", "10"),
        (hill, 5, "Evans", "Ella", "11"),
        (vale, 1, "Ford", "Finn", "3"),
        (vale, 2, "Gill", "Gia", "6"),
    )
    members = _make_members(authority, people)
    return {"hill": hill, "vale": vale, **members, "pupils": pupils[:5], "vale_pupils": pupils[5:]}


def _westshire(authority: Authority) -> dict[str, object]:
    fen = _school("998001", "9984001", "Fen School", Phase.SECONDARY, "fen-school.example")
    School.objects.bulk_create([fen])
    stranger = ("officer@westshire.example", "Seth Ranger", Role.OFFICER, "Westshire", fen)
    pupils = _make_pupils((fen, 1, "Hughes", "Hal", "8"), (fen, 2, "Irwin", "Isla", "9"))
    return {"fen": fen, **_make_members(authority, {"stranger": stranger}), "fen_pupils": pupils}


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
    for name, value in OPEN.items():
        setattr(settings, name, value)


@pytest.fixture(scope="module")
def settled(
    request: pytest.FixtureRequest, django_db_setup: str, django_db_blocker: DjangoDbBlocker
) -> Iterator[Cast | None]:
    """The cast and what `settle(cast)` of the file of tests, if it has one, did with it: once for all of them."""
    settle = getattr(request.module, "settle", None)
    if settle is None:
        yield None
        return
    with django_db_blocker.unblock(), transaction.atomic(), override_settings(**OPEN):
        made = make_cast()
        settle(made)
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def cast(settled: Cast | None, db: None, settings: Settings) -> Cast:
    """Everyone and everything; today is `ON` in both authorities, and no second factor is forced.

    A file of tests with a function `settle(cast)` begins each of its tests with what that did, done once.
    """
    open_to_the_cast(settings)
    return copy.deepcopy(settled) if settled else make_cast()


@pytest.fixture
def signed_in() -> Callable[[Membership], Client]:
    """`signed_in(cast.lead).get(…)`: a client of one's own for each member."""
    return lambda member: sign_in(Client(), member)
