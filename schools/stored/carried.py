"""Marks that figures carry over to the school that took another over whole: each stays stored where it was given.

Children who go on at the school that followed keep their admission and the marks of the academic year (and of the year
before, for what reaches back into it). Before the new school's first day the old school's register is the truth.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.db.models import QuerySet

from attendance_portal.days import year_of, year_window
from attendance_portal.tenancy import current_authority_id
from schools.models import Register, Standing
from schools.register.changes import as_known_before
from schools.register.codes import NUMBERS
from schools.register.marks import WIDTH
from schools.register.measures import clip
from schools.stored import bulk
from schools.stored.bulk import NO_DAY
from schools.stored.known import ENROLMENTS_AS_KNOWN, end_of, later_changes
from schools.stored.takeovers import Takeover, leading_to, takeovers_between

Ids = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]
Columns = npt.NDArray[np.int16]
Marks = npt.NDArray[np.uint8]
Earlier = tuple[frozenset[tuple[int, int]], ...]
_NOT_HERE: Final = np.array([NUMBERS[code] for code in ("D", "#", "Z")], np.uint8)
"""At another school for this session; closed; not yet on roll."""


@dataclass(frozen=True)
class Carried:
    """Enrolments (`after`) that go on where those of a school taken over (`before`) ended, in the takeovers' order.

    schools: those of `before`. last_on and first_on: the old school's last day and the new one's first; admission_on:
    as `before` has it, or NO_DAY. Days int32[n] as in `bulk.dates`. place int[n]: which takeover.
    """

    after: Ids
    before: Ids
    schools: Ids
    place: Ids
    admission_on: Days
    last_on: Days
    first_on: Days

    def __bool__(self) -> bool:
        return bool(len(self.after))

    def _takeovers(self, chosen: npt.NDArray[np.bool_]) -> Iterator[npt.NDArray[np.intp]]:
        """Places of the chosen enrolments, a takeover at a time, in order: a chain is followed from its beginning."""
        for one in np.unique(self.place[chosen]).tolist():
            yield np.flatnonzero(chosen & (self.place == one))

    def put_marks(self, year: int, enrolments: Ids, marks: Marks, *, known_on: dt.date | None = None) -> None:
        """Put the marks of `before` in a year, up to its last day, into the rows of `enrolments` (sorted ids).

        marks uint8[n, WIDTH], changed in place; where `before` has none, what is there stays. known_on: those that
        were known by the end of that day. One query where any of it concerns the year, two as known.
        """
        limits = _columns(self.last_on, year, WIDTH - 1) + 1
        of_the_year = limits > 0
        if not of_the_year.any():
            return
        ids = np.unique(self.before[of_the_year])
        held = marks_of(ids, year)
        if known_on:
            schools = np.unique(self.schools[of_the_year]).tolist()
            held = as_known_before(held, ids, later_changes(schools, year, known_on))
        for at in self._takeovers(of_the_year):
            rows = held[np.searchsorted(ids, self.before[at])]
            clip(rows, np.zeros(len(rows), np.int16), limits[at])
            for known, matrix in ((ids, held), (enrolments, marks)):
                _lay_over(matrix, known, self.after[at], rows)

    def put_admissions(self, enrolments: Ids, admission_on: Days) -> None:
        """Put the day of admission to the school where each one was first into the rows of `enrolments`; in place."""
        known: dict[int, int] = {}
        for after, before, own in self._rows(self.admission_on):
            begun = known.get(before, own)
            known[after] = min(begun, known.get(after, begun))
        at, here = _places(enrolments, np.array(list(known), np.int64))
        admission_on[at] = np.array(list(known.values()), np.int32)[here]

    def first_columns(self, enrolments: Ids, year: int) -> Columns:
        """The column of each one's first day at the school that followed; 0 where that is not in the year. int16[n]"""
        found = np.zeros(len(enrolments), np.int16)
        at, here = _places(enrolments, self.after)
        found[at] = np.maximum(_columns(self.first_on, year, WIDTH), 0)[here]
        return found

    def first_columns_of(self, enrolments: Ids, year: int) -> Columns:
        """`first_columns` of ids in any order."""
        order = np.argsort(enrolments)
        found = np.zeros(len(enrolments), np.int16)
        found[order] = self.first_columns(enrolments[order], year)
        return found

    def earlier(self, enrolments: Ids, group: npt.NDArray[np.int32], groups: int) -> Earlier:
        """Of each year group the schools it came from (over others too), with the day before which it was there."""
        steps: dict[int, list[tuple[int, int, int]]] = {}
        for after, before, (school, day) in self._rows(np.stack([self.schools, self.first_on], axis=1)):
            steps.setdefault(after, []).append((before, school, day))
        found: list[set[tuple[int, int]]] = [set() for _ in range(groups)]
        ids = np.array(sorted(steps), np.int64)
        for at, here in zip(*_places(enrolments, ids), strict=True):
            found[int(group[at])].update(_history(int(ids[here]), steps))
        return tuple(map(frozenset, found))

    def _rows(self, values: npt.NDArray[Any]) -> Iterator[tuple[int, int, Any]]:
        return zip(self.after.tolist(), self.before.tolist(), values.tolist(), strict=True)

    def steps(self) -> Iterator[tuple[int, int, int]]:
        """Each enrolment, the one before it, and its own first day as a number, in the takeovers' order."""
        return self._rows(self.first_on)

    def lines(self) -> tuple[Ids, Ids, Days]:
        """Every enrolment with each one before it, over schools between too, and its own first day, side by side."""
        steps: dict[int, list[tuple[int, int]]] = {}
        for after, before, first_on in self.steps():
            steps.setdefault(after, []).append((before, first_on))
        found = [
            (after, early, first_on)
            for after, firsts in steps.items()
            for before, first_on in firsts
            for early in _all_before(before, steps)
        ]
        columns = np.array(found, np.int64).reshape(-1, 3).T
        return columns[0], columns[1], columns[2].astype(np.int32)

    def doubled(self, enrolments: Ids) -> npt.NDArray[np.bool_]:
        """Which of these enrolments are counted already by another of them, to which they were carried. bool[n]"""
        after, before, _ = self.lines()
        found: npt.NDArray[np.bool_] = np.isin(enrolments, before[np.isin(after, enrolments)])
        return found


