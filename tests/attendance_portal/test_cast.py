"""The tests' own cast: who sees which children."""

from __future__ import annotations

from attendance_portal.upn import is_upn
from schools.models import Pupil, School
from tests.cast import Cast, in_scope


def test_school_staff_see_their_own_schools_children(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        assert set(Pupil.objects.visible_to(cast.lead)) == set(cast.pupils)
        assert set(Pupil.objects.visible_to(cast.trust_lead)) == {*cast.pupils, *cast.vale_pupils}
        assert set(School.objects.of(cast.officer)) == {cast.hill, cast.vale}


def test_the_stranger_sees_none_of_eastshire(cast: Cast) -> None:
    with in_scope(cast.westshire):
        assert set(Pupil.objects.visible_to(cast.stranger)) == set(cast.fen_pupils)


def test_the_children_have_numbers_that_pass_the_check(cast: Cast) -> None:
    assert all(is_upn(pupil.upn or "", frozenset({"999", "998"})) for pupil in cast.pupils + cast.fen_pupils)
