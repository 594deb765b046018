"""A county of invented pupils, put into the portal's own tables: 300 schools, two register years, one standing each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
from django.db import connection

from attendance_portal.models import Authority
from attendance_portal.tenancy import authority_scope
from benchmarks.marks import Bytes, invented, school_days, term_days
from schools.models import CalendarEntry, School, TermDates
from schools.models.places import Phase
from schools.register.marks import column_of
from schools.stored.registers import load_marks, save_rows

YEAR = 2025
SET_UP = dt.datetime(YEAR, 7, 1, 12, 0, tzinfo=dt.UTC)
T = TypeVar("T")


@dataclass(frozen=True)
class Size:
    """How many schools of which number of pupils."""

    primaries: int
    primary_roll: int
    secondaries: int
    secondary_roll: int

    @property
    def pupils(self) -> int:
        return self.primaries * self.primary_roll + self.secondaries * self.secondary_roll


WHOLE = Size(primaries=240, primary_roll=500, secondaries=60, secondary_roll=1834)
SMALL = Size(primaries=2, primary_roll=40, secondaries=1, secondary_roll=60)


def about(pupils: int) -> Size:
    """A county of about so many pupils in schools of the usual sizes, four primary schools to a secondary school."""
    fives = max(1, round(pupils / (4 * WHOLE.primary_roll + WHOLE.secondary_roll)))
    return replace(WHOLE, primaries=4 * fives, secondaries=fives)


@dataclass(frozen=True)
class County:
    """The authority, its schools and, for each, the enrolments (sorted ids) and this year's marks to the last day.

    Of these marks only those up to `first_days` days stand in the database at first.
    """

    authority: Authority
    days: list[dt.date]
    enrolments: dict[int, npt.NDArray[np.int64]]
    marks: dict[int, Bytes]

    @property
    def pupils(self) -> int:
        return sum(len(ids) for ids in self.enrolments.values())

    def whole(self) -> tuple[npt.NDArray[np.int64], Bytes]:
        """Everyone's enrolment and marks, school after school."""
        return np.concatenate(list(self.enrolments.values())), np.concatenate(list(self.marks.values()))


# Drawn by a hash of the child's number, so that names and birthdays are spread over all schools as in a real county:
# of 1,200 surnames and 150 forenames, the letters of each as chance will have them.
_DRAWN = "((hashint4((%(first)s + n + {seed})::int)::bigint & 2147483647) % {of})"
_LETTERS = "translate(left(md5({seed} || '-' || {drawn}), 7), '0123456789', 'ghijklmnop')"
_BORN = _DRAWN.format(seed=0, of=365)
_SURNAME = _LETTERS.format(seed=1, drawn=_DRAWN.format(seed=10_000_000, of=1200))
_FORENAME = _LETTERS.format(seed=2, drawn=_DRAWN.format(seed=20_000_000, of=150))
_PUPILS = f"""
    INSERT INTO schools_pupil
        (id, authority_id, upn, surname, forename, date_of_birth, sex, sort_key, is_restricted)
    SELECT gen_random_uuid(), %(authority)s, 'Z' || lpad((%(first)s + n)::text, 12, '0'), initcap({_SURNAME}),
           initcap({_FORENAME}), make_date(%(year)s - 4 - (%(lowest)s + n % %(groups)s), 8, 31) - {_BORN}::int, '',
           {_SURNAME} || ' ' || {_FORENAME}, false
    FROM generate_series(0, %(roll)s - 1) n
"""
_NAME_KEYS = """
    INSERT INTO schools_pupilnamekey (authority_id, pupil_id, key)
    SELECT DISTINCT authority_id, id, left(part, 3) FROM schools_pupil, unnest(string_to_array(sort_key, ' ')) AS part
    WHERE authority_id = %(authority)s AND upn >= %(from)s AND upn < %(to)s
"""
_ENROLMENTS = """
    INSERT INTO schools_enrolment
        (authority_id, pupil_id, school_id, local_id, year_group, reg_group, admission_on, leaving_on, destination,
         known_at)
    SELECT authority_id, id, %(school)s, right(upn, 6), (%(lowest)s + right(upn, 12)::bigint %% %(groups)s)::text, '',
           NULL, CASE WHEN right(upn, 12)::bigint %% 50 = 7 THEN %(leaving)s END, '',
           %(known_at)s
    FROM schools_pupil WHERE authority_id = %(authority)s AND upn >= %(from)s AND upn < %(to)s
    RETURNING id
"""


