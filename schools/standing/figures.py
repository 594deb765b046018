"""Where every enrolment of some schools stands on a day: the engine's arrays for a roll."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from attendance_portal.days import (
    year_of,
)
from schools.models import Register
from schools.register import bands, forecasts, measures, runs, thresholds, weeks
from schools.register.bands import LINCOLNSHIRE, BandPolicy
from schools.register.calendars import as_the_calendar_says
from schools.register.codes import ATTENDED_FLAG, NUMBERS, PART_TIME
from schools.register.marks import WIDTH, day_of, last_column_on, look_up
from schools.register.measures import Totals
from schools.standing.birthdays import by_birthday
from schools.standing.year_before import Places, YearBefore, unknown_at, year_before
from schools.stored import bulk
from schools.stored.carried import NOTHING_CARRIED, Carried
from schools.stored.registers import (
    Listed,
    Piece,
    Roll,
    admitted_before,
    last_columns,
    list_roll,
    load_marks,
    load_roll,
    marked_in,
    marks_as_known,
    own_part,
    with_carried,
)
from schools.stored.school_days import Calendars, calendars_of

Counts = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Columns = npt.NDArray[np.int16]
T = TypeVar("T")
R = TypeVar("R")

NO_CALENDARS: Final = Calendars({}, {})

# Enrolments worked on at a time, by each core: what is made of their marks stays near the processor.
ROWS_A_PART: Final = 2048

_LOOKED_BACK: Final = 20
"""Columns looked at together."""


@dataclass(frozen=True)
class Figures:
    """One value per enrolment of `roll`, year to date up to `last_column` (int16[n], -1 where a school has no data).

    unknown_before: sessions of the year before still coded N, as far as the last ten school weeks reach into it.
    band uint8 (0: nothing was possible). Columns, -1 where there is none: returned_at of a return after a long
    absence, present_at of the latest session attended, part_time_at of the latest with code C2.
    """

    roll: Roll
    last_column: Columns
    totals: Totals
    band: npt.NDArray[np.uint8]
    persistent: Flags
    severe: Flags
    at_risk: Flags
    six_weeks: Totals
    ten_week_unauthorised: Counts
    unknown_before: Counts
    headroom: Counts
    returned_at: Columns
    present_at: Columns
    part_time_at: Columns
    on_roll: Flags
    official: Flags

    @property
    def counted_here(self) -> npt.NDArray[np.int64]:
        """The enrolments at schools that were taken over in the year whose marks these figures count."""
        own_from = self.roll.own_from
        here = self.roll.enrolments[(own_from > 0) & (own_from <= self.last_column)]
        after, before, _ = self.roll.carried.lines()
        found: npt.NDArray[np.int64] = before[np.isin(after, here)]
        return found

    def part(self, rows: npt.NDArray[np.intp]) -> Figures:
        """Those of some rows."""
        values = {name: _chosen(value, rows) for name, value in vars(self).items() if name != "roll"}
        return Figures(roll=self.roll.part(rows), **values)


def _chosen(values: Any, rows: npt.NDArray[np.intp]) -> Any:
    """Rows of an array, or of each array of totals."""
    if isinstance(values, Totals):
        return Totals(**{name: one[rows] for name, one in vars(values).items()})
    return values[rows]


@dataclass(frozen=True)
class Window:
    """Some whole schools of a roll, cut off at each one's as-at column; flags are zero outside each enrolment.

    rows: where the enrolments of `roll` stand in the whole roll. birthdays int16[n, 3]: whether the pupil counts
    in official figures, and the first and last column of compulsory school age. calendars: of the year and those
    beside it.
    """

    rows: npt.NDArray[np.intp]
    roll: Roll
    flags: npt.NDArray[np.uint8]
    lower: Columns
    left: Columns
    last_column: Columns
    open: Flags
    birthdays: Columns
    calendars: Calendars

    @property
    def ten_weeks_from(self) -> Columns:
        """First column of each enrolment's last ten school weeks, NEVER where it is in the year before. int16[n]."""
        return thresholds.windows_in_year(self.open, self.roll.year)[self.roll.group]

    @property
    def own_flags(self) -> npt.NDArray[np.uint8]:
        """The flags without those of marks that were carried over from a school before: what the school itself sent."""
        return own_part(self.roll, self.flags)

    @property
    def of_age(self) -> tuple[Columns, Columns]:
        """First and last column of each enrolment while of compulsory school age."""
        return np.maximum(self.lower, self.birthdays[:, 1]), np.minimum(self.left, self.birthdays[:, 2])


