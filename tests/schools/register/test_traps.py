"""The trap cases of the domain reference that the engine answers, each with its right answer."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from schools.register import bands, runs
from schools.register import marks as m
from schools.register.measures import absence_rates, open_columns, percent_text, persistence_rates, totals
from schools.register.thresholds import (
    NEVER,
    PENALTY_THRESHOLD,
    RegisterYear,
    day_reached,
    no_previous_year,
    ten_week_totals,
)
from tests.schools.register.registers import (
    Cells,
    counted,
    matrix,
    span,
    totals_of,
    totals_of_counts,
    whole_year,
)


def whole(*numbers: int) -> m.Counts:
    return np.array(numbers, np.int32)


def band_of(attended: int, possible: int) -> int:
    return int(bands.bands(whole(attended), whole(possible))[0])


def is_persistent(attended: int, possible: int) -> bool:
    return bool(bands.persistent(whole(possible - attended), whole(possible))[0])


def is_severe(attended: int, possible: int) -> bool:
    return bool(bands.severe(whole(possible - attended), whole(possible))[0])


@pytest.mark.parametrize(
    ("attended", "possible", "shown", "expected"),
    [
        (342, 380, "90.0", True),
        (343, 380, "90.3", False),
        (260, 289, "90.0", True),
        (253, 281, "90.0", False),
    ],
)
def test_t1_persistent_absence_goes_by_sessions_not_by_the_percentage_shown(
    attended: int, possible: int, shown: str, expected: bool
) -> None:
    assert percent_text(attended, possible) == shown
    assert is_persistent(attended, possible) is expected


@pytest.mark.parametrize(
    ("attended", "possible", "band", "persistent", "severe"),
    [
        (189, 200, 2, False, False),
        (113, 125, 2, False, False),
        (199, 250, 4, True, False),
        (63, 125, 4, True, False),
        (62, 124, 5, True, True),
        (361, 380, 1, False, False),
        (360, 380, 2, False, False),
        (95, 100, 1, False, False),
        (90, 100, 3, True, False),
        (80, 100, 3, True, False),
    ],
)
def test_t2_no_attendance_falls_between_two_bands(
    attended: int, possible: int, band: int, persistent: bool, severe: bool
) -> None:
    assert band_of(attended, possible) == band
    assert is_persistent(attended, possible) is persistent
    assert is_severe(attended, possible) is severe


def test_t2_the_cut_offs_of_a_full_year_are_19_37_76_and_189_sessions_missed() -> None:
    missed = np.arange(381, dtype=np.int32)
    band = bands.bands(380 - missed, np.full(381, 380, np.int32))
    assert [int(missed[band == b].max()) for b in bands.BANDS] == [19, 37, 76, 189, 380]


def test_t3_persistent_absence_is_bands_three_to_five() -> None:
    attended = np.repeat(np.array([98, 92, 85, 60, 40, 0, 0], np.int32), [120, 38, 30, 8, 4, 1, 1])
    possible = np.repeat(np.array([100, 0], np.int32), [200, 2])
    group = np.zeros(202, np.int32)
    absent = possible - attended
    assert bands.band_counts(bands.bands(attended, possible)).tolist() == [2, 120, 38, 30, 8, 4]
    persistent = persistence_rates(bands.persistent(absent, possible), possible, group, 1)
    severe = persistence_rates(bands.severe(absent, possible), possible, group, 1)
    assert [int(n[0]) for n in persistent] == [42, 200]
    assert [int(n[0]) for n in severe] == [4, 200]
    assert percent_text(42, 200) == "21.0" and percent_text(4, 200) == "2.0"


def test_t4_the_denominator_is_made_of_codes() -> None:
    found = totals_of_counts(
        2025,
        {"/": 140, "\\": 140, "L": 14, "V": 6, "B": 10, "K": 4, "I": 16, "M": 3, "C2": 5}
        | {"O": 4, "U": 4, "G": 10, "N": 2, "D": 12, "Y2": 2, "Q": 4, "#": 10, "Z": 4},
    )
    assert (found.attended[0], found.authorised[0], found.unauthorised[0]) == (314, 24, 20)
    assert found.possible[0] == 358
    assert percent_text(found.attended[0], found.possible[0]) == "87.7"
    assert bands.persistent(found.absent, found.possible)[0]
    assert (found.late[0], found.late_after_close[0]) == (18, 4)
    assert (found.approved_activity[0], found.not_possible[0], found.illness[0]) == (20, 18, 16)


def one_year(year: int, *pupils: Cells) -> RegisterYear:
    marks, group, enrolled = matrix(*pupils), np.zeros(len(pupils), np.int32), whole_year(len(pupils))
    opened = open_columns(marks, year, **enrolled, group=group, groups=1)
    return RegisterYear(year=year, marks=marks, open=opened, group=group, **enrolled)


def test_t5_severe_absence_by_a_part_time_timetable_is_not_unauthorised() -> None:
    year = one_year(2025, counted({"/": 60, "C2": 60}, date(2025, 9, 1)))
    found = totals_of_counts(2025, {"/": 60, "C2": 60})
    assert bands.severe(found.absent, found.possible)[0] and found.unauthorised[0] == 0
    assert ten_week_totals(year, no_previous_year(year)).reached[0] == NEVER


def test_t5_a_refused_holiday_meets_the_threshold_without_persistent_absence() -> None:
    cells = counted({"/": 130, "G": 14, "\\": 1}, date(2025, 9, 1))
    found = totals_of(2025, cells)
    assert percent_text(found.attended[0], found.possible[0]) == "90.3"
    assert not bands.persistent(found.absent, found.possible)[0]
    year = one_year(2025, cells)
    ten = ten_week_totals(year, no_previous_year(year))
    assert ten.total[0] == 14 and ten.reached[0] != NEVER


def test_t6_a_part_year_pupil_is_measured_against_their_own_sessions() -> None:
    found = totals_of(2025, counted({"/": 53, "I": 7}, date(2026, 4, 15)))
    assert (found.absent[0], found.possible[0]) == (7, 60)
    assert bands.persistent(found.absent, found.possible)[0]


def test_t6_a_pupil_with_nothing_but_d_is_unclassified_and_in_no_denominator() -> None:
    found = totals_of_counts(2025, {"D": 60})
    none = bands.persistent(found.absent, found.possible)
    assert bands.bands(found.attended, found.possible).tolist() == [bands.NO_BAND]
    assert not none[0] and not bands.severe(found.absent, found.possible)[0]
    assert [int(n[0]) for n in persistence_rates(none, found.possible, np.zeros(1, np.int32), 1)] == [0, 0]
    assert percent_text(found.attended[0], found.possible[0]) == ""


def test_t6_one_of_ten_in_the_first_week_is_persistent_absence() -> None:
    assert is_persistent(9, 10)


def test_t7_a_term_and_the_year_are_classified_on_their_own_sessions() -> None:
    autumn = counted({"I": 13, "/": 117}, date(2025, 9, 1))
    spring = counted({"I": 6, "/": 114}, date(2026, 1, 5))
    summer = counted({"I": 7, "/": 123}, date(2026, 4, 20))
    cells = autumn | spring | summer
    edge = m.column_of(date(2025, 12, 31), m.PM)
    term, year = totals_of(2025, cells, last_column=edge), totals_of(2025, cells)
    assert (term.absent[0], term.possible[0]) == (13, 130)
    assert bands.persistent(term.absent, term.possible)[0]
    assert (year.absent[0], year.possible[0]) == (26, 380)
    assert not bands.persistent(year.absent, year.possible)[0]
    later = totals_of(2025, cells, first_column=edge + 1)
    assert (later.absent[0], later.possible[0]) == (13, 250)


def test_t7_the_rate_of_a_group_is_sum_over_sum() -> None:
    found = totals_of(
        2025,
        counted({"/": 5, "I": 5}, date(2025, 9, 1)),
        counted({"/": 185, "I": 5}, date(2025, 9, 1)),
    )
    absent, possible = (int(n[0]) for n in absence_rates(found, np.zeros(2, np.int32), 1))
    assert (absent, possible) == (10, 200)
    assert percent_text(absent, possible) == "5.0"


def test_t8_dual_registration_is_two_enrolments_and_one_child() -> None:
    found = totals_of(
        2025,
        counted({"/": 57, "I": 3, "D": 120}, date(2025, 9, 1)),
        counted({"D": 60, "/": 96, "O": 24}, date(2025, 9, 1)),
    )
    assert found.possible.tolist() == [60, 120]
    assert bands.persistent(found.absent, found.possible).tolist() == [False, True]
    absent, possible = int(found.absent.sum()), int(found.possible.sum())
    assert (absent, possible, percent_text(absent, possible)) == (27, 180, "15.0")
    assert is_persistent(possible - absent, possible)


def over_a_summer(first_week_of_autumn: str, friday_afternoon: str) -> tuple[RegisterYear, RegisterYear]:
    """T9: a whole pupil and a classmate; 6 unauthorised in w/c 23 June 2025, 4 up to 16 September."""
    june = span(date(2025, 6, 23), date(2025, 7, 22), "/")
    june |= {(date(2025, 6, day), half): "O" for day in (23, 24, 25) for half in (0, 1)}
    autumn = span(date(2025, 9, 1), date(2025, 9, 5), first_week_of_autumn)
    autumn[date(2025, 9, 5), 1] = friday_afternoon
    autumn |= span(date(2025, 9, 8), date(2025, 9, 19), "/")
    autumn |= {(date(2025, 9, day), half): "O" for day in (15, 16) for half in (0, 1)}
    return one_year(2024, june), one_year(2025, autumn)


def test_t9_ten_school_weeks_span_the_summer() -> None:
    previous, current = over_a_summer("/", "/")
    found = ten_week_totals(current, previous)
    assert found.total[0] == 10
    assert day_reached(2025, int(found.reached[0])) == date(2025, 9, 16)
    assert found.reached[0] - m.WIDTH == m.column_of(date(2025, 9, 16), m.PM)


def test_t9_on_the_day_before_the_threshold_is_not_met() -> None:
    previous, current = over_a_summer("/", "/")
    found = ten_week_totals(current, previous, last_column=m.last_column_on(2025, date(2025, 9, 15)))
    assert found.total[0] == 8 and found.reached[0] == NEVER


@pytest.mark.parametrize(("inset_half", "weeks_between", "is_met"), [("#", 3, True), ("#", 4, False), ("/", 3, False)])
def test_t9_an_inset_week_is_no_school_week_unless_it_holds_one_session(
    inset_half: str, weeks_between: int, is_met: bool
) -> None:
    """With 5 weeks of summer term and the INSET week: the autumn weeks decide which side of ten it falls."""
    june = span(date(2025, 6, 23), date(2025, 7, 22), "/")
    june |= {(date(2025, 6, day), half): "O" for day in (23, 24, 25) for half in (0, 1)}
    begins = date(2025, 9, 8)
    last_monday = begins + timedelta(weeks=weeks_between + 1)
    autumn = span(date(2025, 9, 1), date(2025, 9, 5), "#") | {(date(2025, 9, 5), 1): inset_half}
    autumn |= span(begins, last_monday + timedelta(days=4), "/")
    autumn |= span(last_monday, last_monday + timedelta(days=1), "O")
    found = ten_week_totals(one_year(2025, autumn), one_year(2024, june))
    # 5 summer weeks + the autumn weeks up to the last one, and the INSET week where it held a session
    assert 5 + weeks_between + 2 + (inset_half == "/") == (10 if is_met else 11)
    assert bool(found.reached[0] != NEVER) is is_met


def test_sessions_before_19_august_2024_are_not_counted_under_the_national_framework() -> None:
    june = span(date(2024, 6, 24), date(2024, 7, 19), "/") | span(date(2024, 7, 15), date(2024, 7, 19), "O")
    autumn = span(date(2024, 9, 2), date(2024, 9, 6), "O")
    autumn[date(2024, 9, 6), 1] = "\\"
    found = ten_week_totals(one_year(2024, autumn), one_year(2023, june))
    assert found.total[0] == 9 and found.reached[0] == NEVER


def sickness_of(codes: Cells) -> runs.Sickness:
    return runs.sickness(matrix(codes), 2025, **whole_year(1))


def days_of(mark: str, first: date, number: int) -> Cells:
    return counted({mark: 2 * number}, first)


def test_t14_sickness_adds_up_to_fifteen_days() -> None:
    found = sickness_of(days_of("I", date(2025, 10, 1), 8) | days_of("I", date(2025, 12, 1), 7))
    assert found.sessions[0] == 30
    assert m.day_of(2025, int(found.reached_at[0])) == date(2025, 12, 9)


def test_t14_appointments_do_not_count_as_sickness() -> None:
    found = sickness_of(days_of("I", date(2025, 10, 1), 13) | days_of("M", date(2025, 12, 1), 2))
    assert found.sessions[0] == 26 and found.reached_at[0] == runs.NEVER


def unauthorised_run(cells: Cells) -> runs.Runs:
    return runs.unauthorised_runs(matrix(cells), 2025, **whole_year(1))


def test_t14_two_weeks_of_o_are_ten_continuous_days() -> None:
    found = unauthorised_run(span(date(2025, 10, 13), date(2025, 10, 24), "O"))
    assert found.longest[0] == 20
    assert found.reached_at[0] == m.column_of(date(2025, 10, 24), m.PM)


def test_t14_one_late_mark_breaks_the_run() -> None:
    cells = span(date(2025, 10, 13), date(2025, 10, 24), "O") | {(date(2025, 10, 17), 0): "L"}
    found = unauthorised_run(cells)
    assert found.reached_at[0] == runs.NEVER and found.current[0] == 11


def test_t14_half_term_neither_adds_to_nor_breaks_a_run() -> None:
    cells = span(date(2025, 10, 15), date(2025, 10, 24), "O") | span(date(2025, 10, 27), date(2025, 10, 31), "#")
    cells |= span(date(2025, 11, 3), date(2025, 11, 4), "O")
    assert unauthorised_run(cells).reached_at[0] == m.column_of(date(2025, 11, 4), m.PM)


def test_t14_the_three_figures_are_three_rules() -> None:
    assert PENALTY_THRESHOLD.sessions == 10
    assert runs.ATTENDANCE_RETURN.half_days == 20
    assert runs.SICKNESS_RETURN.half_days == 30


def test_back_in_school_is_the_first_session_attended_after_ten_missed() -> None:
    missed = counted({"I": 6, "O": 4, "Y1": 2, "\\": 2}, date(2025, 9, 8))
    too_few = counted({"I": 9, "\\": 3}, date(2025, 9, 8))
    found = runs.absence_runs(matrix(missed, too_few), 2025, **whole_year(2))
    assert found.returned_at.tolist() == [m.column_of(date(2025, 9, 16), m.AM), runs.NEVER]


@pytest.mark.parametrize(("year", "interview", "absent", "expected"), [(2023, "J", 33, False), (2024, "J1", 38, True)])
def test_t15_an_interview_was_attended_in_2023_and_is_absence_in_2024(
    year: int, interview: str, absent: int, expected: bool
) -> None:
    found = totals_of_counts(year, {"/": 342, "I": 33, interview: 5})
    assert (found.absent[0], found.possible[0]) == (absent, 380)
    assert bands.persistent(found.absent, found.possible)[0] == expected


def test_a_blank_on_an_open_day_is_missing_and_counts_nowhere_else() -> None:
    full = span(date(2025, 9, 8), date(2025, 9, 12), "/")
    gaps = {cell: mark for cell, mark in full.items() if cell[0] != date(2025, 9, 10)}
    found = totals_of(2025, full, gaps)
    assert found.missing.tolist() == [0, 2]
    assert found.possible.tolist() == [10, 8]


def test_a_day_on_which_fewer_than_half_have_a_mark_is_not_open() -> None:
    full = span(date(2025, 9, 8), date(2025, 9, 12), "/")
    club = full | {(date(2025, 9, 13), 0): "/"}
    found = totals_of(2025, club, full, full)
    assert found.missing.tolist() == [0, 0, 0]
    assert totals_of(2025, club, full).missing.tolist() == [0, 1]


def test_a_calendar_decides_where_it_is_known() -> None:
    full = span(date(2025, 9, 8), date(2025, 9, 12), "/")
    marks, group = matrix(full), np.zeros(1, np.int32)
    calendar = np.full((1, m.WIDTH), -1, np.int8)
    calendar[0, m.column_of(date(2025, 9, 8), m.AM)] = 0
    calendar[0, m.column_of(date(2025, 9, 15), m.AM)] = 1
    opened = open_columns(marks, 2025, **whole_year(1), group=group, groups=1, calendar=calendar)
    found = totals(marks, 2025, **whole_year(1), open=opened, group=group)
    assert opened.sum() == 10 and found.missing[0] == 1


def test_marks_outside_a_stated_enrolment_count_nowhere() -> None:
    cells = span(date(2025, 9, 8), date(2025, 9, 19), "/")
    marks, group = matrix(cells), np.zeros(1, np.int32)
    admitted = np.array([m.admission_column(2025, date(2025, 9, 10))], np.int16)
    left = np.array([m.leaving_column(2025, date(2025, 9, 16))], np.int16)
    opened = open_columns(marks, 2025, admitted=admitted, left=left, group=group, groups=1)
    found = totals(marks, 2025, admitted=admitted, left=left, open=opened, group=group)
    assert found.possible[0] == 10


def test_an_unstated_admission_is_the_first_real_mark() -> None:
    mates = span(date(2025, 9, 8), date(2025, 9, 19), "/")
    late = span(date(2025, 9, 8), date(2025, 9, 9), "Z") | span(date(2025, 9, 15), date(2025, 9, 16), "/")
    marks, group = matrix(mates, mates, late), np.zeros(3, np.int32)
    enrolled = whole_year(3)
    enrolled["admitted"] = np.full(3, m.NOT_STATED, np.int16)
    opened = open_columns(marks, 2025, **enrolled, group=group, groups=1)
    found = totals(marks, 2025, **enrolled, open=opened, group=group)
    assert found.missing.tolist() == [0, 0, 6]


def test_a_row_without_a_year_group_is_refused() -> None:
    marks, group = m.empty(2), np.array([0, -1], np.int32)
    with pytest.raises(ValueError, match="year group"):
        open_columns(marks, 2025, **whole_year(2), group=group, groups=1)
    with pytest.raises(ValueError, match="year group"):
        totals(marks, 2025, **whole_year(2), open=np.zeros((1, m.WIDTH), np.bool_), group=group)


def test_a_pupil_new_this_year_has_a_row_of_nothing_in_the_year_before() -> None:
    previous, current = over_a_summer("/", "/")
    new_here = RegisterYear(
        year=2024,
        marks=m.empty(1),
        open=previous.open,
        group=np.array([-1], np.int32),
        admitted=previous.admitted,
        left=previous.left,
    )
    found = ten_week_totals(current, new_here)
    assert found.total[0] == 4 and found.reached[0] == NEVER


def test_two_years_that_do_not_follow_each_other_are_refused() -> None:
    previous, current = over_a_summer("/", "/")
    with pytest.raises(ValueError, match="follow each other"):
        ten_week_totals(previous, current)


def test_an_empty_school_has_empty_answers() -> None:
    marks, group = m.empty(0), np.zeros(0, np.int32)
    opened = open_columns(marks, 2025, **whole_year(0), group=group, groups=0)
    found = totals(marks, 2025, **whole_year(0), open=opened, group=group)
    year = RegisterYear(year=2025, marks=marks, open=opened, group=group, **whole_year(0))
    assert len(found.possible) == 0 and len(bands.bands(found.attended, found.possible)) == 0
    assert len(ten_week_totals(year, no_previous_year(year)).total) == 0
    assert len(runs.absence_runs(marks, 2025, **whole_year(0)).current) == 0


def test_pupils_whose_year_groups_are_mixed_are_counted_as_if_sorted() -> None:
    older, younger = (
        span(date(2025, 9, 8), date(2025, 9, 12), "/"),
        span(date(2025, 9, 9), date(2025, 9, 12), "/"),
    )
    marks, group = matrix(older, younger, older, younger), np.array([1, 0, 1, 0], np.int32)
    opened = open_columns(marks, 2025, **whole_year(4), group=group, groups=2)
    assert opened.sum(axis=1).tolist() == [8, 10]
