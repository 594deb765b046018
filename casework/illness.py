"""Which health plans still answer for a child's illness: those that run, and what was decided until it is overtaken."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from django.db.models import DateField, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Sum, TextField, Value
from django.db.models.functions import Coalesce, Greatest, Least, Length, Replace

from attendance_portal.days import year_of, year_window
from attendance_portal.models import Membership
from attendance_portal.roles import SCHOOL_ROLES
from casework import standing_rules as rules
from casework.models import HealthPlan
from schools.models import Register, School
from schools.register.marks import number_of
from schools.stored.same_child import linked_with

_ILL: Final = chr(number_of("I"))


def plans_that_answer(member: Membership) -> QuerySet[HealthPlan]:
    """The health plans that the authority recorded or looked into, and that run, or ended this school year and answer
    still (EA 1996 s.19: the duty is the authority's, and has no end while the child is ill).

    What a school ended answers no more: the authority found enough what is not done now. What the authority ended, or
    found not to be needed, answers until the child was ill for 15 school days since, added up: by all their records,
    at all schools; of a school's own people at their schools.
    """
    began = year_window(year_of(member.on)).first
    ended = Q(ended_on__gte=began, ill_since__lt=rules.ILL_SESSIONS) & ~Q(ended_by__role__in=SCHOOL_ROLES)
    looked_into = HealthPlan.objects.looked_into().filter(begun_on__lte=member.on)
    found: QuerySet[HealthPlan] = looked_into.alias(ill_since=_ill_since(member)).filter(Q(ended_on=None) | ended)
    return found


def _ill_since(member: Membership) -> Any:
    """Of a plan: sessions of illness (code I) of this school year after its last day, by all records of the child."""
    held = Register.objects.filter(year=year_of(member.on), enrolment__made_in_error_at=None).order_by()
    if member.is_of_a_school:
        held = held.filter(school__in=School.objects.of_or_before(member))
    own = held.filter(enrolment__pupil=OuterRef("pupil"))
    linked = held.filter(enrolment__pupil__in=linked_with()).exclude(enrolment__pupil=OuterRef("pupil"))
    ill = Sum(_ill_in(member.on))
    return sum(
        (Coalesce(Subquery(rows.values("year").annotate(ill=ill).values("ill")), 0) for rows in (own, linked)),
        Value(0),
    )


def _ill_in(on: dt.date) -> Any:
    """Of a register: its sessions of code I after the last day of the plan outside, while the child was on roll there.

    Its bytes from one half-day to another as a text, less that text without the letter that stands for the code.
    """
    first = Greatest(_column(OuterRef("ended_on"), on) + 2, _column(F("enrolment__admission_on"), on), Value(0))
    stop = Least(_column(F("enrolment__leaving_on"), on), _column(Value(on, DateField()), on)) + 2
    part = Func(F("marks"), first + 1, Greatest(stop - first, Value(0)), function="substr", output_field=TextField())
    text = Func(part, Value("escape"), function="encode", output_field=TextField())
    return Length(text) - Length(Replace(text, Value(_ILL), Value("")))


def _column(day: Any, on: dt.date) -> Any:
    """The column of a day's morning in a register of the year of `on`, as `schools.register.marks.column_of` has it."""
    began = Value(year_window(year_of(on)).first, DateField())
    return 2 * Func(day, began, template="(%(expressions)s)", arg_joiner=" - ", output_field=IntegerField())