def figures_of(
    school_ids: Sequence[int],
    year: int,
    *,
    as_at: dt.date | None = None,
    known_on: dt.date | None = None,
    policy: BandPolicy = LINCOLNSHIRE,
) -> Figures:
    """Work out the figures of those schools in an academic year, up to `as_at` or each school's latest data.

    The effective day is included. Marks after it are not looked at. Those of the year before are only fetched
    where the last ten school weeks reach into it. known_on: from the marks and enrolment dates known by the end of
    that day (calendars are those of now).
    """
    if known_on is not None:
        roll = load_roll(school_ids, year, known_on=known_on)
        return _as_known(roll, school_ids, known_on, as_at=as_at, policy=policy)
    return worked_out(school_ids, year, as_at=as_at, policy=policy)[0]


def known_figures(school_ids: Sequence[int], year: int, day: dt.date) -> Figures | None:
    """The figures of those schools in an academic year as known on a day; None where no mark of it was."""
    roll = load_roll(school_ids, year, known_on=day)
    return _as_known(roll, school_ids, day, as_at=None) if roll.marks.any() else None


def worked_out(
    school_ids: Sequence[int], year: int, *, as_at: dt.date | None = None, policy: BandPolicy = LINCOLNSHIRE
) -> tuple[Figures, list[Window]]:
    """`figures_of`, with the windows they were worked out in, for what else the same marks are asked."""
    calendars = _calendars(year, school_ids)
    with bulk.whole_sets():
        listed = list_roll(school_ids, year)
        if not listed.has_takeovers:
            return _worked_out_in_pieces(listed, calendars, as_at=as_at, policy=policy)
        read = listed.read()
    roll = with_carried(read, school_ids)
    if roll.carried:
        calendars = _calendars(year, school_ids, roll.carried)
    marked: Flags = marked_in(school_ids, year - 1, roll.enrolments, roll.carried)
    windows = windows_of(roll, marked, as_at=as_at, calendars=calendars)
    return figures_in(roll, windows, marks_before(roll, windows), policy=policy), windows


def marks_before(roll: Roll, windows: Sequence[Window]) -> npt.NDArray[np.uint8] | None:
    """The marks of the year before that `figures_in` asks for."""
    back = schools_reaching_back(windows)
    return load_marks(back, roll.year - 1, roll.enrolments, roll.carried) if back else None


def _worked_out_in_pieces(
    listed: Listed, calendars: Calendars, *, as_at: dt.date | None, policy: BandPolicy
) -> tuple[Figures, list[Window]]:
    """The same, where no marks were carried over: some schools are worked out while those after them are read.

    By one thread: reading keeps the other core, and the server's, longer at work.
    """
    birthdays = by_birthday(listed.born_on, listed.year)

    def work(piece: Piece, marked: Flags) -> tuple[Roll, list[tuple[Window, Figures | None]]]:
        roll, found = listed.roll(piece), []
        admitted, born = admitted_before(roll, marked), birthdays[piece.rows]
        for part in _parts(roll):
            window = _window(roll, part, admitted[part], born[part], as_at=as_at, calendars=calendars)
            reaches_back = bool((window.ten_weeks_from == thresholds.NEVER).any())
            figures = None if reaches_back else _figures(window, None, policy)
            found.append((replace(window, rows=piece.rows[window.rows]), figures))
        return roll, found

    at_work = []
    with ThreadPoolExecutor(1) as thread:
        for piece in listed.pieces():
            marked = marked_in(piece.schools, listed.year - 1, listed.enrolments[piece.rows])
            at_work.append((piece.rows, thread.submit(work, piece, marked)))
    whole = listed.whole((rows, done.result()[0]) for rows, done in at_work)
    found = [one for _, done in at_work for one in done.result()[1]]
    if waiting := [window for window, figures in found if figures is None]:
        previous = marks_before(whole, waiting)
        late = iter(at_once(lambda window: _figures(window, previous, policy), waiting))
        found = [(window, figures or next(late)) for window, figures in found]
    windows = [window for window, _ in found]
    return _together(whole, [window.rows for window in windows], [figures for _, figures in found if figures]), windows


