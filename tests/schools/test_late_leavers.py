"""Leaving dates of last school year that a school's system tells only in this one."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from attendance_portal.tenancy import authority_scope
from schools.models import Enrolment, Standing
from tests.cast import SINCE
from tests.schools.systems import Wonde


def test_a_leaving_last_school_year_told_only_in_this_one_ends_the_stay_at_once_and_so_does_another_day(
    wonde: Wonde,
) -> None:
    hill, cast, gone = wonde.hill, wonde.cast, wonde.cast.pupils[4]
    hill.marks[4] = 0
    before = replace(hill.students[0], source_id="A1500009003", admitted_on=SINCE, left_on=dt.date(2026, 3, 6))
    hill.students[0] = replace(hill.students[0], admitted_on=None)
    hill.students.append(before)  # an earlier entry of a child who is on roll says nothing of the stay of now
    wonde.work()
    for left_on in (dt.date(2026, 7, 22), dt.date(2026, 7, 17)):
        wonde.clock.at += dt.timedelta(days=1)
        hill.students[4] = replace(hill.students[4], left_on=left_on, changed_at=wonde.clock.at)
        assert wonde.again().counts["roll"] == 1
        with authority_scope(cast.eastshire):
            assert Enrolment.objects.get(pupil=gone).leaving_on == left_on
            assert not Standing.objects.filter(pupil=gone, is_on_roll=True).exists(), "not only in the night"
            assert Enrolment.objects.get(pupil=cast.pupil).leaving_on is None
