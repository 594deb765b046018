"""Returns drafted as the authority asked for them when they became due."""

from __future__ import annotations

import datetime as dt

import pytest

from schools import banding
from schools.models import Circumstance, Enrolment, ReturnPolicy, StatutoryReturn
from schools.returning import deadlines, returns
from tests.cast import ON, Cast, in_scope, make_pupil
from tests.schools.calendars import make_term
from tests.schools.files import all_present, school_days
from tests.schools.stored import AT, store_marks
from tests.schools.test_drafting import DAYS, held, send

Kind, Stage = StatutoryReturn.Kind, StatutoryReturn.Stage

pytestmark = pytest.mark.django_db


def test_the_youngest_class_on_the_first_day_is_drafted_only_where_the_authority_asks(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil__in=cast.pupils[:2]).update(admission_on=DAYS[0])
        send(cast)
        assert [one.pupil_id for one in held()] == [cast.pupils[1].pk]
        ReturnPolicy.objects.create(from_on=DAYS[0], asks_for_first_day_joiners=True, in_school_days=True)
        banding.band_schools([cast.hill.pk], on=ON)
        assert {one.pupil_id for one in held()} == {cast.pupil.pk, cast.pupils[1].pk}
        assert deadlines.deadline_of(Kind.NEW_PUPIL, DAYS[0], deadlines.policy_on(ON)) == dt.date(2026, 9, 14)


def test_school_days_after_the_summer_are_those_of_the_next_years_calendar(cast: Cast) -> None:
    """Entered on 16 July: 17 July, then 3, 4, 7 and 8 September."""
    days = school_days(dt.date(2026, 7, 6), 10)
    with in_scope(cast.eastshire):
        make_term("summer", (dt.date(2026, 4, 13), days[-1]), year=2025)
        make_term("autumn", (dt.date(2026, 9, 3), dt.date(2026, 12, 18)))
        ReturnPolicy.objects.create(from_on=days[0], in_school_days=True)
        Enrolment.objects.filter(pupil=cast.pupils[1]).update(admission_on=days[8])
        others = [one for one in cast.pupils if one != cast.pupils[1]]
        store_marks(cast, cast.hill, all_present(others, days) | all_present(cast.pupils[1:2], days[8:]))
        one = StatutoryReturn.objects.get(pupil=cast.pupils[1], kind=Kind.NEW_PUPIL)
        assert (one.arose_on, one.deadline_on) == (days[8], dt.date(2026, 9, 8))


def test_the_first_day_is_not_asked_for_afterwards(cast: Cast) -> None:
    """domain.md 1.5: then for names entered after the request."""
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pk=Enrolment.objects.get(pupil=cast.pupil).pk).update(admission_on=DAYS[0])
        ReturnPolicy.objects.create(from_on=DAYS[1], asks_for_first_day_joiners=True)
        send(cast)
        assert held() == []


def test_an_attendance_return_is_in_time_for_as_long_as_the_authority_agreed(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        ReturnPolicy.objects.create(from_on=DAYS[0], attendance_days=31)
        send(cast, (cast.pupil, 3, 10, "OO"))
        [one] = held()
        assert one.deadline_on == DAYS[12] + dt.timedelta(days=31)


def test_leavers_of_the_final_year_are_drafted_where_the_authority_asks_for_them(cast: Cast) -> None:
    """domain.md 1.5: not needed for those who have finished the final year, unless the authority asks."""
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupils[4]).update(leaving_on=dt.date(2027, 6, 25))
        send(cast)
        assert held() == []
        ReturnPolicy.objects.create(from_on=ON, asks_for_final_year=True)
        banding.band_schools([cast.hill.pk], on=ON)
        [one] = held()
        assert (one.kind, one.pupil_id, one.deadline_on) == (Kind.DELETION, cast.pupils[4].pk, dt.date(2027, 6, 25))


def test_a_return_is_in_time_as_was_asked_when_it_became_due(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        ReturnPolicy.objects.create(from_on=ON, attendance_days=30)
        send(cast, (cast.pupil, 3, 10, "OO"))
        assert held()[0].deadline_on == DAYS[12] + dt.timedelta(days=5)


def test_the_final_year_is_asked_for_by_the_day_of_leaving_and_no_longer_without_untruth(cast: Cast) -> None:
    """What became due before a choice stays as it was asked then, and what was sent is true whoever asks for it."""
    leaving = [dt.date(2026, 8, 31), dt.date(2027, 6, 25), dt.date(2027, 7, 21), dt.date(2027, 7, 22)]
    with in_scope(cast.eastshire):
        grown = [make_pupil(cast.hill, 70 + at, "Novak", f"Nia{at}", "11") for at in range(4)]
        for child, day in zip(grown, leaving, strict=True):
            Enrolment.objects.filter(pupil=child).update(leaving_on=day)
        Circumstance.objects.create(pupil=grown[1], kind="child-in-need", from_on=DAYS[0], source="Test")
        store_marks(cast, cast.hill, all_present([*cast.pupils, *grown], DAYS))
        assert [(one.pupil_id, one.is_finished) for one in held()] == [(grown[1].pk, True)]
        returns.tell_contact(held()[0], otherwise="", by=cast.lead, at=AT)
        assert held()[0].stage == Stage.SET_ASIDE

        ReturnPolicy.objects.create(from_on=ON, asks_for_final_year=True)
        banding.band_schools([cast.hill.pk], on=ON)
        of_care, *of_july = held()
        assert [(one.arose_on, one.stage, one.is_finished) for one in (of_care, *of_july)] == [
            (day, Stage.DRAFT, False) for day in leaving[1:]
        ]
        assert of_care.told_at, "of this very deletion"
        for one in (of_care, of_july[1]):
            returns.send_return(one, confirmed={"address": "1 Hill Road"}, by=cast.lead, at=AT)
        ReturnPolicy.objects.create(from_on=ON + dt.timedelta(days=1), asks_for_final_year=False)
        banding.band_schools([cast.hill.pk], on=ON)
        assert [one.stage for one in held()] == [Stage.SENT, Stage.WITHDRAWN, Stage.SENT]
        assert not any(one.ground_gone_on for one in held())
        assert "not asked for any more" in held()[1].steps.first().words