def _as_known(
    roll: Roll,
    school_ids: Sequence[int],
    known_on: dt.date,
    *,
    as_at: dt.date | None,
    policy: BandPolicy = LINCOLNSHIRE,
) -> Figures:
    before = marks_as_known(school_ids, roll.year - 1, roll.enrolments, known_on, roll.carried)
    marked: Flags = np.asarray(before.any(axis=1))
    calendars = _calendars(roll.year, school_ids, roll.carried)
    windows = windows_of(roll, marked, as_at=as_at, calendars=calendars)
    return figures_in(roll, windows, before, policy=policy)


def _calendars(year: int, school_ids: Sequence[int], carried: Carried = NOTHING_CARRIED) -> Calendars:
    """What is known at these schools, and at those whose marks were carried over to them, of the year and those beside
    it: ten school weeks reach back, the last days of a return forward."""
    return calendars_of([*school_ids, *np.unique(carried.schools).tolist()], [year - 1, year, year + 1])


def windows_of(
    roll: Roll, marked_before: Flags, *, as_at: dt.date | None = None, calendars: Calendars = NO_CALENDARS
) -> list[Window]:
    """The roll in parts of whole schools, each with what every measure needs to know.

    marked_before: which enrolments have any mark in the year before, bool[n]. calendars: what is known of this
    year and the one before; without, the marks alone say when school was.
    """
    admitted = admitted_before(roll, marked_before)
    birthdays = by_birthday(roll.born_on, roll.year)

    def window(rows: npt.NDArray[np.intp]) -> Window:
        return _window(roll, rows, admitted[rows], birthdays[rows], as_at=as_at, calendars=calendars)

    return at_once(window, _parts(roll))


def schools_reaching_back(windows: Sequence[Window]) -> list[int]:
    """The schools with a year group that has not had ten school weeks yet this year."""
    back = [window.roll.schools[window.ten_weeks_from == thresholds.NEVER] for window in windows]
    return [int(school) for school in np.unique(np.concatenate(back))]


def figures_in(
    roll: Roll,
    windows: Sequence[Window],
    previous: npt.NDArray[np.uint8] | None,
    *,
    policy: BandPolicy = LINCOLNSHIRE,
) -> Figures:
    """The figures of a roll in its windows.

    previous uint8[n, WIDTH]: the marks of the year before of whoever is in `schools_reaching_back`; None where
    that is no one.
    """
    found = at_once(lambda window: _figures(window, previous, policy), windows)
    return _together(roll, [window.rows for window in windows], found)


def at_once(work: Callable[[T], R], parts: Sequence[T]) -> list[R]:
    """The work on each part, on every core: numpy lets go of Python while it computes."""
    if len(parts) < 2:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        return list(threads.map(work, parts))


def _parts(roll: Roll) -> list[npt.NDArray[np.intp]]:
    """Places of whole schools, about ROWS_A_PART each, in the order of schools and their year groups."""
    order = np.argsort(roll.group, kind="stable")
    starts = np.flatnonzero(np.diff(roll.schools[order], prepend=-1))
    places = np.searchsorted(starts, np.arange(ROWS_A_PART, len(roll), ROWS_A_PART))
    return np.split(order, starts[np.unique(places[places < len(starts)])])


def _window(
    roll: Roll,
    rows: npt.NDArray[np.intp],
    admitted: Columns,
    birthdays: Columns,
    *,
    as_at: dt.date | None,
    calendars: Calendars,
) -> Window:
    part = roll.part(rows)
    flags = look_up(part.marks, roll.year, "flags")
    last = _last_column_of_schools(part, as_at, flags)
    until_of_group = np.array([last.get(school, -1) for school, _ in part.groups], dtype=np.int16)
    until = until_of_group[part.group]
    # Of a day before the takeover: the child is still at the school before, and counted there.
    admitted = np.where((part.own_from > 0) & (part.own_from > until), part.own_from, admitted)
    lower, counted_from = _first_columns(flags, admitted)
    measures.clip(flags, lower, part.left)
    marked = _open_by_marks(part, flags, counted_from)
    open_all = as_the_calendar_says(marked, calendars.rows(part.groups, roll.year, part.earlier))
    left = np.minimum(part.left, until).astype(np.int16)
    measures.clip(flags, lower, left)
    return Window(
        rows=rows,
        roll=part,
        flags=flags,
        lower=lower,
        left=left,
        last_column=until,
        open=open_all & (np.arange(WIDTH) <= until_of_group[:, None]),
        birthdays=birthdays,
        calendars=calendars,
    )


