"""Which records each standing rule finds, for a member and their day: one queryset each, never stored."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Callable
from typing import Any, Final

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Window
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, RowNumber

from attendance_portal.days import (
    compulsory_school_age_ends_on,
    compulsory_school_age_starts_on,
    year_of,
    year_window,
)
from attendance_portal.models import Membership
from casework import standing_rules as rules
from casework.illness import plans_that_answer
from casework.models import (
    Case,
    EducationEnquiry,
    HomeEducation,
    PartTimeTimetable,
    Plan,
    PlanAction,
    Referral,
)
from schools.models import Enrolment, HandOver, LinkedRecord, Pupil, School, Standing, StatutoryReturn
from schools.stored.carried import counted_elsewhere, counted_once
from schools.stored.one_of import IsOneOf
from schools.stored.same_child import any_of_the_child, child_of, linked_with

Rows = QuerySet[Any]
RowsFunction = Callable[[Membership], Rows]
_Return = StatutoryReturn
_OLDEST: Final = 18
_ROLL_TOLD: Final = rules.MISSING_HOME.days
# Days within which a roll, or home education, is on record where it is said that it came after. Of a child whom nobody
# found nothing came after: without a roll they are missing education still (EA 1996 s.436A).
FOLLOWED_WITHIN: Final[dict[str, int]] = {
    HomeEducation.Ended.UNSUITABLE: 0,
    HomeEducation.Ended.SCHOOL: _ROLL_TOLD,
    EducationEnquiry.Outcome.HOME: 0,
    EducationEnquiry.Outcome.PLACE: _ROLL_TOLD,
    EducationEnquiry.Outcome.ON_ROLL: _ROLL_TOLD,
    EducationEnquiry.Outcome.NOT_FOUND: 0,
}
# Standings that are severe have possible sessions.
_SHARE_ATTENDED: Final = F("attended") * 1.0 / F("possible")


def severe(member: Membership) -> Rows:
    """Where severely absent children stand whom the member may see: one row a child, the largest share missed first.

    Severely absent today is a child who is on roll today, at any school of the authority, and of this school year
    has missed half or more of the possible sessions at a school where they are on roll today, or (having left one)
    of those of all their schools of the year together. So a leaver is not on the board from the day after the last
    one, and who moves does not drop out of it. What a school that took another over carries on is counted there alone
    (`counted_elsewhere`). A school's own people are told of their own school's figures alone.
    Last year's figures never count: until a school has sent its first register of a year, none of its children is
    found; the board says how many schools that is (`rule_board.without_figures`).
    """
    on, year = member.on, year_of(member.on)
    seen = Standing.objects.visible_to(member).filter(severe=True, year=year)
    there = Enrolment.objects.there(on).filter(pk=OuterRef("enrolment"))
    standing = Standing.objects.on_roll().filter(severe=True, year=year)
    stays = Q(Exists(there)) & Q(pk__in=standing.values("pk"))
    if not member.is_of_a_school:
        elsewhere = counted_elsewhere(on)
        beyond = _attended_beyond_half(Standing.objects.filter(year=year).exclude(enrolment__in=elsewhere))
        seen = seen.exclude(enrolment__in=elsewhere).annotate(surplus=beyond)
        stays |= any_of_the_child(Enrolment.objects.there(on)) & Q(surplus__lte=0)
    return _once_a_child(seen.filter(stays), _SHARE_ATTENDED)


def _attended_beyond_half(of_the_year: Rows) -> Combinable:
    """Twice the sessions that the child attended, less those possible: at all schools, by all records."""
    rows = of_the_year.order_by()
    beyond = Sum(2 * F("attended") - F("possible"))
    own = rows.filter(pupil=OuterRef("pupil")).values("year").annotate(beyond=beyond).values("beyond")
    linked = rows.filter(pupil__in=linked_with()).exclude(pupil=OuterRef("pupil"))
    return Subquery(own) + Coalesce(Subquery(linked.values("year").annotate(beyond=beyond).values("beyond")), 0)


def has_lead(pupil: str = "pupil") -> Q:
    """Whether somebody who works here, or is named without an account, leads an open case of the child."""
    return any_of_the_child(Case.objects.open().led(), pupil)


def has_plan(pupil: str = "pupil") -> Q:
    """Whether an open case of the child has an agreed plan."""
    return any_of_the_child(Plan.objects.current(), pupil, "case__pupil")


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
    """Of a school's own people those of the schools before theirs too: nobody is left there to end them."""
    found: Rows = PartTimeTimetable.objects.visible_to(member).past_end(member.on)
    return found


