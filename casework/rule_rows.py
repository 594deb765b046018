"""Which records each standing rule finds, for a member and their day: one queryset each, never stored."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Callable
from typing import Any, Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from attendance_portal.days import (
    compulsory_school_age_ends_on,
    compulsory_school_age_starts_on,
    year_of,
    year_window,
)
from attendance_portal.models import Membership
from casework import standing_rules as rules
from casework.models import (
    Case,
    EducationEnquiry,
    HealthPlan,
    HomeEducation,
    PartTimeTimetable,
    Plan,
    PlanAction,
    Referral,
)
from schools.models import Enrolment, HandOver, Pupil, School, Standing, StatutoryReturn

Rows = QuerySet[Any]
RowsFunction = Callable[[Membership], Rows]
_Return = StatutoryReturn
_OLDEST: Final = 18


def severe(member: Membership) -> Rows:
    """Where severely absent children stand whom the member may see: one row a child, the worst of two schools."""
    seen = Standing.objects.visible_to(member).on_roll().filter(severe=True)
    return _once_a_child(seen, "attended")


def has_lead(pupil: str = "pupil") -> Exists:
    """Whether somebody who works here, or is named without an account, leads an open case of the child."""
    return Exists(Case.objects.open().led().filter(pupil=OuterRef(pupil)))


def has_plan(pupil: str = "pupil") -> Exists:
    """Whether an open case of the child has an agreed plan."""
    return Exists(Plan.objects.current().filter(case__pupil=OuterRef(pupil)))


def severe_without_a_lead(member: Membership) -> Rows:
    return severe(member).filter(~has_lead())


def severe_without_a_plan(member: Membership) -> Rows:
    return severe(member).filter(~has_plan())


def plans_past_review(member: Membership) -> Rows:
    found: Rows = Plan.objects.visible_to(member).past_review(member.on)
    return found


def actions_overdue(member: Membership) -> Rows:
    found: Rows = PlanAction.objects.visible_to(member).overdue(member.on)
    return found


def referrals_unanswered(member: Membership) -> Rows:
    """Of the children the member may see; a service's own queue is its own page."""
    since = member.on - dt.timedelta(days=rules.REFERRAL_UNANSWERED.days)
    seen = Pupil.objects.visible_to(member)
    found: Rows = Referral.objects.waiting().filter(pupil__in=seen, made_on__lte=since)
    return found


def part_time_past_end(member: Membership) -> Rows:
    return _of_their_schools(PartTimeTimetable.objects.visible_to(member).past_end(member.on), member)


def part_time_not_recorded(member: Membership) -> Rows:
    running = Q(ended_on=None) | Q(ended_on__gte=OuterRef("part_time_on"))
    recorded = PartTimeTimetable.objects.filter(running, pupil=OuterRef("pupil"), from_on__lte=OuterRef("part_time_on"))
    seen = Standing.objects.visible_to(member).on_roll().filter(part_time_on__isnull=False, year=year_of(member.on))
    return _once_a_child(seen.filter(~Exists(recorded)), "-part_time_on")


def ill_without_a_plan(member: Membership) -> Rows:
    """One row a child: the first return of the year that no health plan followed."""
    ran = Q(ended_on=None) | Q(ended_on__gte=OuterRef("arose_on"))
    looked_into = HealthPlan.objects.filter(ran, pupil=OuterRef("pupil"), begun_on__lte=member.on)
    return _once_a_child(_returns(member, _Return.Kind.SICKNESS).filter(~Exists(looked_into)), "first_on", "pk")


def severe_to_check(member: Membership) -> Rows:
    begins = year_window(year_of(member.on)).first
    return severe(member).filter(~Exists(_enquiries(Q(begun_on__gte=begins))))


def away_without_leave(member: Membership) -> Rows:
    """One row a child: the latest period of ten school days after which the child was at no session."""
    seen_since = Standing.objects.filter(enrolment=OuterRef("enrolment"), present_on__gt=OuterRef("arose_on"))
    due = _returns(member, _Return.Kind.ATTENDANCE).filter(~Exists(seen_since), is_by_hand=False)
    return _once_a_child(due.filter(~Exists(_enquiries(Q(begun_on__gte=OuterRef("first_on"))))), "-first_on", "pk")