def _open_by_marks(part: Roll, flags: npt.NDArray[np.uint8], counted_from: Columns) -> Flags:
    """The half-days on which each group was in school; from a takeover on together with the rest of its year group."""
    found = measures.open_of_flags(flags, counted_from, part.left, part.group, len(part.groups))
    whole = part.whole_groups
    if len(np.unique(whole)) == len(whole):
        return found
    together = measures.open_of_flags(flags, counted_from, part.left, whole[part.group], len(whole))[whole]
    begins = np.zeros(len(whole), np.int16)
    np.maximum.at(begins, whole[part.group], part.own_from)
    return np.where(np.arange(WIDTH) >= begins[whole][:, None], together, found)


def _first_columns(flags: npt.NDArray[np.uint8], admitted: Columns) -> tuple[Columns, Columns]:
    """Where each enrolment begins; and the same, but WIDTH (never) for those without one real mark in the year.

    Most of them left without anyone stating the day. Counted with the year group they once were in, they would
    outnumber those who attend, and no half-day would be open.
    """
    lower = measures.enrolled_from(flags, admitted)
    return lower, np.where(measures.has_real_mark(flags), lower, np.int16(WIDTH)).astype(np.int16)


def _last_column_of_schools(roll: Roll, as_at: dt.date | None, flags: npt.NDArray[np.uint8]) -> Mapping[int, int]:
    """The as-at column of each school that has data."""
    latest = last_columns(roll, flags)
    if as_at is None:
        return latest
    return {school: last_column_on(roll.year, as_at) for school in latest}


def _figures(window: Window, previous: npt.NDArray[np.uint8] | None, policy: BandPolicy) -> Figures:
    roll = window.roll
    whole, before = _totals(window), _year_before(window, previous)
    six_weeks = weeks.recent_windows(window.open, roll.year, roll.group, last_column=WIDTH - 1)
    recent = _totals(window, six_weeks)
    return Figures(
        roll=roll,
        last_column=window.last_column,
        totals=whole,
        band=bands.bands(whole.attended, whole.possible, policy),
        persistent=bands.persistent(whole.absent, whole.possible),
        severe=bands.severe(whole.absent, whole.possible),
        at_risk=bands.at_risk_next_term(recent.absent, recent.possible, whole.absent, whole.possible),
        six_weeks=recent,
        ten_week_unauthorised=_ten_weeks(window, before),
        unknown_before=np.bincount(unknown_at(before, roll, window.open)[0], minlength=len(roll)).astype(np.int32),
        headroom=forecasts.headroom(whole.attended, whole.possible, policy),
        returned_at=runs.returns_of_flags(window.flags, whole.absent),
        present_at=_latest_attended(window.flags),
        part_time_at=_latest_of_few(roll.marks, NUMBERS[PART_TIME], window.flags),
        on_roll=(roll.left >= window.last_column) & (np.maximum(roll.admitted, roll.own_from) <= window.last_column),
        official=window.birthdays[:, 0] > 0,
    )


def _totals(window: Window, first_column: Columns | None = None) -> Totals:
    """The counts; missing marks are those of the school itself: what a school before it lacks is counted there."""
    found = _counted(window, first_column)
    own_from = window.roll.own_from
    if own_from.any():
        first = window.lower if first_column is None else first_column
        found = replace(found, missing=_counted(window, np.maximum(first, own_from)).missing)
    return found


def _counted(window: Window, first_column: Columns | None) -> Totals:
    return measures.totals_of_flags(
        window.flags,
        lower=window.lower,
        upper=window.left,
        open=window.open,
        group=window.roll.group,
        first_column=first_column,
    )