_NO_IDS: Final = np.zeros(0, np.int64)
_NO_DAYS: Final = np.zeros(0, np.int32)
NOTHING_CARRIED: Final = Carried(_NO_IDS, _NO_IDS, _NO_IDS, _NO_IDS, _NO_DAYS, _NO_DAYS, _NO_DAYS)


def _history(enrolment: int, steps: Mapping[int, list[tuple[int, int, int]]]) -> Iterator[tuple[int, int]]:
    for before, school, day in steps.get(enrolment, ()):
        yield school, day
        yield from _history(before, steps)


def _all_before(enrolment: int, steps: Mapping[int, list[tuple[int, int]]]) -> Iterator[int]:
    """An enrolment, and those from which it was carried."""
    yield enrolment
    for before, _ in steps.get(enrolment, ()):
        yield from _all_before(before, steps)


def _columns(days: Days, year: int, most: int) -> Columns:
    """The morning of each day as a column of the year, from -2 (before it) up to `most`."""
    begins = int(bulk.dates([dt.date(year, 8, 1)])[0])
    return np.clip(2 * (days.astype(np.int64) - begins), -2, most).astype(np.int16)


def _places(known: Ids, wanted: Ids) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Where those of `wanted` stand in `known` (sorted), and which of `wanted` they are."""
    if not len(known):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    here = np.flatnonzero(known[at] == wanted)
    return at[here], here


def _lay_over(matrix: Marks, known: Ids, wanted: Ids, rows: Marks) -> None:
    """Put the marks that `rows` have onto the rows of `wanted` in a matrix whose rows are those of `known`.

    See `laid_over`.
    """
    at, here = _places(known, wanted)
    matrix[at] = laid_over(rows[here], matrix[at])


def laid_over(before: Marks, own: Marks) -> Marks:
    """The marks of the school before, and the school's own where that has none.

    Where it only says that the child was not there (D above all: at another school for this session), the school's own
    count: of a child who was at both, the mark of one says D and that of the other is the one that counts.
    """
    told = (before != 0) & ~(np.isin(before, _NOT_HERE) & (own != 0))
    found: Marks = np.where(told, before, own)
    return found


_MARKS_OF: Final = """
    SELECT array_agg(r.enrolment_id), string_agg(r.marks, ''::bytea)
    FROM schools_register r
    WHERE r.authority_id = %(authority)s AND r.year = %(year)s AND r.enrolment_id = ANY(%(enrolments)s)