def part_time_not_recorded(member: Membership) -> Rows:
    """One row a child, the latest day with C2: at each school where they are on roll today it needs a timetable.

    One recorded at a school that this one took the place of counts; one of another school that the child goes to, or
    went to before, does not.
    """
    running = Q(ended_on=None) | Q(ended_on__gte=OuterRef("part_time_on"))
    here = Q(school=OuterRef("school")) | Q(school__successor_links__successor=OuterRef("school"))
    recorded = PartTimeTimetable.objects.standing().filter(running, here, from_on__lte=OuterRef("part_time_on"))
    there = Enrolment.objects.there(member.on).filter(pk=OuterRef("enrolment"))
    seen = Standing.objects.visible_to(member).on_roll().filter(part_time_on__isnull=False, year=year_of(member.on))
    return _once_a_child(seen.filter(Exists(there)).exclude(any_of_the_child(recorded)), "-part_time_on")


def ill_without_a_plan(member: Membership) -> Rows:
    """One row a child: the first return of the year that no health plan followed, from a school left since too.

    A plan that ended answers for the illness until then, and is overtaken (`plans_that_answer`).
    """
    ran = Q(ended_on=None) | Q(ended_on__gte=OuterRef("arose_on"))
    planned = plans_that_answer(member).filter(ran)
    found = _returns(member, _Return.Kind.SICKNESS).exclude(any_of_the_child(planned))
    return _once_a_child(found, "first_on")


def ill_at_schools_together(member: Membership) -> Rows:
    """One row a child, where they stand now: ill for 15 days of this year at more than one school, or in more than
    one stay, and no return says so by itself. Which of the days was the fifteenth is not known: a plan that ended at
    any time of this year counts until it is overtaken (`plans_that_answer`). Illness that a school carries on from one
    it took over is counted there alone. Who has moved is found at the new school before its first register.
    """
    on, year = member.on, year_of(member.on)
    planned = plans_that_answer(member)
    ill = counted_once(Standing.objects.filter(year=year, illness__gt=0), on).order_by()
    if member.is_of_a_school:
        ill = ill.filter(school__in=School.objects.of(member))
    linked = ill.filter(pupil__in=LinkedRecord.objects.values("record"))
    of_linked = LinkedRecord.objects.filter(child__in=_fifteen_days(linked, child_of()))
    many = Q(pupil__in=_fifteen_days(ill, F("pupil"))) | Q(pupil__in=of_linked.values("record"))
    there = Enrolment.objects.there(on).filter(pk=OuterRef("enrolment"))
    stands = Q(school__closed_on=None) | Q(pk__in=Standing.objects.on_roll().values("pk"))
    seen = Standing.objects.visible_to(member).filter(stands, _of_age(on), Exists(there), year=year)
    returned = _of_the_year(_Return.Kind.SICKNESS, on)
    return _once_a_child(
        seen.filter(many).exclude(any_of_the_child(returned)).exclude(any_of_the_child(planned)), "-illness"
    )


def _fifteen_days(ill: Rows, by: Any) -> Rows:
    """The keys of who was ill for 15 days, in more than one of these standings: of pupils, or of linked children."""
    found: Rows = ill.annotate(whose=by).values("whose").annotate(ill=Sum("illness"), stays=Count("pk"))
    return found.filter(ill__gte=rules.ILL_SESSIONS, stays__gt=1).values("whose")


