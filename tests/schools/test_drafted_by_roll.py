"""Deletions and new pupils drafted without a mark: in August by the roll alone, and for a social worker's sake."""

from __future__ import annotations

import datetime as dt

import pytest

from schools import banding
from schools.changes import corrections
from schools.models import Circumstance, Enrolment, Pupil, RegisterCoverage, ReturnStep, Standing, StatutoryReturn
from schools.returning import returns
from schools.returning.return_words import why_due
from tests.cast import ON, Cast, in_scope, make_pupil
from tests.schools.files import all_present, long_file, school_days
from tests.schools.stored import AT, store_marks
from tests.schools.test_drafting import DAYS, held, send
from tests.schools.test_uploads import store

Kind, Stage = StatutoryReturn.Kind, StatutoryReturn.Stage

pytestmark = pytest.mark.django_db


def of_the_year() -> list[StatutoryReturn]:
    return [one for one in held() if one.year == ON.year]


def test_leavers_and_joiners_of_august_are_drafted_before_the_first_register_of_the_year(cast: Cast) -> None:
    """By the roll alone: 31 August is the usual last day, and the return is due by then. Year 11 finished in July."""
    august = dt.date(2026, 8, 31)
    with in_scope(cast.eastshire):
        send(cast, days=school_days(dt.date(2026, 7, 6), 12))
        everyone = Enrolment.objects.filter(school=cast.hill)
        everyone.filter(pupil__in=[cast.pupils[0], cast.pupils[4]]).update(leaving_on=august)
        everyone.filter(pupil=cast.pupils[2]).update(admission_on=dt.date(2026, 8, 25))
        banding.band_schools([cast.hill.pk], on=dt.date(2026, 7, 31))
        assert of_the_year() == []
        banding.band_schools([cast.hill.pk], on=dt.date(2026, 8, 25))
        deletion, joiner = of_the_year()
        assert (deletion.pupil_id, deletion.year, deletion.deadline_on) == (cast.pupil.pk, 2026, august)
        assert (joiner.pupil_id, joiner.kind) == (cast.pupils[2].pk, Kind.NEW_PUPIL)
        assert joiner.deadline_on == dt.date(2026, 8, 30)
        steps = ReturnStep.objects.count()
        # The first registers of the year ask for the same two: its new years 7 and 11 are there now.
        fresh = [make_pupil(cast.hill, 70 + at, "Novak", f"Nia{at}", group) for at, group in enumerate(("7", "11"))]
        store_marks(cast, cast.hill, all_present([*cast.pupils[1:4], *fresh], DAYS))
        assert of_the_year() == [deletion, joiner] and ReturnStep.objects.count() == steps
        everyone.filter(pupil=cast.pupil).update(leaving_on=None)
        banding.band_schools([cast.hill.pk], on=ON)
        assert [one.stage for one in of_the_year()] == [Stage.WITHDRAWN, Stage.DRAFT]


def test_of_a_final_year_leaver_with_a_social_worker_the_social_worker_is_told(cast: Cast) -> None:
    """No return is needed (domain.md 1.5), but the contact is told of any deletion first (domain.md 7)."""
    with in_scope(cast.eastshire):
        grown, twin = cast.pupils[4], make_pupil(cast.hill, 70, "Novak", "Nia", "11")
        for child, kind in ((grown, "child-protection"), (twin, "previously-looked-after")):
            Circumstance.objects.create(pupil=child, kind=kind, from_on=DAYS[0], source="Test")
        Enrolment.objects.filter(pupil__in=[grown, twin]).update(leaving_on=dt.date(2027, 6, 25))
        send(cast)
        [one] = held()
        assert (one.pupil_id, one.stage, one.is_finished) == (grown.pk, Stage.DRAFT, True)
        assert "only the social worker is told" in why_due(one)
        returns.tell_contact(one, otherwise="", by=cast.lead, at=AT)
        banding.band_schools([cast.hill.pk], on=ON)
        [one] = held()
        assert one.stage == Stage.SET_ASIDE and one.told_whom == "Vic Stone"


def test_registers_of_closures_alone_begin_no_year(cast: Cast) -> None:
    """An INSET day's file: the figures are last year's as in August, and so are the school's first and last classes."""
    with in_scope(cast.eastshire):
        send(cast, days=school_days(dt.date(2026, 7, 6), 12))
        seventh, _, ninth, _, final = cast.pupils
        leavers = [make_pupil(cast.hill, 70, "Novak", "Nia", "7"), ninth]
        Enrolment.objects.filter(pupil__in=[*leavers, final]).update(leaving_on=dt.date(2026, 8, 31))
        store_marks(cast, cast.hill, {pupil: {dt.date(2026, 9, 1): "##"} for pupil in cast.pupils})
        assert set(Standing.objects.values_list("year", flat=True)) == {2025} and Standing.objects.count() == 6
        assert RegisterCoverage.objects.get(school=cast.hill).last_data_on == dt.date(2026, 7, 21)
        assert {one.pupil for one in of_the_year()} == {*leavers}
        # Year 7 comes alone on the first day: it is not the oldest class for that, neither now nor in July.
        store_marks(cast, cast.hill, all_present([seventh], [dt.date(2026, 9, 2)]))
        assert {one.pupil for one in of_the_year()} == {*leavers}
        assert {one.stage for one in of_the_year()} == {Stage.DRAFT}
        assert set(Standing.objects.filter(is_on_roll=True).values_list("year", flat=True)) == {2026}


def test_a_july_leaving_that_an_autumn_file_or_move_tells_is_drafted_in_its_year(cast: Cast) -> None:
    """September's first marks are there: last year is looked at again for the date alone."""
    july = dt.date(2026, 7, 17)
    with in_scope(cast.eastshire):
        send(cast, days=school_days(dt.date(2026, 6, 1), 20))
        stays, leaver, moves, *_ = cast.pupils
        store_marks(cast, cast.hill, all_present([stays, *cast.pupils[3:]], DAYS[:3]))
        store(cast, _with_leaving(long_file(all_present([stays], DAYS[3:4]) | {leaver: {DAYS[3]: "  "}}), leaver, july))
        deletions = StatutoryReturn.objects.filter(kind=Kind.DELETION, year=2025)
        assert [(one.pupil_id, one.arose_on) for one in deletions] == [(leaver.pk, july)]
        enrolment = Enrolment.objects.get(pupil=moves)
        corrections.move_school(
            enrolment, leaving_on=july, to=None, destination="Elsewhere", admission_on=None, reason="Test",
            by=cast.lead, at=AT, on=ON,
        )  # fmt: skip
        assert {one.pupil_id for one in deletions.all()} == {leaver.pk, moves.pk}


def _with_leaving(content: bytes, leaver: Pupil, day: dt.date) -> bytes:
    """The file with a column that says when this child left."""
    heading, *lines = content.decode().splitlines()
    told = (f"{line},{day:%d/%m/%Y}" if line.startswith(f"{leaver.upn},") else f"{line}," for line in lines)
    return "\r\n".join([f"{heading},Leaving date", *told, ""]).encode()
