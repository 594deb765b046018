"""Figures of a stored register beside sums made by hand: ten school weeks across a summer, and an earlier day."""

from __future__ import annotations

import datetime as dt
import io
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from schools.banding import band_schools
from schools.models import Enrolment, School, Standing
from schools.models.places import Phase
from schools.register.codes import NUMBERS
from schools.register.marks import WIDTH, column_of
from schools.standing.figures import (
    Figures,
    as_at_day,
    as_held,
    figures_in,
    schools_reaching_back,
    windows_of,
    worked_out,
)
from schools.stored import fetched, registers
from schools.stored.registers import load_marks, load_roll, marked_in, save_rows
from schools.stored.school_days import calendars_of
from tests.cast import ON, Cast, in_scope
from tests.schools.files import all_present, long_file, school_days
from tests.schools.test_uploads import AT, store

JUNE = dt.date(2026, 6, 22)
SUMMER = [day for day in school_days(JUNE, 25) if day <= dt.date(2026, 7, 21)]
AUTUMN = school_days(dt.date(2026, 8, 31), 12)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("inset_week", "expected"), [("/\\", 10), ("##", 10), ("extra", 4)])
def test_t9_ten_school_weeks_reach_back_over_the_summer(cast: Cast, inset_week: str, expected: int) -> None:
    """Six unauthorised sessions in June and four in September: 8 school weeks apart, 7, or out of ten."""
    with in_scope(cast.eastshire):
        marks = all_present(cast.pupils, SUMMER + AUTUMN)
        marks[cast.pupil] |= dict.fromkeys(SUMMER[:3], "OO") | dict.fromkeys(AUTUMN[10:12], "OO")
        if inset_week == "##":
            for pupil in cast.pupils:
                marks[pupil] |= dict.fromkeys(AUTUMN[:5], "##")
        if inset_week == "extra":
            for pupil in cast.pupils:
                marks[pupil] |= dict.fromkeys(school_days(dt.date(2026, 9, 21), 15), "/\\")
        store(cast, long_file(marks))
        assert Standing.objects.get(pupil=cast.pupil).ten_week_unauthorised == expected
        assert Standing.objects.get(pupil=cast.pupils[1]).ten_week_unauthorised == 0


def test_an_earlier_day_is_worked_out_as_if_nothing_had_come_after(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        marks = all_present(cast.pupils, SUMMER + AUTUMN)
        marks[cast.pupil] |= dict.fromkeys(SUMMER[:3], "OO") | dict.fromkeys(AUTUMN[10:12], "OO")
        store(cast, long_file(marks))
        for as_at, possible, missed in ((AUTUMN[10], 22, 2), (dt.date(2026, 9, 13), 20, 0), (SUMMER[4], 10, 6)):
            found = as_held(cast.hill.pk, on=as_at, as_at=as_at)
            assert found is not None
            row = found.roll.enrolments.tolist().index(cast.pupil.enrolments.get().pk)
            assert (found.totals.possible[row], found.totals.absent[row]) == (possible, missed)
        assert as_held(cast.hill.pk, on=ON) is not None


def test_a_number_that_a_spreadsheet_would_take_for_a_formula_is_neutralised_on_export(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        cast.pupil.enrolments.update(local_id="=1+1")
        store(cast, long_file(all_present(cast.pupils, AUTUMN)))
    out = io.StringIO()
    call_command("export_bands", authority="eastshire", as_of=None, school=cast.hill.urn, stdout=out)
    assert f"{cast.pupil.upn},'=1+1,24,24" in out.getvalue()


def test_a_standing_tells_the_latest_day_attended_and_the_latest_with_code_c2(cast: Cast) -> None:
    amy, ben, cora = cast.pupils[:3]
    marks = all_present(cast.pupils, AUTUMN)
    marks[amy] |= dict.fromkeys(AUTUMN[5:], "OO") | {AUTUMN[3]: "/C"}
    marks[ben] = dict.fromkeys(AUTUMN, "II")
    with in_scope(cast.eastshire):
        store(cast, long_file(marks).replace(b",C\r\n", b",C2\r\n"))
        told = {one.pupil_id: (one.present_on, one.part_time_on) for one in Standing.objects.all()}
    assert told[amy.pk] == (AUTUMN[4], AUTUMN[3])
    assert told[ben.pk] == (None, None)
    assert told[cora.pk] == (AUTUMN[-1], None)


@pytest.mark.parametrize("last", [AUTUMN[5], dt.date(2027, 5, 28)], ids=["reaching-back", "late-in-the-year"])
def test_schools_read_in_pieces_stand_as_they_do_together(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, last: dt.date
) -> None:
    """A school a piece, one of them without a child, beside everything read first and worked out in one."""
    drawn, known = np.random.default_rng(8), np.array([NUMBERS[code] for code in "/\\LIOCNX"], np.uint8)
    with in_scope(cast.eastshire):
        moor = School.objects.create(urn="999003", laestab="9992003", name="Moor School", phase=Phase.PRIMARY)
        schools = [cast.vale.pk, moor.pk, cast.hill.pk]
        ids = np.array(sorted(Enrolment.objects.filter(school__in=schools).values_list("pk", flat=True)))
        for year in (2025, 2026):
            marks = drawn.choice(known, (len(ids), WIDTH))
            marks[:, column_of(last, 1) + 1 :] *= year == 2025
            save_rows(year, ids, marks, [str(number % 3 + 5) for number in ids])
        roll = load_roll(schools, 2026)
        marked = marked_in(schools, 2025, roll.enrolments)
        windows = windows_of(roll, marked, calendars=calendars_of(schools, [2025, 2026]))
        back = schools_reaching_back(windows)
        assert bool(back) == (last == AUTUMN[5])
        together = figures_in(roll, windows, load_marks(back, 2025, roll.enrolments) if back else None)
        monkeypatch.setattr(fetched, "SCHOOLS_A_READ", 1)
        again = load_roll(schools, 2026)
        assert (again.marks == roll.marks).all() and roll.marks.any()
        assert again.year_groups == roll.year_groups
        monkeypatch.setattr(registers, "ROWS_A_PIECE", 1)
        found, windows = worked_out(schools, 2026)
        for window in windows:
            assert (found.roll.enrolments[window.rows] == window.roll.enrolments).all()
    for one, other in zip(_told(found), _told(together), strict=True):
        np.testing.assert_array_equal(one, other)


def _told(figures: Figures) -> list[Any]:
    """Every column of figures, those of their roll and their totals too."""
    nested = [figures, figures.roll, figures.totals, figures.six_weeks]
    values = [value for one in nested for _, value in sorted(vars(one).items())]
    return [value for value in values if isinstance(value, np.ndarray)] + [figures.roll.groups]


def test_a_school_whose_every_enrolment_was_made_in_error_is_banded_without_anyone(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store(cast, long_file(all_present(cast.pupils, AUTUMN)))
        Enrolment.objects.filter(school=cast.hill).update(made_in_error_at=AT)
        band_schools([cast.hill.pk], on=ON)
        assert not Standing.objects.filter(school=cast.hill).exists()
        figures, _ = worked_out([cast.hill.pk], 2026)
        assert len(figures.roll) == 0 and as_at_day(figures) is None