def severe_to_check(member: Membership) -> Rows:
    begins = year_window(year_of(member.on)).first
    return severe(member).exclude(_enquired(Q(begun_on__gte=begins)))


def away_without_leave(member: Membership) -> Rows:
    """One row a child: the latest period of ten school days after which the child was at no session of any school.

    Who was somewhere on its last day was so in the afternoon: to be there that morning would have ended the period.
    """
    seen_since = Standing.objects.filter(present_on__gte=OuterRef("arose_on"))
    due = _returns(member, _Return.Kind.ATTENDANCE).filter(is_by_hand=False).exclude(any_of_the_child(seen_since))
    return _once_a_child(due.exclude(_enquired(Q(begun_on__gte=OuterRef("first_on")))), "-first_on")


def left_for_nowhere(member: Membership) -> Rows:
    """One row a child: the deletion from the roll they left last, after which nobody told where the child is.

    What is known of a roll left earlier, or is not, says nothing of today; of a later one either its destination tells,
    or its own return asks in place of the earlier. Of two left on one day either may tell.
    """
    on = member.on
    stages = [_Return.Stage.DRAFT, *_Return.ARRIVED]
    told = Q(facts__confirmed__destination__isnull=True) | Q(facts__confirmed__destination="")
    left = _Return.objects.needed().filter(
        told, kind=_Return.Kind.DELETION, stage__in=stages, ground_gone_on=None, arose_on__lt=on,
        enrolment__leaving_on__lt=on, enrolment__destination="", pupil__in=Pupil.objects.visible_to(member),
    )  # fmt: skip
    on_day = OuterRef("enrolment__leaving_on")
    asks = _Return.objects.needed().filter(
        kind=_Return.Kind.DELETION, stage__in=stages, ground_gone_on=None, enrolment=OuterRef("pk")
    )
    since = Q(leaving_on__gte=on_day) & ~Q(destination="") | Q(leaving_on__gt=on_day) & Exists(asks)
    known = (
        any_of_the_child(Enrolment.objects.admitted(on).filter(since)),
        any_of_the_child(Enrolment.objects.there(on)),
        any_of_the_child(HomeEducation.objects.running().filter(from_on__lte=on)),
        any_of_the_child(told_to_another_authority()),
        _enquired(Q(begun_on__gte=OuterRef("arose_on"))),
    )
    for found in known:
        left = left.exclude(found)
    return _once_a_child(_of_their_schools(left.filter(_of_age(on)), member), "-arose_on")


def home_ended_for_nothing(member: Membership) -> Rows:
    """One row a child: the home education that ended last, if a school should follow and none does."""
    later = Q(ended_on__gt=OuterRef("ended_on")) | Q(ended_on=OuterRef("ended_on"), from_on__gt=OuterRef("from_on"))
    asked = EducationEnquiry.objects.filter(Q(ended_on=None) | Q(ended_on__gte=OuterRef("ended_on")))
    ended = HomeEducation.objects.standing()
    found = ended.filter(_half_ended(member.on), pupil__in=Pupil.objects.visible_to(member))
    found = found.exclude(any_of_the_child(ended.filter(later)))
    return _nothing_since(found.exclude(any_of_the_child(asked)), member.on)


def enquiry_ended_for_nothing(member: Membership) -> Rows:
    """One row a child: the enquiry that ended last, if it left the child unfound, or a roll or home education should
    follow, and neither does."""
    later = Q(ended_on__gt=OuterRef("ended_on")) | Q(ended_on=OuterRef("ended_on"), begun_on__gt=OuterRef("begun_on"))
    asked = EducationEnquiry.objects.filter(Q(ended_on=None) | later)
    home = HomeEducation.objects.standing().filter(ended_on__gt=OuterRef("ended_on"))
    found = EducationEnquiry.objects.visible_to(member).filter(_half_ended(member.on, "outcome"))
    return _nothing_since(found.exclude(any_of_the_child(asked)).exclude(any_of_the_child(home)), member.on)


