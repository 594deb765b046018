"""Pages at the size of a county, by Django's test client: time over that of an empty signed-in page, and queries."""

from __future__ import annotations

import datetime as dt
from functools import partial
from zoneinfo import ZoneInfo

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from attendance_portal.middleware import MEMBERSHIP_KEY
from attendance_portal.models import Authority, Membership, User
from attendance_portal.roles import Role
from attendance_portal.tenancy import authority_scope
from benchmarks.county import SMALL, WHOLE, YEAR, make_county
from benchmarks.marks import school_days
from benchmarks.report import asked, median_seconds, say, seconds
from schools.banding import band_authority
from schools.models import School, SchoolMembership, Standing
from tsm.actions import arrange_meeting

ON = school_days(YEAR)[-5]
AT = dt.datetime.combine(ON, dt.time(9), ZoneInfo("Europe/London"))
EMPTY = "account"


def banded_county(small: bool) -> Authority:
    """The county of the benchmark before, or a new one; its today is `ON`."""
    held = Authority.objects.filter(slug="county").first()
    authority = held or make_county(SMALL if small else WHOLE, first_days=len(school_days(YEAR)) - 4).authority
    if held is None:
        band_authority(authority, on=ON, as_at=None)
    authority.demo_today = ON
    authority.save()
    return authority


def officer_of(authority: Authority, school: School) -> Membership:
    """The school's named attendance officer."""
    user = User.objects.create(email="officer@county.example", name="Olu Bright")
    officer: Membership = Membership.objects.create(authority=authority, user=user, role=Role.OFFICER)
    capacity = SchoolMembership.Capacity.NAMED_OFFICER
    SchoolMembership.objects.create(membership=officer, school=school, capacity=capacity, from_on=ON)
    officer.on = ON
    return officer


def signed_in(member: Membership) -> Client:
    """A browser in which this member is signed in."""
    client = Client(headers={"host": "localhost"})
    client.force_login(member.user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[MEMBERSHIP_KEY] = str(member.pk)
    session.save()
    return client


def addresses(authority: Authority) -> tuple[Membership, dict[str, str]]:
    """The pages measured, of the largest school and its most absent pupil; and who opens them."""
    with authority_scope(authority):
        school = School.objects.order_by("-pk")[0]
        pupil = Standing.objects.filter(school=school).order_by("-unauthorised")[0].pupil_id
        officer = officer_of(authority, school)
        meeting = arrange_meeting(
            school, starts_at=AT + dt.timedelta(days=1), minutes=90, mode="online", place="https://example.org/meet",
            officer=officer, by=officer, at=AT,
        )  # fmt: skip
        rolls = Standing.objects.filter(school=school).count()
    say(f"Pages at a county's size, by an officer; a school of {rolls} pupils")
    return officer, {
        "home": reverse("home"),
        "school page": reverse("school_page", args=[school.urn]),
        "pupil list": reverse("pupil_list", args=[school.urn]),
        "pupil page": reverse("pupil_page", args=[pupil]),
        "TSM list": reverse("meeting_list", args=[meeting.pk]),
    }


def main() -> None:
    """Measure and tell. No targets are set; that the numbers of queries are constant is tested elsewhere."""
    small = asked(__doc__).small
    officer, pages = addresses(banded_county(small))
    client = signed_in(officer)
    empty = median_seconds(partial(client.get, reverse(EMPTY)))
    say(f"  an empty signed-in page: {1000 * empty:.0f} ms, {queries(client, reverse(EMPTY))} queries")
    for name, address in pages.items():
        first = seconds(partial(client.get, address))
        taken = median_seconds(partial(client.get, address))
        told = f"{1000 * taken:.0f} ms, {taken / empty:.1f} x an empty page, {queries(client, address)} queries"
        say(f"  {name}: {told} (first opened: {1000 * first:.0f} ms)")


def queries(client: Client, address: str) -> int:
    """How many queries the page asks, those of the door (scope, session, audit) included."""
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    if answer.status_code != 200:
        raise RuntimeError(f"{address} answered {answer.status_code}")
    return len(captured)


if __name__ == "__main__":
    main()
