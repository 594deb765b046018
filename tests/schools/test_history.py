"""What moved is noted once, by nights and uploads; a day asked for by hand is no history."""

from __future__ import annotations

import datetime as dt

import pytest

from schools.banding import band_schools
from schools.models import BandMove, Standing
from tests.cast import ON, Cast, in_scope
from tests.schools.files import all_present, long_file
from tests.schools.test_uploads import DAYS, store

pytestmark = pytest.mark.django_db


def rows() -> list[tuple[object, ...]]:
    return list(
        Standing.objects.order_by("enrolment").values_list("enrolment", "band", "as_at", "noted_band", "noted_on")
    )


def test_a_day_asked_for_and_then_an_ordinary_night_invent_no_moves(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        marks = all_present(cast.pupils, DAYS)
        marks[cast.pupil] |= dict.fromkeys(DAYS[10:], "II")
        store(cast, long_file(marks))
        before = rows()
        band_schools([cast.hill.pk], on=ON, as_at=DAYS[8])
        assert Standing.objects.get(pupil=cast.pupil).band == 1
        band_schools([cast.hill.pk], on=ON)
        assert rows() == before
        assert not BandMove.objects.exists()


def test_a_move_between_two_nights_is_noted_though_a_day_was_asked_for_between(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        marks = all_present(cast.pupils, DAYS[:10])
        store(cast, long_file(marks))
        band_schools([cast.hill.pk], on=ON, as_at=DAYS[3])
        marks[cast.pupil] |= dict.fromkeys(DAYS[10:], "II")
        store(cast, long_file(marks))
        assert [(m.kind, m.from_band, m.to_band) for m in BandMove.objects.all()] == [("newly-severe", 1, 5)]


def test_a_new_school_year_begins_without_moves(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store(cast, long_file(all_present(cast.pupils, DAYS)))
        Standing.objects.update(noted_band=5, noted_on=dt.date(2026, 7, 20))
        band_schools([cast.hill.pk], on=ON)
        assert not BandMove.objects.exists()
        assert set(Standing.objects.values_list("noted_on", flat=True)) == {DAYS[-1]}


def test_a_night_once_more_and_a_night_of_earlier_data_tell_no_move_again(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        marks = all_present(cast.pupils, DAYS[:19])
        marks[cast.pupil] |= dict.fromkeys(DAYS[2:17], "II")
        store(cast, long_file({pupil: dict(list(days.items())[:2]) for pupil, days in marks.items()}))
        store(cast, long_file(marks))
        told = sorted(BandMove.objects.values_list("kind", "as_at"))
        assert told == [("back", DAYS[18]), ("newly-severe", DAYS[18])]
        band_schools([cast.hill.pk], on=ON)
        band_schools([cast.hill.pk], on=ON, as_at=DAYS[9], is_history=True)
        band_schools([cast.hill.pk], on=ON)
        assert sorted(BandMove.objects.values_list("kind", "as_at")) == told
