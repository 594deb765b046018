"""One child's year at one school: totals, codes, weeks, and how much more can be missed, from the marks themselves."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass

import numpy as np
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from attendance_portal.models import Membership
from schools.models import Enrolment, Pupil, Register, School
from schools.register import bands, forecasts, measures
from schools.register.calendars import NOT_KNOWN, Calendar, closed_after, open_after
from schools.register.codes import (
    ATTENDED_FLAG,
    AUTHORISED_FLAG,
    MARKS,
    NOT_POSSIBLE_FLAG,
    UNAUTHORISED_FLAG,
)
from schools.register.marks import (
    WIDTH,
    Bytes,
    Flags,
    admission_column,
    day_of,
    from_rows,
    half_of,
    last_column_on,
    leaving_column,
    look_up,
)
from schools.register.measures import Totals
from schools.register.weeks import monday, weekly_totals
from schools.stored.known import registers_as_known
from schools.stored.registers import marks_as_known
from schools.stored.school_days import Calendars, calendars_of

# Marks that show there are data for a day: all but planned closures and those not yet on roll.
_REAL = ATTENDED_FLAG | AUTHORISED_FLAG | UNAUTHORISED_FLAG | NOT_POSSIBLE_FLAG


@dataclass(frozen=True)
class ChildsYear:
    """An enrolment's marks of one academic year up to the as-at day, with the open half-days of its year group.

    before: the year at a school that this one took over, whose marks count here too up to column `own_from`
    (`carried_years`).
    """

    enrolment: Enrolment
    year: int
    as_at: dt.date | None
    marks: Bytes  # uint8[1, WIDTH]
    open: Flags  # bool[1, WIDTH]: open for the year group, inside the enrolment
    totals: Totals
    calendar: Calendar | None = None  # int8[1, WIDTH]: the whole year up to the leaving day, where it is known
    before: ChildsYear | None = None
    own_from: int = 0

    def left_after(self, on: dt.date) -> int | None:
        """Half-days that the child is still to have here this academic year; None while that is not known."""
        if self.calendar is None:
            return None
        left = int(open_after(self.calendar, self.year, last_column_on(self.year, on))[0])
        return None if left == NOT_KNOWN else left

    def flags(self) -> NDArray[np.uint8]:
        """What each half-day counts as, uint8[1, WIDTH]."""
        return look_up(self.marks, self.year, "flags")

    def count(self, name: str) -> int:
        """One of the totals' counts."""
        return int(getattr(self.totals, name)[0])

    @property
    def band(self) -> int:
        return int(bands.bands(self.totals.attended, self.totals.possible)[0])

    @property
    def persistent(self) -> bool:
        return bool(bands.persistent(self.totals.absent, self.totals.possible)[0])

    @property
    def severe(self) -> bool:
        return bool(bands.severe(self.totals.absent, self.totals.possible)[0])

    @property
    def headroom(self) -> list[int]:
        """Half-days that can be missed in a row before categories 1 to 4 are lost; -1 where one is lost."""
        return [int(n) for n in forecasts.headroom(self.totals.attended, self.totals.possible)[0]]

    def held(self) -> list[tuple[dt.date, int, str]]:
        """Every mark inside the enrolment, up to the as-at day: day, half (0 morning), mark."""
        columns = np.flatnonzero(self.marks[0])
        return [(day_of(self.year, int(c)), half_of(int(c)), MARKS[int(self.marks[0, c])]) for c in columns]

    def codes(self) -> Counter[str]:
        return Counter(mark for _, _, mark in self.held())

    def weeks(self) -> list[tuple[dt.date, int, int]]:
        """Monday, attended and possible half-days of each week between the first and the last with any."""
        first, last = np.zeros(1, np.int16), np.full(1, WIDTH - 1, np.int16)
        found = weekly_totals(self.marks, self.year, admitted=first, left=last)
        known = np.flatnonzero(found.possible[0])
        span = range(int(known[0]), int(known[-1]) + 1) if len(known) else range(0)
        return [(monday(self.year, w), int(found.attended[0, w]), int(found.possible[0, w])) for w in span]


def enrolments_seen(records: Sequence[Pupil], member: Membership) -> QuerySet[Enrolment]:
    """The child's enrolments whose figures this member may see, of all these records of the child."""
    theirs = Enrolment.objects.filter(pupil__in=records).select_related("school")
    if member.is_of_a_school:
        theirs = theirs.filter(school__in=School.objects.of_or_before(member))
    return theirs.order_by("-leaving_on", "-pk")


def years_held(enrolments: QuerySet[Enrolment]) -> list[int]:
    """The academic years with a register of any of these enrolments, latest first."""
    years = Register.objects.filter(enrolment__in=enrolments).order_by("-year")
    return list(years.values_list("year", flat=True).distinct())


