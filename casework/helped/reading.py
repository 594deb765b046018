"""From registers and cases to what is compared: children by calendar week, linked records counted once."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from attendance_portal.days import monday_of, year_of
from casework.helped.kinds import Kind, stretches
from casework.helped.matching import NOBODY, Held, MatchRule, Rows, Stretches
from schools.models import School
from schools.register import weeks
from schools.register.marks import last_column_on
from schools.stored.registers import Roll, counted_once, load_roll
from schools.stored.same_child import groups_of, open_pairs

Keys = npt.NDArray[np.bytes_]

HOLIDAYS = 10
"""Calendar weeks that may lie in a stretch of whole school weeks and are none: the summer, a half-term on each side,
and the weeks in which terms begin and end."""


@dataclass(frozen=True)
class Children:
    """Every child on a roll of one academic year, and their half-days by calendar week from `monday` on.

    keys: sorted, of one record of each child; same: the key of that record for each linked one.
    """

    keys: Keys
    same: Mapping[bytes, bytes]
    monday: dt.date
    held: Held

    def rows(self, pupils: Iterable[uuid.UUID]) -> Rows:
        """The child's row of each record; NOBODY where they were on no roll of the year."""
        wanted = np.array([self.same.get(key.bytes, key.bytes) for key in pupils], "S16")
        return _places(self.keys, wanted)

    def week(self, day: dt.date) -> int:
        """The calendar week of a day, from 0; it may lie outside those that are held."""
        return (monday_of(day) - self.monday).days // 7


def years_looked_at(first: dt.date, last: dt.date, rule: MatchRule, *, on: dt.date) -> list[int]:
    """The academic years in which the weeks before and after may lie of what began from `first` to `last`."""
    begins = first - dt.timedelta(weeks=rule.before + HOLIDAYS)
    ends = min(last + dt.timedelta(weeks=rule.after + HOLIDAYS), on)
    return list(range(year_of(begins), max(year_of(ends), year_of(first)) + 1))


def children_of(
    year: int, years: Sequence[int], *, on: dt.date, like: uuid.UUID | None = None, without: Sequence[int] = ()
) -> Children:
    """The authority's children in an academic year, with their half-days in these years, which hold it.

    Marks after `on` are not looked at. A child's phase and year group are those where they had most sessions in the
    year. like: only those of the phase and year group of this record's child. without: enrolments to leave out.
    """
    phases = dict(School.objects.order_by("pk").values_list("pk", "phase"))
    same = {key.bytes: group[0].bytes for key, group in groups_of(open_pairs()).items()}
    roll = _roll(list(phases), year, without)
    if like is not None:
        roll = _like(roll, _records(roll, same), same.get(like.bytes, like.bytes), phases, on)
    totals = _by_week(roll, on)
    keys, row = np.unique(_records(roll, same), return_inverse=True)
    monday = weeks.monday(years[0], 0)
    shape = len(keys), (weeks.monday(years[-1], 0) - monday).days // 7 + weeks.WEEKS
    alike = _alike(roll, row, _possible(totals), phases)
    found = Children(keys, same, monday, Held(np.zeros(shape, np.uint8), np.zeros(shape, np.uint8), alike))
    _put(found, year, row, totals)
    for other in (one for one in years if one != year):
        roll = _roll(list(phases), other, without)
        roll = roll.part(np.flatnonzero(_places(keys, _records(roll, same)) != NOBODY))
        _put(found, other, _places(keys, _records(roll, same)), _by_week(roll, on))
    return found


def _roll(school_ids: Sequence[int], year: int, without: Sequence[int]) -> Roll:
    """Everyone on these rolls in a year, once where a school was taken over, but for some enrolments."""
    roll = counted_once(load_roll(school_ids, year))
    return roll.part(np.flatnonzero(~np.isin(roll.enrolments, without))) if without else roll


def _by_week(roll: Roll, on: dt.date) -> weeks.WeeklyTotals:
    last = last_column_on(roll.year, on)
    return weeks.weekly_totals(roll.marks, roll.year, admitted=roll.admitted, left=roll.left, last_column=last)


