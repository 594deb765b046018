"""What needs those who run the service: staff, the trail of events, and this term's meetings in numbers."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from attendance_portal.context import address_of
from attendance_portal.front.addresses import address
from attendance_portal.front.home.sections import Asker, Item, Section, section
from attendance_portal.front.overview import STATE_COLOURS, STATE_WORDS, STATES
from attendance_portal.models import AuditEvent, Invitation, Membership
from attendance_portal.roles import Role
from schools.models import School, SchoolMembership

WEEK = dt.timedelta(days=7)


def staff_to_do(asker: Asker) -> Iterable[Section]:
    """Invitations not taken up, people away with nobody to cover, schools without an officer or a lead."""
    people = Membership.objects.filter(authority=asker.member.authority, deactivated_at=None, user__is_active=True)
    away = Q(away_from__lte=asker.on) & (Q(away_until=None) | Q(away_until__gte=asker.on)) & Q(covered_by=None)
    waiting = Invitation.objects.filter(membership=OuterRef("pk"), used_at=None)
    counts = people.aggregate(waiting=Count("pk", filter=Exists(waiting)), away=Count("pk", filter=away))
    schools = School.objects.filter(closed_on=None).aggregate(
        officer=Count("pk", filter=~Exists(_people_of_a_school(asker, capacity=_Capacity.NAMED_OFFICER))),
        lead=Count("pk", filter=~Exists(_people_of_a_school(asker, membership__role=Role.SCHOOL_LEAD))),
    )
    staff = address_of("staff") or address_of("staff_list")
    told = (
        (counts["waiting"], "Invitations not taken up"),
        (counts["away"], "People away with nobody to cover for them"),
        (schools["officer"], "Schools without a named officer"),
        (schools["lead"], "Schools without an attendance lead"),
    )
    items = (Item(words, staff, status=str(count), colour="yellow") for count, words in told if count)
    yield from section("staff", "Staff", items, staff, "All staff")


_Capacity = SchoolMembership.Capacity


def _people_of_a_school(asker: Asker, **which: Any) -> Any:
    in_force = SchoolMembership.objects.on(asker.on).filter(school=OuterRef("pk"), membership__deactivated_at=None)
    return in_force.filter(**which)


def trail_to_read(asker: Asker) -> Iterable[Section]:
    """For the auditor: how many events and refusals the last seven days brought."""
    since = asker.on - WEEK
    events = AuditEvent.objects.filter(at__date__gt=since)
    counts = events.aggregate(all=Count("pk"), refused=Count("pk", filter=Q(what="refused")))
    first = since + dt.timedelta(days=1)
    day = {"from_on_day": str(first.day), "from_on_month": str(first.month), "from_on_year": str(first.year)}
    items = [
        Item("What was done and looked at", address("audit", **day), "In the last seven days", f"{counts['all']:,}"),
        Item(
            "Attempts that were refused",
            address("audit", what="refused", **day),
            "In the last seven days",
            f"{counts['refused']:,}",
            "red" if counts["refused"] else "",
        ),
    ]
    yield from section("trail", "Audit", items, address("audit"), "Search all events")


def meetings_in_numbers(asker: Asker) -> Iterable[Section]:
    """For who answers for the service: how many schools stand where with this term's meetings."""
    counts = Counter(row.state for row in asker.timetable)
    items = (
        Item(
            STATE_WORDS[state],
            address("overview_meetings", state=state),
            status=str(counts[state]),
            colour=STATE_COLOURS[state],
        )
        for state in STATES
        if counts[state]
    )
    yield from section("term", "This term's meetings, by school", items, address("overview"), "The whole overview")
