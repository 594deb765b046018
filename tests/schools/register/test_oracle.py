"""Thousands of random registers, counted by the engine and again by plain loops, must agree."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import pytest

from schools.register import bands, codes, forecasts, runs, weeks
from schools.register import marks as m
from schools.register.measures import Totals, open_columns, totals
from schools.register.thresholds import NEVER, RegisterYear, day_reached, ten_week_totals
from tests.schools.register import oracle
from tests.schools.register.oracle import Cell, Pupil
from tests.schools.register.registers import Enrolled

GROUPS, PER_GROUP = 20, 7
HABITS: tuple[dict[str, int], ...] = (
    {"/": 30, "I": 1, "O": 1, "": 1},
    {"/": 6, "I": 3, "O": 2, "G": 1},
    {"O": 6, "U": 2, "/": 1, "D": 1},
    {},
)


def school_days(rng: random.Random, year: int) -> list[date]:
    """Weekdays of a school year with its own holidays, a stray Saturday, and some of August."""
    off = {week for week in range(53) if rng.random() < 0.25}
    first = date(year, 8, rng.randint(1, 28))
    span = (first + timedelta(days=n) for n in range(rng.choice((60, 120, 330))))
    days = [day for day in span if day.weekday() < 5 and day.isocalendar().week not in off]
    return sorted({day for day in days if day < date(year + 1, 8, 1)} | {first + timedelta(days=9)})


def random_mark(rng: random.Random, habit: dict[str, int], on: date, half: int) -> str:
    if not habit or rng.random() < 0.08:
        return rng.choice(list(codes.edition_on(on).rules))
    mark = rng.choices(list(habit), list(habit.values()))[0]
    return "\\" if mark == "/" and half else mark


def random_pupil(rng: random.Random, group: int, year: int, days: list[date]) -> Pupil:
    habit = rng.choice(HABITS)
    cells = {(day, half): random_mark(rng, habit, day, half) for day in days for half in (0, 1)}
    some_day = date(year, 8, 1) + timedelta(days=rng.randint(-40, 380))
    return Pupil(
        group=group,
        cells={cell: mark for cell, mark in cells.items() if mark},
        admitted_on=rng.choice((None, date(year, 8, 1), date(year, 8, 1), some_day)),
        left_on=rng.choice((None, None, None, some_day + timedelta(days=rng.randint(-5, 90)))),
    )


def random_school(seed: int, year: int) -> list[Pupil]:
    rng = random.Random(seed * 10_000 + year)
    found: list[Pupil] = []
    for group in range(GROUPS):
        days = school_days(rng, year)
        found += [random_pupil(rng, group, year, days) for _ in range(rng.randint(1, PER_GROUP))]
    return found


def register_year(pupils: list[Pupil], year: int, rows: int) -> RegisterYear:
    """The pupils as the engine sees them, with rows of zeros up to `rows`."""
    marks = m.empty(rows)
    for row, pupil in enumerate(pupils):
        for (day, half), mark in pupil.cells.items():
            marks[row, m.column_of(day, half)] = m.number_of(mark)
    group = np.array([p.group for p in pupils] + [0] * (rows - len(pupils)), np.int32)
    admitted = [m.admission_column(year, p.admitted_on) for p in pupils] + [m.WIDTH] * (rows - len(pupils))
    left = [m.leaving_column(year, p.left_on) for p in pupils] + [-1] * (rows - len(pupils))
    enrolled: Enrolled = {"admitted": np.array(admitted, np.int16), "left": np.array(left, np.int16)}
    opened = open_columns(marks, year, **enrolled, group=group, groups=GROUPS)
    return RegisterYear(year=year, marks=marks, open=opened, group=group, **enrolled)


def column(year: int, cell: Cell | None) -> int:
    return NEVER if cell is None else 2 * (cell[0] - date(year, 8, 1)).days + cell[1]


class Case:
    """One random school in two years following each other, with the as-at day."""

    def __init__(self, seed: int, year: int) -> None:
        rng = random.Random(seed)
        self.year = year
        self.pupils = random_school(seed, year)
        before = random_school(seed, year - 1)
        self.before = (before + [Pupil(0, {}, date.max, None)] * len(self.pupils))[: len(self.pupils)]
        self.until = date(year, 8, 1) + timedelta(days=rng.choice((20, 100, 250, 364)))
        self.last = m.last_column_on(year, self.until)
        self.current = register_year(self.pupils, year, len(self.pupils))
        known = self.before if len(before) >= len(self.pupils) else before
        self.previous = register_year(known, year - 1, len(self.pupils))
        self.opened = [oracle.open_halves(self.pupils, group, year) for group in range(GROUPS)]
        self.opened_before = [oracle.open_halves(known, group, year - 1) for group in range(GROUPS)]

    def totals(self, first: int | m.Columns = 0) -> Totals:
        c = self.current
        return totals(
            c.marks,
            c.year,
            admitted=c.admitted,
            left=c.left,
            open=c.open,
            group=c.group,
            first_column=first,
            last_column=self.last,
        )


@pytest.fixture(scope="module", params=[(s, y) for s in range(5) for y in (2013, 2023, 2024, 2025, 2027)])
def case(request: pytest.FixtureRequest) -> Case:
    return Case(*request.param)


def test_the_half_days_that_are_open_agree(case: Case) -> None:
    for group, opened in enumerate(case.opened):
        found = {(m.day_of(case.year, c), m.half_of(c)) for c in np.flatnonzero(case.current.open[group]).tolist()}
        assert found == opened


def test_counts_bands_and_headroom_agree(case: Case) -> None:
    found = case.totals()
    band = bands.bands(found.attended, found.possible)
    persistent = bands.persistent(found.absent, found.possible)
    severe = bands.severe(found.absent, found.possible)
    room = forecasts.headroom(found.attended, found.possible)
    at_end = forecasts.year_end_headroom(found.attended, found.possible, 40)
    for row, pupil in enumerate(case.pupils):
        expected = oracle.count(pupil, case.opened[pupil.group], date.min, case.until)
        assert {name: getattr(found, name)[row] for name in expected} == expected
        attended, possible = expected["attended"], int(found.possible[row])
        assert possible == attended + expected["authorised"] + expected["unauthorised"]
        assert band[row] == oracle.band(attended, possible)
        assert persistent[row] == (band[row] >= 3) and severe[row] == (band[row] == 5)
        assert room[row].tolist() == [oracle.longest_run_kept(attended, possible, b) for b in (1, 2, 3, 4)]
        assert at_end[row].tolist() == [oracle.most_missable(attended, possible, 40, b) for b in (1, 2, 3, 4)]


def test_the_last_six_school_weeks_agree(case: Case) -> None:
    first = weeks.recent_windows(case.current.open, case.year, case.current.group, last_column=case.last)
    found = case.totals(first)
    for row, pupil in enumerate(case.pupils):
        mondays = oracle.school_mondays(case.opened[pupil.group], case.until)
        since = mondays[-6] if len(mondays) >= 6 else date.min
        expected = oracle.count(pupil, case.opened[pupil.group], since, case.until)
        assert {name: getattr(found, name)[row] for name in expected} == expected


def test_the_totals_by_week_agree(case: Case) -> None:
    c = case.current
    found = weeks.weekly_totals(c.marks, c.year, admitted=c.admitted, left=c.left, last_column=case.last)
    for row, pupil in enumerate(case.pupils):
        attended = np.zeros(weeks.WEEKS, np.uint8)
        possible = np.zeros(weeks.WEEKS, np.uint8)
        for (day, _), mark in oracle.enrolled(pupil, case.until).items():
            what = oracle.kind(mark, day)
            attended[weeks.week_of(case.year, day)] += what == "attended"
            possible[weeks.week_of(case.year, day)] += what in ("attended", "authorised", "unauthorised")
        assert found.attended[row].tolist() == attended.tolist()
        assert found.possible[row].tolist() == possible.tolist()


def test_ten_school_weeks_agree(case: Case) -> None:
    found = ten_week_totals(case.current, case.previous, last_column=case.last)
    for row, pupil in enumerate(case.pupils):
        earlier = case.before[row]
        marks = oracle.enrolled(earlier, date.max) | oracle.enrolled(pupil, case.until)
        sessions = [cell for cell, mark in marks.items() if mark in oracle.UNAUTHORISED and cell[0] >= oracle.NEW]
        opened = case.opened_before[int(case.previous.group[row])] | case.opened[pupil.group]
        total, reached = oracle.ten_weeks(sessions, oracle.school_mondays(opened, case.until))
        assert found.total[row] == total
        assert day_reached(case.year, int(found.reached[row])) == (reached and reached[0])


def test_runs_and_sickness_agree(case: Case) -> None:
    c = case.current
    enrolled: Enrolled = {"admitted": c.admitted, "left": c.left}
    absence = runs.absence_runs(c.marks, c.year, **enrolled, last_column=case.last)
    unauthorised = runs.unauthorised_runs(c.marks, c.year, **enrolled, last_column=case.last)
    ill = runs.sickness(c.marks, c.year, **enrolled, last_column=case.last)
    for row, pupil in enumerate(case.pupils):
        cells = oracle.enrolled(pupil, case.until)
        for found, adds, long in (
            (absence, {"authorised", "unauthorised"}, 10),
            (unauthorised, {"unauthorised"}, 20),
        ):
            now, longest, reached, returned = oracle.runs(cells, adds, long)
            assert (found.current[row], found.longest[row]) == (now, longest if longest >= long else 0)
            assert found.reached_at[row] == column(c.year, reached)
            assert found.returned_at[row] == column(c.year, returned)
        sick = [cell for cell, mark in cells.items() if mark == "I"]
        assert ill.sessions[row] == len(sick)
        assert ill.reached_at[row] == (column(c.year, sick[29]) if len(sick) >= 30 else NEVER)


def test_every_possible_number_of_sessions_is_banded_exactly() -> None:
    possible = np.repeat(np.arange(1, 200, dtype=np.int32), np.arange(2, 201))
    attended = np.concatenate([np.arange(p + 1, dtype=np.int32) for p in range(1, 200)])
    expected = [oracle.band(int(a), int(p)) for a, p in zip(attended, possible, strict=True)]
    assert bands.bands(attended, possible).tolist() == expected
