"""The rule board after Hilltop Academy took Hill Academy over: what was carried on is counted once, worked by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from casework import rule_board
from schools.directory.carrying import carry_rolls
from schools.models import Enrolment, Pupil, School
from tests.casework.test_rules_by_child import children, join, stand
from tests.cast import ON, Cast, in_scope
from tests.schools.files import all_present, school_days
from tests.schools.stored import AUTUMN, store_marks
from tests.schools.takeovers import OPENED, sent, standing, take_over

SINCE = school_days(OPENED, 25)  # to 13 November


@pytest.fixture
def hilltop(cast: Cast) -> Iterator[School]:
    """20 days at Hill and 25 at Hilltop, all present, but: Amy was away at Hill, Ben at Hilltop. Cora was ill for
    eight days at Hill; Dan too, and for five at Hilltop. Ben and Dan then went to Vale.
    """
    amy, ben, cora, dan, _ = cast.pupils
    before, after = all_present(cast.pupils, AUTUMN), all_present(cast.pupils, SINCE)
    before[amy] = dict.fromkeys(AUTUMN, "OO")
    after[ben] = dict.fromkeys(SINCE, "OO")
    for pupil in (cora, dan):
        before[pupil] |= dict.fromkeys(AUTUMN[:8], "II")
    after[dan] |= dict.fromkeys(SINCE[:5], "II")
    with in_scope(cast.eastshire):
        store_marks(cast, cast.hill, before)
        school = take_over(cast, cast.hill, "999050", OPENED)
        carry_rolls(on=ON, by=None)
        sent(cast, school, after)
        yield school


def to_vale(pupil: Pupil, cast: Cast) -> Enrolment:
    Enrolment.objects.filter(pupil=pupil, leaving_on=None).update(leaving_on=SINCE[-1])
    return join(pupil, cast.vale, SINCE[-1] + dt.timedelta(days=3))


def test_who_is_severely_absent_is_told_by_each_session_once(cast: Cast, hilltop: School) -> None:
    """Amy 50 of 90; Ben 40 of 90 and 10 of 10 at Vale, exactly half. Twice counted Amy were severe and Ben not."""
    amy, ben, *_ = cast.pupils
    stand(to_vale(ben, cast), possible=10)
    assert [(one.attended, one.possible) for one in (standing(hilltop, amy), standing(hilltop, ben))] == [
        (50, 90), (40, 90)
    ]  # fmt: skip
    for code in ("severe-no-lead", "severe-no-plan", "missing-severe"):
        assert children(code, cast.officer) == [ben.pk], code
    assert rule_board.promise(cast.officer).severe == 1


def test_illness_carried_on_is_no_second_illness(cast: Cast, hilltop: School) -> None:
    """Cora 16 sessions; Dan 26, and four at Vale: 30. Twice counted both had more."""
    dan = cast.pupils[3]
    vale = to_vale(dan, cast)
    assert [standing(hilltop, one).illness for one in cast.pupils] == [0, 0, 16, 26, 0]
    held = stand(vale, possible=10, illness=3)
    assert children("illness-together", cast.officer) == []
    held.illness = 4
    held.save()
    assert children("illness-together", cast.officer) == [dan.pk]
