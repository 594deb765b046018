"""When schools are open: an authority's terms, a school's own, and the days that differ from them."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from attendance_portal.days import Term as SchoolTerm
from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned, owned_manager
from schools.models.places import School


class TermDates(Owned):
    """The first and last day of a term and its half-term holiday, all inclusive.

    Without a school: the authority's, for every school that has not entered its own of that term.
    """

    class Term(models.TextChoices):
        AUTUMN = SchoolTerm.AUTUMN.value, "Autumn"
        SPRING = SchoolTerm.SPRING.value, "Spring"
        SUMMER = SchoolTerm.SUMMER.value, "Summer"

    school = models.ForeignKey(School, on_delete=models.PROTECT, null=True, blank=True, related_name="terms")
    year = models.PositiveSmallIntegerField(help_text="The academic year's first calendar year.")
    term = models.CharField(max_length=6, choices=Term.choices)
    first_on = models.DateField()
    last_on = models.DateField()
    half_term_first_on = models.DateField(null=True, blank=True)
    half_term_last_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["first_on"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "school", "year", "term"], name="term_dates_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(last_on__gte=F("first_on")), name="term_dates_in_order"),
            models.CheckConstraint(
                condition=Q(half_term_first_on=None, half_term_last_on=None)
                | Q(
                    half_term_first_on__gt=F("first_on"),
                    half_term_last_on__lt=F("last_on"),
                    half_term_last_on__gte=F("half_term_first_on"),
                ),
                name="half_term_inside_its_term",
            ),
        ]


class CalendarEntryQuerySet(models.QuerySet["CalendarEntry"]):
    def touching(self, first: dt.date, last: dt.date) -> CalendarEntryQuerySet:
        """Those with a day in the window, both ends inclusive."""
        return self.filter(first_on__lte=last, last_on__gte=first)


class CalendarEntry(Owned):
    """Days on which a school, or one of its year groups, differs from its terms.

    Without a school: every school of the authority. The later entry counts where two speak of one half-day,
    and a school's own before the authority's, a year group's before the whole school's. Open are the weekdays of the
    days named, the weekend only where they are nothing else.
    """

    class Kind(models.TextChoices):
        INSET = "inset", "INSET day"
        CLOSED = "closed", "Planned closure"
        UNPLANNED = "unplanned", "Unplanned closure"
        OPEN = "open", "Open"

    class Half(models.TextChoices):
        WHOLE = "", "All day"
        AM = "am", "Morning only"
        PM = "pm", "Afternoon only"

    school = models.ForeignKey(School, on_delete=models.PROTECT, null=True, blank=True, related_name="calendar_entries")
    year_group = models.CharField(max_length=3, blank=True, help_text="Empty: every year group.")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    first_on = models.DateField()
    last_on = models.DateField()
    half = models.CharField(max_length=2, choices=Half.choices, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar = owned_manager(CalendarEntryQuerySet)

    class Meta:
        ordering: ClassVar = ["first_on", "pk"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(last_on__gte=F("first_on")), name="calendar_entry_in_order"),
        ]
        indexes: ClassVar = [models.Index(fields=["authority", "school", "first_on"], name="calendar_entry_by_school")]


class CalendarSettlement(Owned):
    """How a school settled a difference between its calendar and its register: which of the two is wrong."""

    class Found(models.TextChoices):
        OPEN_NOT_MARKED = "open-not-marked", "The calendar says open, the register says closed"
        CLOSED_BUT_MARKED = "closed-but-marked", "The calendar says closed, the register has marks"

    class Choice(models.TextChoices):
        CALENDAR = "calendar", "The calendar was changed"
        REGISTER = "register", "The school will correct the register"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="calendar_settlements")
    year_group = models.CharField(max_length=3, blank=True, help_text="Empty: every year group.")
    first_on = models.DateField()
    last_on = models.DateField()
    half = models.CharField(max_length=2, choices=CalendarEntry.Half.choices, blank=True)
    found = models.CharField(max_length=20, choices=Found.choices)
    choice = models.CharField(max_length=10, choices=Choice.choices)
    settled_at = models.DateTimeField()
    settled_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-settled_at"]
        indexes: ClassVar = [models.Index(fields=["authority", "school"], name="calendar_settled_by_school")]
