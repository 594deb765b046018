"""The queues of casework: which open cases wait for what, and the closed ones. Each is a question, never stored."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery

from attendance_portal.models import Membership
from casework.models import Case, Contact, PastClosing
from casework.reviews import due_by, due_on
from casework.tracked import enrolments_known
from schools.models import Enrolment, LinkedRecord

DAYS: Final = (7, 14, 28, 42, 84)
DEFAULT_DAYS: Final = 28
"""Without contact for longer, a case is in its queue unless somebody chooses otherwise; the portal's own measure."""


@dataclass(frozen=True)
class Queue:
    """`code` stands in the address, `tab` on its tab; `words` say what is in it, `none` that nothing is."""

    code: str
    tab: str
    title: str
    words: str
    none: str


MINE = Queue(
    "mine", "Yours", "Yours", "Cases that you hold, lead, are asked to lead or are invited to.", "You have no cases."
)
TEAM = Queue(
    "team",
    "Team",
    "Your team’s",
    "Cases that somebody of your organisation holds or leads.",
    "Nobody of your organisation has a case that you may see.",
)
UNALLOCATED = Queue(
    "unallocated",
    "Nobody leads",
    "Nobody leads",
    "Cases without a lead practitioner, or whose lead has left. Whoever holds one answers for it until somebody leads.",
    "Every case has a lead practitioner.",
)
REVIEW = Queue(
    "review-overdue",
    "Review overdue",
    "Review overdue",
    "Cases whose review date, or that of their plan, has passed, or that are still open two weeks after a review said "
    "that they can be closed.",
    "No review is overdue.",
)
NO_CONTACT = Queue(
    "no-contact",
    "No contact",
    "No contact",
    "Cases in which nobody was reached for this long by call, visit, letter, message or meeting.",
    "Somebody was reached in every case in this time.",
)
WAITING = Queue(
    "waiting",
    "Waiting",
    "Waiting for acceptance",
    "Somebody is asked to lead and has not answered. Whoever leads now goes on until they accept.",
    "Nobody is asked to lead and still to answer.",
)
COVER = Queue(
    "cover",
    "Cover",
    "For cover",
    "Cases of colleagues who are away today and for whom you stand in.",
    "No colleague for whom you stand in is away today.",
)
TWICE = Queue(
    "twice",
    "Open twice",
    "Open twice for one child",
    "Cases of records that were said to be the same child, of whom another case is open as well. Open either to go to "
    "the other, write there what is to go on, and close the one that does not.",
    "No child has two open cases.",
)
CLOSED = Queue(
    "closed",
    "Closed",
    "Closed",
    "Cases that were closed, the latest first. Open one to read it, or to open it again.",
    "No case that you may see was closed.",
)
QUEUES: Final = (MINE, TEAM, UNALLOCATED, REVIEW, NO_CONTACT, WAITING, COVER, TWICE, CLOSED)
BY_CODE: Final = {queue.code: queue for queue in QUEUES}


def open_cases(member: Membership) -> QuerySet[Case]:
    """Every open case this member may see."""
    found: QuerySet[Case] = Case.objects.visible_to(member).open()
    return found


def closed_cases(member: Membership) -> QuerySet[Case]:
    """Every closed case this member may see."""
    found: QuerySet[Case] = Case.objects.visible_to(member).filter(stage=Case.Stage.CLOSED)
    return found


def conditions(member: Membership, *, days: int) -> dict[str, Q]:
    """What puts an open case into each queue, by its code, that day; `days` for the one without contact."""
    on = member.on
    return {
        MINE.code: Q(pk__in=Case.objects.worked_on_by(member).values("pk")),
        TEAM.code: _of_organisation(member),
        UNALLOCATED.code: ~Q(pk__in=Case.objects.open().led().order_by().values("pk")),
        REVIEW.code: due_by(on - dt.timedelta(days=1), on=on),
        NO_CONTACT.code: _without_contact(on - dt.timedelta(days=days)),
        WAITING.code: Q(proposed_lead__isnull=False),
        COVER.code: covered_by(member, "holder") | covered_by(member, "lead_practitioner"),
        TWICE.code: _open_twice(member),
    }


def _open_twice(member: Membership) -> Q:
    """Of a child of whom this member sees two open cases, by linked records: what they do not see is not told of."""
    linked = Case.objects.visible_to(member).open().filter(pupil__in=LinkedRecord.objects.values("record"))
    records = LinkedRecord.objects.filter(record__in=linked.order_by().values("pupil"))
    children = records.values("child").annotate(cases=Count("pk")).filter(cases__gt=1).values("child")
    return Q(pupil__in=LinkedRecord.objects.filter(child__in=children).values("record"))


def _of_organisation(member: Membership) -> Q:
    if not member.organisation:  # else all who have none would be one team
        return Q(holder=member) | Q(lead_practitioner=member)
    return Q(holder__organisation=member.organisation) | Q(lead_practitioner__organisation=member.organisation)


def _without_contact(since: dt.date) -> Q:
    """Opened by that day, not opened again after it, and nobody was reached after it."""
    reached = Contact.objects.reached().filter(happened_on__gt=since).order_by().values("case")
    again = PastClosing.objects.filter(reopened_on__gt=since).order_by().values("case")
    return Q(opened_on__lte=since) & ~Q(pk__in=again) & ~Q(pk__in=reached)


def covered_by(member: Membership, who: str) -> Q:
    """Where whoever is in the field `who` of a case is away that day and this member stands in for them."""
    on = member.on
    there = {f"{who}__covered_by": member, f"{who}__away_from__lte": on}
    return Q(**there) & (Q(**{f"{who}__away_until": None}) | Q(**{f"{who}__away_until__gte": on}))


def counts(cases: QuerySet[Case], found: Mapping[str, Q]) -> dict[str, int]:
    """How many of these cases are in each queue, by its code. One query for all."""
    asked = {code.replace("-", "_"): Count("pk", filter=condition) for code, condition in found.items()}
    counted = cases.order_by().aggregate(**asked)
    return {code: counted[code.replace("-", "_")] for code in found}


def in_queue(cases: QuerySet[Case], condition: Q, member: Membership) -> QuerySet[Case]:
    """The cases of one queue, with what their rows show this member. One query."""
    school = (Enrolment.objects.on_roll(member.on) & enrolments_known(member)).filter(pupil=OuterRef("pupil"))
    school = school.order_by("-admission_on", "pk")
    people = ("pupil", "holder__user", "lead_practitioner__user", "proposed_lead__user", "closed_by__user")
    return cases.filter(condition).select_related(*people).annotate(
        last_contact_on=Contact.objects.last_reached_on(),
        review_due_on=due_on(member.on),
        school_name=Subquery(school.values("school__name")[:1]),
    )  # fmt: skip


def stands_in_for(case: Case, member: Membership) -> list[dict[str, Any]]:
    """Those of the case's holder and lead who are away and for whom this member stands in: name, and until when."""
    people = {person.pk: person for person in (case.holder, case.lead_practitioner) if person is not None}
    away = [one for one in people.values() if one.covered_by_id == member.pk and one.is_away(member.on)]
    return [{"name": one.name, "until": one.away_until} for one in away]