def left_for_nowhere(member: Membership) -> Rows:
    """One row a child: the latest deletion after which nobody told where the child is."""
    on = member.on
    told = Q(facts__confirmed__destination__isnull=True) | Q(facts__confirmed__destination="")
    left = _Return.objects.filter(
        told, kind=_Return.Kind.DELETION, stage__in=[_Return.Stage.DRAFT, *_Return.ARRIVED], arose_on__lt=on,
        enrolment__leaving_on__lt=on, enrolment__destination="", pupil__in=Pupil.objects.visible_to(member),
    )  # fmt: skip
    first, last = birthdays_of_compulsory_age(on)
    of_age = Q(pupil__date_of_birth=None) | Q(pupil__date_of_birth__range=(first, last))
    known = (
        Enrolment.objects.on_roll(on).filter(pupil=OuterRef("pupil")),
        HomeEducation.objects.running().filter(pupil=OuterRef("pupil"), from_on__lte=on),
        _told_to_another_authority().filter(pupil=OuterRef("pupil")),
        _enquiries(Q(begun_on__gte=OuterRef("arose_on"))),
    )
    for found in known:
        left = left.filter(~Exists(found))
    return _once_a_child(_of_their_schools(left.filter(of_age), member), "-arose_on", "pk")


def _told_to_another_authority() -> Rows:
    """Hand-overs that stand, offered or accepted; of a child on both rolls none says where a leaver is."""
    stage = HandOver.Stage
    standing: Rows = HandOver.objects.at_stage(stage.OFFERED, stage.ACCEPTED).exclude(reason=HandOver.Reason.DUAL)
    return standing


def birthdays_of_compulsory_age(on: dt.date) -> tuple[dt.date, dt.date]:
    """The first and the last date of birth of those who are of compulsory school age on a day, both inclusive."""
    days = [dt.date(on.year - _OLDEST, 1, 1) + dt.timedelta(days=n) for n in range(366 * _OLDEST)]
    first = bisect_left(days, on, key=compulsory_school_age_ends_on)
    last = bisect_left(days, on + dt.timedelta(days=1), key=compulsory_school_age_starts_on)
    return days[first], days[last - 1]


def _returns(member: Membership, kind: str) -> Rows:
    """Returns of this school year of one kind whose ground stands, of children on roll; set aside or not."""
    found = _Return.objects.filter(
        kind=kind, year=year_of(member.on), pupil__in=Pupil.objects.visible_to(member), ground_gone_on=None
    ).exclude(stage=_Return.Stage.WITHDRAWN)
    on_roll = Enrolment.objects.on_roll(member.on).filter(pk=OuterRef("enrolment"))
    return _of_their_schools(found.filter(Exists(on_roll)), member)


def _enquiries(since: Q) -> QuerySet[Any]:
    """Enquiries about the child that are open, or were begun since."""
    found: QuerySet[Any] = EducationEnquiry.objects.filter(Q(ended_on=None) | since, pupil=OuterRef("pupil"))
    return found


def _of_their_schools(rows: Rows, member: Membership) -> Rows:
    """A school's own people are told what happened at their schools alone."""
    return rows.filter(school__in=School.objects.of(member)) if member.is_of_a_school else rows


def _once_a_child(rows: Rows, *order: str) -> Rows:
    """One row a child, the first in this order."""
    orders = [F(name[1:]).desc(nulls_last=True) if name.startswith("-") else F(name).asc() for name in order]
    first = rows.order_by("pupil_id", *orders).distinct("pupil_id").values("pk")
    found: Rows = rows.model._default_manager.filter(pk__in=first)
    return found


ROWS: Final[dict[str, RowsFunction]] = {
    rules.SEVERE_NO_LEAD.code: severe_without_a_lead,
    rules.SEVERE_NO_PLAN.code: severe_without_a_plan,
    rules.PLAN_PAST_REVIEW.code: plans_past_review,
    rules.ACTION_OVERDUE.code: actions_overdue,
    rules.REFERRAL_UNANSWERED.code: referrals_unanswered,
    rules.PART_TIME_PAST_END.code: part_time_past_end,
    rules.PART_TIME_NOT_RECORDED.code: part_time_not_recorded,
    rules.ILLNESS_NO_PLAN.code: ill_without_a_plan,
    rules.MISSING_SEVERE.code: severe_to_check,
    rules.MISSING_RUN.code: away_without_leave,
    rules.MISSING_LEFT.code: left_for_nowhere,
}