def _possible(totals: weeks.WeeklyTotals) -> npt.NDArray[np.int32]:
    """How many half-days of the year were possible, of each enrolment."""
    found: npt.NDArray[np.int32] = totals.possible.sum(axis=1, dtype=np.int32)
    return found


def _like(roll: Roll, records: Keys, key: bytes, phases: Mapping[int, str], on: dt.date) -> Roll:
    """Every enrolment of the children who have one in the phase and year group where this child had most sessions."""
    mine = np.flatnonzero(records == key)
    if not len(mine):
        return roll.part(mine)
    most = mine[np.argsort(_possible(_by_week(roll.part(mine), on)), kind="stable")[-1]]  # as `_alike` has it
    names = [(phases[school], year_group) for school, year_group in roll.groups]
    groups = [at for at, name in enumerate(names) if name == names[roll.group[most]]]
    return roll.part(np.flatnonzero(np.isin(records, records[np.isin(roll.group, groups)])))


def _records(roll: Roll, same: Mapping[bytes, bytes]) -> Keys:
    """The key of the child of each enrolment: of linked records the same."""
    keys = np.ascontiguousarray(roll.pupils).view("S16")
    if not same:
        return keys
    linked = np.array(sorted(same), "S16")
    at = _places(linked, keys)
    stands = np.array([same[key] for key in sorted(same)], "S16")
    found: Keys = np.where(at == NOBODY, keys, stands[np.maximum(at, 0)])
    return found


def _places(keys: Keys, wanted: Keys) -> Rows:
    """Where each wanted key stands among the sorted keys; NOBODY where it does not."""
    if not len(keys):
        return np.full(len(wanted), NOBODY, np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, NOBODY).astype(np.int64)


def _put(children: Children, year: int, row: Rows, totals: weeks.WeeklyTotals) -> None:
    """Add a year's half-days to those of each child: of all schools and records together."""
    known = np.flatnonzero(row != NOBODY)
    order = known[np.argsort(row[known], kind="stable")]
    if not len(order):
        return
    into, starts = np.unique(row[order], return_index=True)
    first = children.week(weeks.monday(year, 0))
    for sums, of_year in ((children.held.attended, totals.attended), (children.held.possible, totals.possible)):
        sums[into, first : first + weeks.WEEKS] += np.add.reduceat(of_year[order], starts, axis=0)


def _alike(roll: Roll, row: Rows, possible: npt.NDArray[np.int32], phases: Mapping[int, str]) -> Rows:
    """A number for the phase and year group of each child, by the enrolment with most sessions."""
    names = sorted({(phases[school], year_group) for school, year_group in roll.groups})
    numbers = {name: at for at, name in enumerate(names)}
    of_group = np.array([numbers[phases[school], year_group] for school, year_group in roll.groups], np.int64)
    found = np.full(int(row.max(initial=-1)) + 1, NOBODY, np.int64)
    order = np.argsort(possible, kind="stable")
    found[row[order]] = of_group[roll.group[order]] if len(of_group) else NOBODY
    return found


def begun_in(children: Children, kind: Kind, first: dt.date, last: dt.date) -> Stretches:
    """The first start of a kind of support of each child from a day to another; of children on a roll of the year."""
    starts = sorted(kind.starts(first, last), key=lambda start: start[1])
    once = {row: day for (_, day), row in reversed(list(zip(starts, _rows_of(children, starts), strict=True)))}
    once.pop(NOBODY, None)
    chosen = np.array([(row, children.week(day), children.week(day)) for row, day in sorted(once.items())], np.int64)
    return Stretches(*chosen.reshape(-1, 3).T)


def _rows_of(children: Children, starts: Sequence[tuple[uuid.UUID, dt.date]]) -> list[int]:
    found: list[int] = children.rows(pupil for pupil, _ in starts).tolist()
    return found


def had_support(children: Children, first: dt.date, last: dt.date) -> Stretches:
    """Every stretch of support from a day to another."""
    held = stretches(first, last)
    rows = children.rows(pupil for pupil, _, _ in held)
    weeks_of = np.array([(children.week(begun), children.week(ended)) for _, begun, ended in held], np.int64)
    first_week, last_week = weeks_of.reshape(-1, 2).T
    known = rows != NOBODY
    return Stretches(rows[known], first_week[known], last_week[known])