def childs_years(enrolments: Sequence[Enrolment], year: int, *, known_on: dt.date | None = None) -> list[ChildsYear]:
    """These enrolments' year where they have a register of it. Five queries, however many they are.

    known_on: from the marks and dates known by the end of that day; three queries more.
    """
    own = {row.enrolment_id: row for row in Register.objects.filter(enrolment__in=enrolments, year=year)}
    if not own:
        return []
    asked = Q()
    for row in own.values():
        asked |= Q(school=row.school_id, year_group=row.year_group)
    fellows: defaultdict[tuple[int, str], list[Register]] = defaultdict(list)
    held = Register.objects.filter(asked, year=year).select_related("enrolment").order_by("enrolment")
    rows = list(held if known_on else held.filter(enrolment__made_in_error_at=None))
    if known_on:
        rows = registers_as_known(rows, year, known_on)
    own = {row.enrolment_id: row for row in rows if row.enrolment_id in own}
    for row in rows:
        fellows[row.school_id, row.year_group].append(row)
    begun = _marked_the_year_before(rows, year, known_on)
    calendars = calendars_of([row.school_id for row in own.values()], [year])
    return [
        _year_of(
            enrolment,
            own[enrolment.pk],
            fellows[own[enrolment.pk].school_id, own[enrolment.pk].year_group],
            begun,
            calendars,
        )
        for enrolment in enrolments
        if enrolment.pk in own
    ]


def _marked_the_year_before(rows: Sequence[Register], year: int, known_on: dt.date | None) -> set[int]:
    """The enrolments without a stated admission that had marks then: theirs was then (`registers.admitted_before`)."""
    unstated = [row.enrolment_id for row in rows if row.enrolment.admission_on is None]
    if known_on:
        ids = np.array(sorted(unstated), np.int64)
        marked = marks_as_known([row.school_id for row in rows], year - 1, ids, known_on).any(axis=1)
        return set(ids[marked].tolist())
    then = Register.objects.filter(enrolment__in=unstated, year=year - 1).exclude(marks=bytes(WIDTH))
    return set(then.values_list("enrolment_id", flat=True))


def _admission_column(row: Register, begun: Set[int]) -> int:
    return 0 if row.enrolment_id in begun else admission_column(row.year, row.enrolment.admission_on)


def _year_of(
    enrolment: Enrolment, row: Register, fellows: Sequence[Register], begun: Set[int], calendars: Calendars
) -> ChildsYear:
    """Judged with the year group, whose calendar, or else its marks, says which half-days were open.

    begun: see `_marked_the_year_before`.
    """
    year = row.year
    matrix = from_rows([bytes(fellow.marks) for fellow in fellows])
    admitted = np.array([_admission_column(one, begun) for one in fellows], np.int16)
    left = np.array([leaving_column(year, one.enrolment.leaving_on) for one in fellows], np.int16)
    group = np.zeros(len(fellows), np.int32)
    known = calendars.rows([(row.school_id, row.year_group)], year)
    flags = look_up(matrix, year, "flags")
    # As in figures: whoever has not one real mark would outnumber those who attend, and no half-day would be open.
    counted_from = np.where(measures.has_real_mark(flags), admitted, np.int16(WIDTH)).astype(np.int16)
    is_open = measures.open_columns(
        matrix, year, admitted=counted_from, left=left, group=group, groups=1, calendar=known, looked_up=flags
    )
    at = next(place for place, one in enumerate(fellows) if one.pk == row.pk)
    counted = np.flatnonzero((flags & _REAL).any(axis=0))
    last = int(counted[-1]) if len(counted) else -1
    mine = slice(at, at + 1)
    begins, ends = admitted[mine], np.minimum(left[mine], last).astype(np.int16)
    _, lower, upper = measures.enrolled_flags(matrix[mine], year, begins, ends)
    inside = (np.arange(WIDTH) >= lower[:, None]) & (np.arange(WIDTH) <= upper[:, None])
    return ChildsYear(
        enrolment=enrolment,
        year=year,
        as_at=day_of(year, last) if last >= 0 else None,
        marks=np.where(inside, matrix[mine], 0).astype(np.uint8),
        open=is_open & inside,
        totals=measures.totals(matrix[mine], year, admitted=begins, left=ends, open=is_open, group=group[mine]),
        calendar=None if known is None else closed_after(known, left[mine]),
    )


def is_open_on(one: ChildsYear, on: dt.date, half: int) -> bool:
    column = last_column_on(one.year, on) - 1 + half
    return bool(one.open[0, column])