def _half_ended(on: dt.date, how: str = "ended") -> Q:
    """Ended with what this portal should hold a record of by that day; `how`: where it is said what came after."""
    found = Q()
    for said, days in FOLLOWED_WITHIN.items():
        found |= Q(**{how: said}, ended_on__lte=on - dt.timedelta(days=days))
    return found


def _nothing_since(ended: Rows, on: dt.date) -> Rows:
    """Of those that ended: of children of that age, on no roll since, not at home, of whom no other authority is told.

    Of a roll that was left since, the return of that roll asks, or its destination tells.
    """
    stayed = Q(leaving_on=None) | Q(leaving_on__gte=OuterRef("ended_on"))
    followed = (
        any_of_the_child(Enrolment.objects.admitted(on).filter(stayed)),
        any_of_the_child(HomeEducation.objects.running().filter(from_on__lte=on)),
        any_of_the_child(told_to_another_authority()),
    )
    for found in followed:
        ended = ended.exclude(found)
    return _once_a_child(ended.filter(_of_age(on)), "-ended_on")


def told_to_another_authority() -> Rows:
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


def _of_age(on: dt.date) -> Q:
    """Of compulsory school age on that day; a child whose birthday is not known is asked about."""
    return Q(pupil__date_of_birth=None) | Q(pupil__date_of_birth__range=birthdays_of_compulsory_age(on))


def _of_the_year(kind: str, on: dt.date) -> Rows:
    """Returns of this school year of one kind whose ground stands; set aside or not."""
    found = _Return.objects.filter(kind=kind, year=year_of(on), ground_gone_on=None)
    return found.exclude(stage=_Return.Stage.WITHDRAWN)


def _returns(member: Membership, kind: str) -> Rows:
    """Those of the children whom the member may see, who are on a roll today: that of the return, or another since.

    A school's own people are told of the returns of their schools while the child is on roll there.
    """
    on_roll = Enrolment.objects.there(member.on)
    found = _of_the_year(kind, member.on).filter(pupil__in=Pupil.objects.visible_to(member))
    if member.is_of_a_school:
        return _of_their_schools(found.filter(Exists(on_roll.filter(pk=OuterRef("enrolment")))), member)
    return found.filter(any_of_the_child(on_roll))


def _enquired(since: Q) -> Q:
    """Whether an enquiry about the child is open, or was begun since."""
    return any_of_the_child(EducationEnquiry.objects.filter(Q(ended_on=None) | since))


def _of_their_schools(rows: Rows, member: Membership) -> Rows:
    """A school's own people are told what happened at their schools alone."""
    return rows.filter(school__in=School.objects.of(member)) if member.is_of_a_school else rows


def _once_a_child(rows: Rows, order: Any) -> Rows:
    """One row a child, whichever of their records it is about: the first in this order, else the first written."""
    orders = F(order[1:]).desc(nulls_last=True) if isinstance(order, str) and order.startswith("-") else order
    place = Window(RowNumber(), partition_by=[child_of()], order_by=[orders, "pk"])
    first = ArraySubquery(rows.annotate(place=place).filter(place=1).values("pk"))
    found: Rows = rows.model._default_manager.filter(IsOneOf(F("pk"), first))
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
    rules.ILLNESS_TOGETHER.code: ill_at_schools_together,
    rules.MISSING_SEVERE.code: severe_to_check,
    rules.MISSING_RUN.code: away_without_leave,
    rules.MISSING_LEFT.code: left_for_nowhere,
    rules.MISSING_HOME.code: home_ended_for_nothing,
    rules.MISSING_ENQUIRED.code: enquiry_ended_for_nothing,
}