def _latest_attended(flags: npt.NDArray[np.uint8]) -> Columns:
    """The last attended column of each row; -1 where none is. int16[n].

    Looked for backwards, some weeks at a time: most are found in the first look.
    """
    latest, left = np.full(len(flags), -1, np.int16), np.arange(len(flags))
    used = np.flatnonzero(np.bitwise_or.reduce(flags, axis=0)) if len(flags) else np.zeros(0, np.intp)
    for end in range(int(used[-1]) + 1 if len(used) else 0, 0, -_LOOKED_BACK):
        begin = max(end - _LOOKED_BACK, 0)
        found = (flags[left, begin:end] & np.uint8(ATTENDED_FLAG)) != 0
        some = found.any(axis=1)
        latest[left[some]] = end - 1 - found[some, ::-1].argmax(axis=1)
        left = left[~some]
    return latest


def _latest_of_few(marks: npt.NDArray[np.uint8], number: int, flags: npt.NDArray[np.uint8]) -> Columns:
    """The last column of each row with this mark, of which there are few, that counts (a flag is there); -1 where
    none does. int16[n]."""
    rows, columns = np.divmod(np.flatnonzero(marks == number), WIDTH)
    counts = flags[rows, columns] != 0
    latest = np.full(len(marks), -1, np.int16)
    latest[rows[counts]] = columns[counts]  # in the order of columns: the last stands
    return latest


def _ten_weeks(window: Window, before: YearBefore | None) -> Counts:
    """Unauthorised sessions of the last ten school weeks, while of compulsory school age (domain.md 3.3, 5.1)."""
    first, (begins, ends) = window.ten_weeks_from, window.of_age
    total = thresholds.unauthorised_from(window.flags, window.roll.year, np.maximum(first, begins), ends)
    if before:
        rows = before.rows
        now = thresholds.RegisterYear(
            window.roll.year, window.roll.marks[rows], window.open, window.roll.group[rows], begins[rows], ends[rows],
            window.flags[rows],
        )  # fmt: skip
        total[rows] = thresholds.ten_week_totals(now, before.of_age(window.roll)).total
    return total


def _year_before(window: Window, previous: npt.NDArray[np.uint8] | None) -> YearBefore | None:
    """Of the year groups whose last ten school weeks began in it, if there are any."""
    rows = np.flatnonzero(window.ten_weeks_from == thresholds.NEVER)
    if not len(rows) or previous is None:
        return None
    return year_before(window.roll, rows, previous[window.rows[rows]], window.calendars)


def unknown_of_before(window: Window, previous: npt.NDArray[np.uint8] | None) -> Places:
    """The row of the window and the column of the year before of each session counted in `Figures.unknown_before`."""
    return unknown_at(_year_before(window, previous), window.roll, window.open)


def _together(roll: Roll, places: Sequence[npt.NDArray[np.intp]], found: Sequence[Figures]) -> Figures:
    """The figures of the parts as those of the whole roll."""
    rows = np.argsort(np.concatenate(places), kind="stable")
    values = {name: _joined([vars(part)[name] for part in found], rows) for name in vars(found[0]) if name != "roll"}
    return Figures(roll=roll, **values)


def _joined(parts: Sequence[Any], rows: npt.NDArray[np.intp]) -> Any:
    """Arrays one after the other, in the order of the roll; and so of each array of totals."""
    if isinstance(parts[0], Totals):
        return Totals(**{name: _joined([vars(part)[name] for part in parts], rows) for name in vars(parts[0])})
    return np.concatenate(parts)[rows]


def as_at_day(figures: Figures) -> dt.date | None:
    """The latest as-at day of the schools worked out, or None where none has data."""
    latest = int(figures.last_column.max(initial=-1))
    return day_of(figures.roll.year, latest) if latest >= 0 else None


def as_held(
    school_id: int, *, on: dt.date, as_at: dt.date | None = None, known_on: dt.date | None = None
) -> Figures | None:
    """One school's figures in the academic year of its latest data up to `on`; None where it has none.

    known_on: from what was known by the end of that day, in the latest year of which anything was.
    """
    held = Register.objects.filter(school=school_id, year__lte=year_of(min(on, known_on or on)))
    years = list(held.order_by("-year").values_list("year", flat=True).distinct())
    if known_on is None:
        return figures_of([school_id], years[0], as_at=as_at) if years else None
    rolls = (load_roll([school_id], year, known_on=known_on) for year in years)
    found = (_as_known(roll, [school_id], known_on, as_at=as_at) for roll in rolls if roll.marks.any())
    return next((figures for figures in found if as_at_day(figures)), None)