def make_county(size: Size, *, first_days: int, slug: str = "county", code: str = "997") -> County:
    """Make it: some schools a transaction. One pupil in fifty leaves in February; terms and INSET days are entered."""
    authority = Authority.objects.create(slug=slug, name="County", code=code)
    with authority_scope(authority):
        enter_terms()
    days = school_days(YEAR)
    rng = np.random.default_rng(11)
    enrolments, marks = {}, {}
    rolls = [(size.primary_roll, Phase.PRIMARY)] * size.primaries + [
        (size.secondary_roll, Phase.SECONDARY)
    ] * size.secondaries
    for several in _some(list(enumerate(rolls)), 30):
        with authority_scope(authority):
            for number, (roll, phase) in several:
                school = School.objects.create(urn=f"{200000 + number}", name=f"School {number}", phase=phase)
                ids = _people(school, authority, sum(before for before, _ in rolls[:number]), roll)
                year = invented(roll, days, rng)
                save_rows(YEAR - 1, ids, invented(roll, school_days(YEAR - 1), rng), [""] * roll)
                if first_days:
                    save_rows(YEAR, ids, upto(year, days[first_days - 1]), [""] * roll)
                enter_inset_day(school, days[10 + number % 100])
                enrolments[school.pk], marks[school.pk] = ids, year
    return County(authority, days, enrolments, marks)


def enter_terms() -> None:
    """The terms of both register years, as an officer enters them for the authority whose scope is open."""
    for year in (YEAR - 1, YEAR):
        days = term_days(year)
        for term, (first, last) in zip(TermDates.Term, ((0, 1), (2, 3), (4, 5)), strict=True):
            between = {
                "half_term_first_on": days[first][1] + dt.timedelta(days=1),
                "half_term_last_on": days[last][0] - dt.timedelta(days=1),
            }
            TermDates.objects.create(year=year, term=term, first_on=days[first][0], last_on=days[last][1], **between)


def enter_inset_day(school: School, day: dt.date) -> None:
    """A school's own day that differs: the eldest year group is not in on it."""
    group = "6" if school.phase == Phase.PRIMARY else "11"
    CalendarEntry.objects.create(
        school=school, year_group=group, kind=CalendarEntry.Kind.INSET, first_on=day, last_on=day, entered_at=SET_UP
    )


def _some(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """The items, so many at a time."""
    return (items[at : at + size] for at in range(0, len(items), size))


def _people(school: School, authority: Authority, first: int, roll: int) -> npt.NDArray[np.int64]:
    """A school's pupils and their enrolments; answers the enrolments' ids, sorted."""
    lowest, groups = (0, 7) if school.phase == Phase.PRIMARY else (7, 5)
    asked: dict[str, Any] = {
        "authority": authority.pk, "school": school.pk, "first": first, "roll": roll, "lowest": lowest,
        "groups": groups,
        "known_at": SET_UP,
        "year": YEAR, "leaving": dt.date(YEAR + 1, 2, 13), "from": f"Z{first:012d}", "to": f"Z{first + roll:012d}",
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_PUPILS.replace(" % ", " %% "), asked)
        cursor.execute(_NAME_KEYS, asked)
        cursor.execute(_ENROLMENTS, asked)
        return np.sort(np.array([row[0] for row in cursor.fetchall()], np.int64))


def upto(marks: Bytes, day: dt.date) -> Bytes:
    """The marks with none after that day."""
    found = marks.copy()
    found[:, column_of(day, 1) + 1 :] = 0
    return found


def mark_a_day(county: County, day: dt.date) -> None:
    """Every school's marks of one more day are stored, as their nightly files would: read, changed, written."""
    columns = slice(column_of(day, 0), column_of(day, 1) + 1)
    for several in _some(list(county.enrolments.items()), 30):
        with authority_scope(county.authority):
            ids = np.sort(np.concatenate([of_school for _, of_school in several]))
            held = load_marks([school for school, _ in several], YEAR, ids)
            for school, of_school in several:
                held[np.searchsorted(ids, of_school), columns] = county.marks[school][:, columns]
            save_rows(YEAR, ids, held, [""] * len(ids))
