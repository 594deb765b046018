"""Returns become due on exactly the day and episode the rules give: trap cases, and random years by plain loops."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import pytest

from schools.register import marks as m
from schools.register import returns
from schools.register.measures import clip
from schools.register.returns import Tails
from tests.schools.register import oracle
from tests.schools.register.oracle import Cell
from tests.schools.register.registers import Cells, matrix, span

YEAR = 2025
HALF_TERM = span(date(2025, 10, 27), date(2025, 10, 31), "#")
Found = tuple[date, date, date]


def no_tails(n: int = 1) -> Tails:
    return Tails(np.zeros(n, np.int32), np.zeros(n, np.int32))


def flags_of(*pupils: Cells, year: int = YEAR) -> m.Bytes:
    return m.look_up(matrix(*pupils), year, "flags")


def told(episodes: returns.Episodes, year: int = YEAR) -> list[Found]:
    """First day, day it became due and last day so far of each episode."""
    columns = zip(episodes.first, episodes.reached, episodes.last, strict=True)
    return [(m.day_of(year, int(a)), m.day_of(year, int(b)), m.day_of(year, int(c))) for a, b, c in columns]


def attendance(cells: Cells, before: Cells | None = None) -> list[Found]:
    tails = returns.tails(flags_of(before, year=YEAR - 1), YEAR - 1) if before is not None else no_tails()
    return told(returns.attendance_episodes(flags_of(cells), tails))


def sickness(cells: Cells) -> list[Found]:
    return told(returns.sickness_episodes(flags_of(cells)))


# --- Attendance returns -------------------------------------------------------------------------------------


def test_two_weeks_of_o_make_a_return_due_on_their_last_day() -> None:
    """domain.md 11, T14 (b)."""
    weeks = span(date(2025, 10, 13), date(2025, 10, 24), "O")
    assert attendance(weeks) == [(date(2025, 10, 13), date(2025, 10, 24), date(2025, 10, 24))]


def test_one_late_mark_breaks_the_ten_days() -> None:
    weeks = span(date(2025, 10, 13), date(2025, 10, 24), "O") | {(date(2025, 10, 17), 0): "L"}
    assert attendance(weeks) == []


@pytest.mark.parametrize("mark", ["/", "I", "M", "C2", "V", "E"])
def test_any_attended_or_authorised_session_breaks_the_ten_days(mark: str) -> None:
    weeks = span(date(2025, 10, 13), date(2025, 10, 24), "O") | {(date(2025, 10, 24), 0): mark}
    assert attendance(weeks) == []


def test_eight_days_before_half_term_and_two_after_are_ten_continuous_school_days() -> None:
    days = span(date(2025, 10, 15), date(2025, 10, 24), "U") | HALF_TERM
    days |= span(date(2025, 11, 3), date(2025, 11, 4), "G")
    assert attendance(days) == [(date(2025, 10, 15), date(2025, 11, 4), date(2025, 11, 4))]


@pytest.mark.parametrize("mark", ["#", "D", "X", "Y4", "Q", "Z"])
def test_a_session_that_was_not_possible_neither_adds_nor_breaks(mark: str) -> None:
    nine = span(date(2025, 10, 13), date(2025, 10, 23), "O") | {(date(2025, 10, 15), 0): mark}
    assert attendance(nine) == []
    assert attendance(nine | {(date(2025, 10, 24), half): "N" for half in (0, 1)}) == []
    longer = nine | span(date(2025, 10, 24), date(2025, 11, 3), "N")
    assert [due for _, due, _ in attendance(longer)] == [date(2025, 10, 27)]


# Typed from the table of the 2024 regulations (SI 2024/208 reg 10), not taken from the book under test.
BREAKS = ["/", "\\", "L", "K", "V", "P", "W", "B", "C", "C1", "C2", "E", "I", "J1", "M", "R", "S", "T"]
ADDS = ["G", "N", "O", "U"]
NEITHER = ["D", "Q", "X", "Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7", "Z", "#"]


def with_a_day_of(code: str, mark: str, last: date) -> Cells:
    """A mark on every school day from 8 September, but for Wednesday the 17th."""
    return span(date(2025, 9, 8), last, mark) | {(date(2025, 9, 17), half): code for half in (0, 1)}


def test_every_code_of_the_table_adds_to_ten_days_breaks_them_or_does_neither() -> None:
    """Eleven days with a day of the code among them: due on the tenth, on the eleventh, or not at all."""
    assert len({*BREAKS, *ADDS, *NEITHER}) == 34
    wanted = {code: [date(2025, 9, 19)] for code in ADDS} | {code: [date(2025, 9, 22)] for code in NEITHER}
    for code in BREAKS + ADDS + NEITHER:
        found = [due for _, due, _ in attendance(with_a_day_of(code, "O", date(2025, 9, 22)))]
        assert found == wanted.get(code, []), code


def test_of_every_code_of_the_table_only_i_adds_to_sickness() -> None:
    """Sixteen days with a day of the code among them. What is possible ends the period: another begins on the 18th."""
    monday, last = date(2025, 9, 8), date(2025, 9, 29)
    wanted = dict.fromkeys(NEITHER, (monday, last, last)) | {"I": (monday, date(2025, 9, 26), last)}
    for code in BREAKS + ADDS + NEITHER:
        assert sickness(with_a_day_of(code, "I", last)) == [wanted.get(code, (date(2025, 9, 18), last, last))], code


def test_any_mix_of_g_n_o_and_u_counts() -> None:
    days = [day for day, half in span(date(2025, 10, 13), date(2025, 10, 24), "O") if half == 0]
    mixed: Cells = {(day, half): "GNOU"[at % 4] for at, day in enumerate(days) for half in (0, 1)}
    assert [due for _, due, _ in attendance(mixed)] == [date(2025, 10, 24)]


def test_one_return_for_one_unbroken_episode_however_long_and_another_for_a_fresh_one() -> None:
    days = span(date(2025, 9, 8), date(2025, 10, 10), "O") | span(date(2025, 10, 13), date(2025, 10, 13), "/")
    days |= span(date(2025, 10, 14), date(2025, 10, 31), "G")
    assert attendance(days) == [
        (date(2025, 9, 8), date(2025, 9, 19), date(2025, 10, 10)),
        (date(2025, 10, 14), date(2025, 10, 27), date(2025, 10, 31)),
    ]


def test_ten_sessions_are_not_ten_days() -> None:
    """T14 (c): the threshold of penalty notices is of sessions."""
    assert attendance(span(date(2025, 10, 13), date(2025, 10, 17), "O")) == []


def test_eight_days_before_the_summer_and_two_after_are_ten() -> None:
    july = span(date(2025, 7, 11), date(2025, 7, 22), "O")
    september = span(date(2025, 9, 2), date(2025, 9, 4), "O")
    assert attendance(september, july) == [(date(2025, 7, 11), date(2025, 9, 3), date(2025, 9, 4))]


def test_what_was_due_before_the_summer_is_not_due_again_after_it() -> None:
    june = span(date(2025, 6, 30), date(2025, 7, 22), "O")
    assert attendance(span(date(2025, 9, 2), date(2025, 10, 10), "O"), june) == []


def test_a_day_in_school_before_the_summer_begins_the_count_anew() -> None:
    july = span(date(2025, 7, 10), date(2025, 7, 21), "O") | span(date(2025, 7, 22), date(2025, 7, 22), "/")
    assert attendance(span(date(2025, 9, 2), date(2025, 9, 4), "O"), july) == []
    present = span(date(2025, 9, 2), date(2025, 9, 2), "/") | span(date(2025, 9, 3), date(2025, 9, 5), "O")
    assert attendance(present, span(date(2025, 7, 10), date(2025, 7, 22), "O")) == []


def test_whose_year_begins_unauthorised_is_looked_up_in_the_year_before() -> None:
    first = span(date(2025, 9, 2), date(2025, 9, 2), "#") | span(date(2025, 9, 3), date(2025, 9, 3), "O")
    present = span(date(2025, 9, 3), date(2025, 9, 3), "/") | span(date(2025, 9, 4), date(2025, 9, 30), "O")
    flags = flags_of(first, present, {})
    assert returns.begins_unauthorised(flags, np.arange(3)).tolist() == [0]


def test_ten_days_may_begin_in_an_afternoon_and_end_in_a_morning() -> None:
    days = span(date(2025, 10, 13), date(2025, 10, 24), "O") | {(date(2025, 10, 13), 0): "/"}
    assert attendance(days) == []
    longer = days | {(date(2025, 11, 3), 0): "U", (date(2025, 11, 3), 1): "\\"}
    assert attendance(longer) == [(date(2025, 10, 13), date(2025, 11, 3), date(2025, 11, 3))]


def test_a_missing_mark_neither_adds_nor_breaks() -> None:
    gap = span(date(2025, 10, 13), date(2025, 10, 24), "O")
    del gap[date(2025, 10, 16), 0]
    assert attendance(gap) == []
    assert [due for _, due, _ in attendance(gap | {(date(2025, 11, 3), 0): "O"})] == [date(2025, 11, 3)]


def test_an_old_interview_broke_the_ten_days_as_attended_and_a_new_one_does_as_absence_with_leave() -> None:
    """domain.md 2.2: what a code counts as depends on its day; neither class is unauthorised."""
    for code, year in (("J", 2023), ("J1", 2025)):
        first = date(year, 10, 13) - timedelta(days=date(year, 10, 13).weekday())
        days = span(first, first + timedelta(days=11), "O")
        assert len(returns.attendance_episodes(flags_of(days, year=year), no_tails())) == 1
        broken = days | {(first + timedelta(days=3), 0): code}
        assert len(returns.attendance_episodes(flags_of(broken, year=year), no_tails())) == 0


def test_half_the_year_on_a_part_time_timetable_obliges_to_no_return() -> None:
    """domain.md 11, T5 (a): severely absent by the figures, and nothing of it without leave or for illness."""
    days = span(date(2025, 9, 1), date(2025, 11, 28), "/") | {
        cell: "C2" for cell in span(date(2025, 9, 1), date(2025, 11, 28), "C2") if cell[1]
    }
    assert attendance(days) == [] and sickness(days) == []


# --- Sickness returns ---------------------------------------------------------------------------------------


def test_eight_days_in_october_and_seven_in_december_add_up_to_fifteen() -> None:
    """domain.md 11, T14 (a)."""
    october, december = (
        span(date(2025, 10, 6), date(2025, 10, 15), "I"),
        span(date(2025, 12, 1), date(2025, 12, 9), "I"),
    )
    between = span(date(2025, 10, 16), date(2025, 10, 16), "/")
    assert sickness(october | between | december) == [(date(2025, 12, 1), date(2025, 12, 9), date(2025, 12, 9))]


def test_fourteen_days_and_a_half_are_not_fifteen() -> None:
    days = span(date(2025, 10, 6), date(2025, 10, 23), "I") | {(date(2025, 10, 24), 0): "I"}
    assert sickness(days) == []
    assert [due for _, due, _ in sickness(days | {(date(2025, 12, 5), 1): "I"})] == [date(2025, 12, 5)]


@pytest.mark.parametrize("mark", ["M", "C", "C1", "C2", "E", "J1", "R", "S", "T"])
def test_no_other_absence_with_leave_adds_to_sickness(mark: str) -> None:
    fourteen = span(date(2025, 9, 8), date(2025, 9, 25), "I")
    assert sickness(fourteen | span(date(2025, 10, 6), date(2025, 10, 24), mark)) == []


@pytest.mark.parametrize("mark", ["#", "D", "X", "Y2", "Q", "Z"])
def test_a_sickness_goes_on_over_sessions_that_were_not_possible(mark: str) -> None:
    days = span(date(2025, 9, 8), date(2025, 9, 29), "I") | {(date(2025, 9, 17), half): mark for half in (0, 1)}
    assert sickness(days) == [(date(2025, 9, 8), date(2025, 9, 29), date(2025, 9, 29))]


def test_appointments_do_not_add_to_sickness() -> None:
    days = span(date(2025, 10, 6), date(2025, 10, 22), "I") | span(date(2025, 12, 1), date(2025, 12, 2), "M")
    assert sickness(days) == []


def test_fifteen_days_without_a_break_are_one_return_and_so_are_thirty() -> None:
    fifteen = span(date(2025, 9, 8), date(2025, 9, 26), "I")
    assert sickness(fifteen) == [(date(2025, 9, 8), date(2025, 9, 26), date(2025, 9, 26))]
    thirty = span(date(2025, 9, 8), date(2025, 10, 17), "I")
    assert [due for _, due, _ in sickness(thirty)] == [date(2025, 9, 26)]


def test_half_days_are_counted_and_halved() -> None:
    mornings: Cells = {(day, 0): "I" for day, half in span(date(2025, 9, 1), date(2025, 10, 31), "I") if half == 0}
    afternoons: Cells = {(day, 1): "\\" for day, half in mornings}
    days = [day for day, _ in mornings]
    assert [due for _, due, _ in sickness(mornings | afternoons)] == [days[29]]


def test_after_the_first_return_single_days_need_no_other() -> None:
    days = span(date(2025, 9, 8), date(2025, 9, 26), "I") | span(date(2025, 9, 29), date(2025, 9, 29), "/")
    days |= span(date(2025, 10, 6), date(2025, 10, 10), "I")
    assert len(sickness(days)) == 1


def test_a_later_period_of_fifteen_days_is_a_return_of_its_own() -> None:
    days = span(date(2025, 9, 8), date(2025, 9, 26), "I") | span(date(2025, 9, 29), date(2025, 9, 29), "/")
    days |= span(date(2025, 11, 3), date(2025, 11, 21), "I")
    assert sickness(days)[1:] == [(date(2025, 11, 3), date(2025, 11, 21), date(2025, 11, 21))]


def test_a_period_that_adds_up_and_then_reaches_fifteen_days_alone_is_given_twice_with_the_same_beginning() -> None:
    days = span(date(2025, 9, 8), date(2025, 9, 19), "I") | span(date(2025, 9, 22), date(2025, 9, 22), "/")
    days |= span(date(2025, 10, 6), date(2025, 10, 24), "I")
    found = returns.sickness_episodes(flags_of(days))
    assert told(found) == [
        (date(2025, 10, 6), date(2025, 10, 10), date(2025, 10, 24)),
        (date(2025, 10, 6), date(2025, 10, 24), date(2025, 10, 24)),
    ]
    assert found.added_up.tolist() == [True, False]


# --- Joiners and leavers ------------------------------------------------------------------------------------


def joined(
    on: date | None, *, youngest: bool, first_open: date | None = date(2025, 9, 3), asked_on: date | None = None
) -> bool:
    opened = m.WIDTH if first_open is None else m.column_of(first_open, 0)
    asked = np.zeros(m.WIDTH, np.bool_)
    if asked_on:
        asked[m.admission_column(YEAR, asked_on) :] = True
    found = returns.joiners(
        np.array([m.NOT_STATED if on is None or on < date(YEAR, 8, 1) else m.admission_column(YEAR, on)], np.int16),
        np.zeros(1, np.int32),
        youngest=np.array([youngest]),
        first_open=np.array([opened], np.int16),
        last_column=np.array([m.column_of(date(2025, 11, 20), 1)], np.int16),
        asked=asked,
    )
    return len(found) == 1


def test_a_joiner_of_the_year_needs_a_return_and_one_of_before_does_not() -> None:
    assert joined(date(2025, 10, 6), youngest=False)
    assert not joined(date(2024, 9, 3), youngest=False)
    assert not joined(None, youngest=False)
    assert not joined(date(2025, 11, 24), youngest=False)


def test_the_youngest_class_on_the_first_day_of_the_school_year_needs_none() -> None:
    assert not joined(date(2025, 9, 1), youngest=True)
    assert not joined(date(2025, 9, 3), youngest=True)
    assert joined(date(2025, 9, 4), youngest=True)
    assert joined(date(2025, 9, 3), youngest=False)
    assert not joined(date(2025, 9, 3), youngest=True, first_open=None)


def test_an_authority_is_sent_the_joiners_of_the_first_day_whose_names_were_entered_after_it_asked() -> None:
    first_day = date(2025, 9, 3)
    assert joined(first_day, youngest=True, asked_on=date(2025, 1, 10))
    assert joined(first_day, youngest=True, asked_on=first_day)
    assert not joined(first_day, youngest=True, asked_on=date(2025, 9, 4))
    assert not joined(None, youngest=True, asked_on=date(2025, 1, 10))


@pytest.mark.parametrize(
    ("in_school_days", "entered", "last"),
    [
        (False, date(2025, 10, 6), date(2025, 10, 11)),
        (False, date(2025, 10, 10), date(2025, 10, 15)),
        (False, date(2025, 10, 24), date(2025, 10, 29)),
        (False, date(2025, 12, 22), date(2025, 12, 27)),
        (False, date(2026, 3, 27), date(2026, 4, 1)),
        (True, date(2025, 10, 6), date(2025, 10, 13)),
        (True, date(2025, 10, 10), date(2025, 10, 17)),
        (True, date(2025, 10, 24), date(2025, 11, 7)),
    ],
)
def test_the_fifth_day_is_a_calendar_day_unless_the_authority_counts_school_days(
    in_school_days: bool, entered: date, last: date
) -> None:
    closed = {day for day, _ in HALF_TERM}

    def is_school_day(day: date) -> bool:
        return day.weekday() < 5 and day not in closed

    assert returns.new_pupil_deadline(entered, is_school_day=is_school_day if in_school_days else None) == last


def by_mark(*begun: date | None, asked: tuple[int, ...]) -> list[int]:
    """Which of one year group entered by their first mark: their first days, None where that was in the year before."""
    first = np.array([0 if day is None else m.column_of(day, 0) for day in begun], np.int16)
    unstated = np.isin(np.arange(len(begun)), asked)
    return np.flatnonzero(returns.entered_by_mark(first, unstated, np.zeros(len(begun), np.int32))).tolist()


def test_without_a_stated_day_the_first_mark_is_the_entry_once_half_the_year_group_had_begun() -> None:
    first, later = date(2025, 9, 3), date(2025, 10, 6)
    assert by_mark(first, first, first, later, asked=(0, 1, 2, 3)) == [3]
    assert by_mark(None, None, first, asked=(0, 1, 2)) == [2]
    assert by_mark(first, first, later, asked=()) == []
    assert by_mark(later, later, first, asked=(0, 1, 2)) == []


def test_a_day_on_which_five_of_a_year_group_begin_is_where_a_file_began() -> None:
    first, later = date(2025, 9, 3), date(2025, 10, 6)
    assert by_mark(*[first] * 10, *[later] * 4, asked=tuple(range(14))) == [10, 11, 12, 13]
    assert by_mark(*[first] * 10, *[later] * 5, asked=tuple(range(15))) == []


def test_who_has_no_mark_has_not_entered_by_one() -> None:
    first = np.array([m.column_of(date(2025, 9, 3), 0)] * 3 + [m.WIDTH], np.int16)
    assert not returns.entered_by_mark(first, np.ones(4, np.bool_), np.zeros(4, np.int32)).any()


def test_an_entry_on_the_first_of_august_is_one_of_the_year() -> None:
    assert joined(date(2025, 8, 1), youngest=False)
    assert not joined(date(2025, 8, 1), youngest=True)


def left(on: date, *, finished_on: date | None, asked_from: date | None = None) -> bool:
    begins = date(YEAR, 8, 1).toordinal()
    asked = np.arange(m.WIDTH) >= (m.WIDTH if asked_from is None else m.column_of(asked_from, 0))
    ends = (finished_on or date(9000, 1, 1)).toordinal()
    found = returns.leavers(
        np.array([on.toordinal()], np.int32),
        np.zeros(1, np.int32),
        year_begins=begins,
        year_ends=begins + 365,
        finished_on=np.array([ends], np.int32),
        asked=asked,
        finished_before=np.array([finished_on is not None]),
    )
    return len(found) == 1


def test_leavers_of_the_year_need_a_return_but_for_those_who_finished_the_final_year() -> None:
    final = returns.finished_from(YEAR, "11")
    assert final == date(2026, 6, 26)
    assert left(date(2025, 11, 14), finished_on=final)
    assert left(date(2026, 6, 25), finished_on=final)
    assert not left(date(2026, 6, 26), finished_on=final)
    assert left(date(2026, 6, 26), finished_on=None)
    assert not left(date(2025, 7, 22), finished_on=None)
    assert not left(date(2026, 9, 30), finished_on=None)


def test_the_final_year_is_asked_for_from_a_day_of_leaving_on() -> None:
    final, asked_from = returns.finished_from(YEAR, "11"), date(2026, 7, 1)
    assert not left(date(2026, 6, 30), finished_on=final, asked_from=asked_from)
    assert left(date(2026, 7, 1), finished_on=final, asked_from=asked_from)


def test_whoever_of_the_final_year_is_taken_off_in_august_finished_the_year_before() -> None:
    assert not left(date(2025, 8, 31), finished_on=returns.finished_from(YEAR, "6"))
    assert left(date(2025, 9, 1), finished_on=returns.finished_from(YEAR, "6"))
    assert left(date(2025, 8, 31), finished_on=None)


# --- The same by plain loops --------------------------------------------------------------------------------


def plain_attendance(cells: dict[Cell, str], before: dict[Cell, str]) -> list[tuple[Cell, Cell, Cell]]:
    """First, reached and last session of each episode that became due in the later year."""
    found: list[list[Cell]] = []
    run: list[Cell] = []
    for cell, mark in [*sorted(before.items()), *sorted(cells.items())]:
        what = oracle.kind(mark, cell[0])
        if what == "unauthorised":
            run.append(cell)
            if len(run) == 20:
                found.append(run)
        elif what in ("attended", "authorised"):
            run = []
    return [(run[0], run[19], run[-1]) for run in found if run[19] in cells]


def plain_sickness(cells: dict[Cell, str]) -> list[tuple[Cell, Cell, Cell, bool]]:
    runs: list[list[Cell]] = []
    is_open = False
    for cell, mark in sorted(cells.items()):
        if mark == "I":
            if not is_open:
                runs.append([])
            runs[-1].append(cell)
            is_open = True
        elif oracle.kind(mark, cell[0]) in ("attended", "authorised", "unauthorised"):
            is_open = False
    found, total = [], 0
    for run in runs:
        at_thirty = 29 - total
        total += len(run)
        if 0 <= at_thirty < len(run):
            found.append((run[0], run[at_thirty], run[-1], at_thirty < 29))
        if len(run) >= 30 and at_thirty != 29:
            found.append((run[0], run[29], run[-1], False))
    return found


def random_cells(rng: random.Random, year: int) -> dict[Cell, str]:
    """Long spells of one habit after another: what random single marks would hardly ever give."""
    cells: dict[Cell, str] = {}
    day, stop = date(year, 9, 1), date(year + 1, 7, 23)
    while day < stop:
        habit = rng.choice(
            [("/", "\\"), ("O", "O"), ("N", "U"), ("I", "I"), ("I", "I"), ("I", "M"), ("#", "#"), ("", "")]
        )
        for _ in range(rng.randint(1, 35)):
            marks = habit if rng.random() < 0.95 else rng.choice([("O", "/"), ("D", "D"), ("I", "O"), ("", "I")])
            if day.weekday() < 5 and day < stop:
                cells |= {(day, half): marks[half] for half in (0, 1) if marks[half]}
            day += timedelta(days=1)
    return cells


def as_cells(episodes: returns.Episodes, row: int, year: int) -> list[tuple[Cell, Cell, Cell]]:
    def cell(column: int) -> Cell:
        return m.day_of(year, column), column % 2

    values = zip(episodes.row, episodes.first, episodes.reached, episodes.last, strict=True)
    return [(cell(int(a)), cell(int(b)), cell(int(c))) for at, a, b, c in values if at == row]


@pytest.mark.parametrize("year", [2023, 2025])
def test_random_years_agree_with_plain_loops(year: int) -> None:
    rng = random.Random(year)
    now, then = ([random_cells(rng, y) for _ in range(300)] for y in (year, year - 1))
    flags, earlier = flags_of(*now, year=year), flags_of(*then, year=year - 1)
    attended = returns.attendance_episodes(flags, returns.tails(earlier, year - 1))
    ill = returns.sickness_episodes(flags)
    for row in range(300):
        assert as_cells(attended, row, year) == plain_attendance(now[row], then[row])
        assert as_cells(ill, row, year) == [found[:3] for found in plain_sickness(now[row])]
    assert ill.added_up.tolist() == [found[3] for row in range(300) for found in plain_sickness(now[row])]
    assert len(attended) > 300 and len(ill) > 200


def test_what_lies_outside_the_enrolment_is_cut_off_before() -> None:
    flags = flags_of(span(date(2025, 10, 13), date(2025, 10, 24), "O"))
    clip(flags, np.array([m.column_of(date(2025, 10, 14), 0)], np.int16), np.array([m.WIDTH - 1], np.int16))
    assert len(returns.attendance_episodes(flags, no_tails())) == 0
