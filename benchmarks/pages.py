"""Pages at the size of a county, by Django's test client: time over that of an empty signed-in page, and queries.

Nobody waits longer than two seconds for a page that shows no progress.
"""

from __future__ import annotations

import datetime as dt
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attendance_portal.middleware import MEMBERSHIP_KEY
from attendance_portal.models import Authority, Membership, User
from attendance_portal.roles import Role
from attendance_portal.tenancy import authority_scope
from benchmarks.county import SMALL, WHOLE, YEAR, make_county, mark_a_day
from benchmarks.marks import school_days
from benchmarks.report import asked, at_most, median_seconds, run, say, seconds
from schools import tasks
from schools.banding import band_authority
from schools.models import Register, RegisterChange, School, SchoolMembership, Standing
from schools.register.changes import difference, pack
from schools.register.marks import column_of, from_rows
from tsm.actions import arrange_meeting

LONDON = ZoneInfo("Europe/London")
DAYS = school_days(YEAR)
ON = DAYS[-5]
KNOWN_ON = DAYS[-45]
"""As known two months ago: what eight weeks of nights changed since is taken back."""
AT = dt.datetime.combine(ON, dt.time(9), LONDON)
EMPTY = "account"
LONGEST = 2.0
"""Seconds."""


def banded_county(small: bool) -> Authority:
    """The county of the benchmark before, or a new one banded on two nights; its today is `ON`."""
    authority = Authority.objects.filter(slug="county").first()
    if authority is None:
        county = make_county(SMALL if small else WHOLE, first_days=len(DAYS) - 10)
        authority = county.authority
        band_authority(authority, on=ON, as_at=None)
        for day in DAYS[-10:-4]:
            mark_a_day(county, day)
        band_authority(authority, on=ON, as_at=None)
    authority.demo_today = ON
    authority.save()
    return authority


def keep_records(authority: Authority) -> None:
    """The records of what the nights since `KNOWN_ON` stored, one a school and night, as syncs leave them."""
    days = [day for day in DAYS if KNOWN_ON < day <= ON]
    with authority_scope(authority):
        schools = list(School.objects.values_list("pk", flat=True))
    for school in schools:
        with authority_scope(authority):
            rows = Register.objects.filter(school=school, year=YEAR).order_by("enrolment_id")
            ids, marks = zip(*rows.values_list("enrolment_id", "marks"), strict=True)
            RegisterChange.objects.bulk_create(
                _records(school, np.array(ids, np.int64), from_rows([bytes(row) for row in marks]), days)
            )


def _records(school: int, ids: np.ndarray, held: np.ndarray, days: list[dt.date]) -> list[RegisterChange]:
    found = []
    for day in days:
        columns = slice(column_of(day, 0), column_of(day, 1) + 1)
        before = held.copy()
        before[:, columns] = 0
        changes = difference(ids, before, held)
        at = dt.datetime.combine(day, dt.time(18), LONDON)
        found.append(RegisterChange(school_id=school, year=YEAR, made_at=at, cells=len(changes), record=pack(changes)))
    return found


def member_of(authority: Authority, role: Role, school: School | None = None) -> Membership:
    """Someone of that role; the school's named officer, where one is given."""
    user, _ = User.objects.get_or_create(email=f"{role}@county.example", defaults={"name": "Olu Bright"})
    member: Membership = Membership.objects.get_or_create(authority=authority, user=user, role=role)[0]
    if school:
        capacity = SchoolMembership.Capacity.NAMED_OFFICER
        SchoolMembership.objects.create(membership=member, school=school, capacity=capacity, from_on=ON)
    member.on = ON
    return member