"""


def marks_of(enrolments: Ids, year: int) -> Marks:
    """The stored marks of these enrolments (sorted ids) in a year, uint8[n, WIDTH], zeros where there are none.

    For few enrolments of any schools: `registers.load_marks` reads whole ones.
    """
    asked = {"authority": current_authority_id(), "year": year, "enrolments": enrolments.tolist()}
    held, joined = bulk.read(_MARKS_OF, asked, (">i8", None))
    found = np.zeros((len(enrolments), WIDTH), np.uint8)
    found[np.searchsorted(enrolments, held)] = np.frombuffer(joined, np.uint8).reshape(len(held), WIDTH)
    return found


# Whom the old school's own register had leave on its last day, or in its last days (`Takeover.ended_from`), may have
# gone elsewhere and come later: of them only those are carried who were at the new school from its first day. Who left
# in its last days and was admitted to the new one before that day moved in fact. Of several stays there the first is
# meant, at the old school the last. `takeovers.carried_over` asks the same.
_PAIRS = """
    SELECT array_agg(after ORDER BY place, after), array_agg(before ORDER BY place, after),
           array_agg(school ORDER BY place, after), array_agg(place ORDER BY place, after),
           array_agg(admission ORDER BY place, after)
    FROM (
        SELECT DISTINCT ON (p.id) s.id AS after, p.id AS before, p.school_id AS school, t.place,
               coalesce(p.admission_on - date '2000-01-01', %(no_day)s) AS admission,
               p.leaving_on = max(p.leaving_on) OVER (PARTITION BY t.place, p.pupil_id) AS is_last
        FROM unnest(%(before)s::bigint[], %(after)s::bigint[], %(last_on)s::date[], %(ended_from)s::date[],
                    %(first_on)s::date[], %(destination)s::text[])
             WITH ORDINALITY t (before, after, last_on, ended_from, first_on, destination, place)
        JOIN {enrolments} p ON p.authority_id = %(authority)s AND p.school_id = t.before
             AND p.leaving_on BETWEEN t.ended_from AND t.last_on AND p.made_in_error_at IS NULL
        JOIN {enrolments} s ON s.authority_id = %(authority)s AND s.school_id = t.after AND s.pupil_id = p.pupil_id
             AND s.made_in_error_at IS NULL AND (s.leaving_on IS NULL OR s.leaving_on >= t.first_on)
             AND (s.admission_on IS NULL OR s.admission_on <= t.first_on OR p.destination = t.destination)
             AND (p.leaving_on = t.last_on OR s.admission_on IS NULL OR s.admission_on <= p.leaving_on
                  OR s.admission_on >= t.first_on)
        ORDER BY p.id, s.admission_on NULLS FIRST, s.id
    ) pairs
    WHERE is_last
"""


def carried_into(school_ids: Sequence[int], year: int, *, known_on: dt.date | None = None) -> Carried:
    """Who came to these schools from schools that they took over whole in that academic year or the one before.

    Over other schools too, where one takeover followed another. known_on: as the enrolments' dates were known by the
    end of that day. One query where there was no takeover, else two.
    """
    told = takeovers_between(year_window(year - 1).first, year_window(year).last)
    return _carried(leading_to(school_ids, told), known_on)


def carried_ever() -> Carried:
    """Who came to any school from one that it took over whole, in whatever year. One query where there was none."""
    return _carried(takeovers_between(dt.date.min, dt.date.max), None)


def _carried(told: Sequence[Takeover], known_on: dt.date | None) -> Carried:
    if not told:
        return NOTHING_CARRIED
    asked: dict[str, Any] = {
        "authority": current_authority_id(), "no_day": NO_DAY,
        "before": [one.before.pk for one in told], "after": [one.after.pk for one in told],
        "last_on": [one.last_on for one in told], "first_on": [one.first_on for one in told],
        "ended_from": [one.ended_from for one in told],
        "destination": [one.destination for one in told],
    }  # fmt: skip
    if known_on:
        asked["known_until"] = end_of(known_on)
    pairs = _PAIRS.format(enrolments=ENROLMENTS_AS_KNOWN if known_on else "schools_enrolment")
    after, before, schools, place, admission = bulk.read(pairs, asked, (">i8", ">i8", ">i8", ">i8", ">i4"))
    last, first = bulk.dates(asked["last_on"]), bulk.dates(asked["first_on"])
    return Carried(after, before, schools, place, admission, last[place - 1], first[place - 1])


def carried_on_in(year: int) -> list[int]:
    """The enrolments that a school taken over in that academic year had, where the one that followed has registers.

    One query where no school was taken over in it.
    """
    told = takeovers_between(*year_window(year))
    if not told:
        return []
    registers = Register.objects.filter(year=year, school__in=[one.after for one in told])
    schools = set(registers.order_by().values_list("school", flat=True).distinct())
    ids: list[int] = _carried([one for one in told if one.after.pk in schools], None).before.tolist()
    return ids


def counted_elsewhere(on: dt.date) -> list[int]:
    """The enrolments whose standing is counted at a school that took theirs over since, and not where they are.

    Until that school has told of a day since, the standing of before counts. Takeovers of the academic year of `on`
    and of the one before are looked at. One query where there are none.
    """
    found = _carried(takeovers_between(year_window(year_of(on) - 1).first, year_window(year_of(on)).last), None)
    if not found:
        return []
    after, before, first_on = (column.tolist() for column in found.lines())
    both = Standing.objects.filter(enrolment__in=[*before, *after])
    there = {enrolment: (year, as_at) for enrolment, year, as_at in both.values_list("enrolment", "year", "as_at")}
    return [
        early
        for late, early, day in zip(after, before, first_on, strict=True)
        if late in there and early in there and there[late] >= (there[early][0], bulk.day(day))
    ]


def counted_once(standings: QuerySet[Standing], on: dt.date) -> QuerySet[Standing]:
    """Of these standings those that are counted where they are (`counted_elsewhere`). One query or two."""
    counted = counted_elsewhere(on)
    return standings.exclude(enrolment__in=counted) if counted else standings