def signed_in(member: Membership) -> Client:
    """A browser in which this member is signed in."""
    client = Client(headers={"host": "localhost"})
    client.force_login(member.user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[MEMBERSHIP_KEY] = str(member.pk)
    session.save()
    return client


def pages_of_an_officer(authority: Authority) -> tuple[Membership, dict[str, str]]:
    """The pages of the largest school and its most absent pupil; and who opens them."""
    with authority_scope(authority):
        school = School.objects.order_by("-pk")[0]
        pupil = Standing.objects.filter(school=school).order_by("-unauthorised")[0].pupil_id
        officer = member_of(authority, Role.OFFICER, school)
        meeting = arrange_meeting(
            school, starts_at=AT + dt.timedelta(days=1), minutes=90, mode="online", place="https://example.org/meet",
            officer=officer, by=officer, at=AT,
        )  # fmt: skip
        rolls = Standing.objects.filter(school=school).count()
    say(f"Pages at a county's size, by an officer; a school of {rolls} pupils")
    known = f"?known_on={KNOWN_ON}"
    return officer, {
        "home": reverse("home"),
        "school page": reverse("school_page", args=[school.urn]),
        "pupil list": reverse("pupil_list", args=[school.urn]),
        "pupil list, as known then": reverse("pupil_list", args=[school.urn]) + known,
        "pupil page": reverse("pupil_page", args=[pupil]),
        "TSM list": reverse("meeting_list", args=[meeting.pk]),
    }


def pages_of_a_team_leader(authority: Authority) -> tuple[Membership, dict[str, str]]:
    """The pages over every school of the authority; and who opens them."""
    with authority_scope(authority):
        leader = member_of(authority, Role.TEAM_LEADER)
    say("By a team leader, over every school")
    known = f"?known_on={KNOWN_ON}"
    return leader, {
        "home, with what changed everywhere": reverse("home"),
        "what changed": reverse("changes"),
        "possible duplicates": reverse("possible_duplicates"),
        "overview": reverse("overview"),
        "overview, as known then": reverse("overview") + known,
        "pupils": reverse("pupils"),
        "severely absent pupils": reverse("pupils") + "?absence=severe",
        "severely absent pupils, as known then": reverse("pupils") + known + "&absence=severe",
        "pupils, as known then (refused: too many)": reverse("pupils") + known,
    }


def measure(member: Membership, pages: dict[str, str]) -> None:
    """Open each page a few times, and tell."""
    client = signed_in(member)
    empty = median_seconds(partial(client.get, reverse(EMPTY)))
    say(f"  an empty signed-in page: {1000 * empty:.0f} ms, {queries(client, reverse(EMPTY))} queries")
    for name, address in pages.items():
        first = seconds(partial(client.get, address))
        taken = median_seconds(partial(client.get, address), runs=3)
        told = f"{1000 * taken:.0f} ms, {taken / empty:.1f} x an empty page, {queries(client, address)} queries"
        say(f"  {name}: {told} (first opened: {1000 * first:.0f} ms)")
        at_most(name, taken, LONGEST, "s")


def tell_worker(leader: Membership) -> None:
    """What a worker takes for the figures of every school as known then, while the page shows how far it is."""
    client, address = signed_in(leader), f"{reverse('overview')}?known_on={KNOWN_ON}"
    at_most("overview, as known then, while it is worked out", seconds(partial(client.get, address)), LONGEST, "s")
    taken = seconds(partial(tasks.work_out_known, str(KNOWN_ON), authority_id=str(leader.authority.pk)))
    say(f"  the figures of every school as known then, worked out by a worker: {taken:.1f} s")


def main() -> None:
    """Measure and tell; that the numbers of queries are constant is tested elsewhere."""
    authority = banded_county(asked(__doc__).small)
    keep_records(authority)
    measure(*pages_of_an_officer(authority))
    leader, pages = pages_of_a_team_leader(authority)
    tell_worker(leader)
    measure(leader, pages)


def queries(client: Client, address: str) -> int:
    """How many queries the page asks, those of the door (scope, session, audit) included."""
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    return len(captured)


if __name__ == "__main__":
    run(main)
