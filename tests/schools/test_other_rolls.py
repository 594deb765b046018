"""The other school's lead and named officer hear of a child who was put on another roll: by message and in changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import numpy as np
import pytest
from django.test import Client

from attendance_portal.models import Membership, Message
from schools.models import BandMove, Enrolment, Pupil
from schools.register.marks import empty
from schools.stored.registers import save_rows
from tests.cast import Cast, in_scope
from tests.schools.stored import store_autumn
from tests.schools.test_child_view import TEMPORARY, present, send
from tests.schools.test_put_right import put_right, typed_day
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]

pytestmark = pytest.mark.django_db


def told(cast: Cast) -> set[str]:
    with in_scope(cast.eastshire):
        letters = Message.objects.filter(subject__startswith="On another school's roll too")
        assert not any("Rose" in one.body or "Ash" in one.body or "Amy" in one.body for one in letters)
        return {one.to_email for one in letters}


def test_a_file_that_enrols_a_child_of_another_school_tells_that_school(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        days = present(dt.date(2026, 9, 7), 5, {})
        send(cast, cast.hill, TEMPORARY, days)
        send(cast, cast.vale, TEMPORARY, days)
    assert told(cast) == {cast.lead.user.email, cast.trust_lead.user.email, cast.officer.user.email}
    page = words_of(signed_in(cast.lead), "/changes/")
    assert "Rose Ash" in page and "Put on another school's roll" in page and "Vale" not in page
    assert "Put on another school's roll" in words_of(signed_in(cast.officer), "/")
    assert "Rose Ash" not in words_of(signed_in(cast.other_lead), "/changes/")


def test_a_file_that_names_the_same_children_again_tells_nobody_again(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        days = present(dt.date(2026, 9, 7), 5, {})
        for school in (cast.hill, cast.vale, cast.vale):
            send(cast, school, TEMPORARY, days)
        assert BandMove.objects.filter(kind=BandMove.Kind.ELSEWHERE).count() == 1


def test_a_child_put_back_on_a_roll_by_hand_tells_the_other_school(cast: Cast, signed_in: SignedIn) -> None:
    store_autumn(cast)
    with in_scope(cast.eastshire):
        first = Enrolment.objects.get(pupil=cast.pupil)
        first.leaving_on = dt.date(2026, 10, 2)
        first.save()
        second = Enrolment.objects.create(
            pupil=cast.pupil, school=cast.vale, year_group="7", admission_on=dt.date(2026, 10, 5)
        )
        save_rows(2026, np.array([second.pk], np.int64), empty(1), ["7"])
    assert put_right(signed_in(cast.lead), cast.pupil, "leaving", enrolment=first.pk).status_code == 302
    assert told(cast) == {cast.other_lead.user.email, cast.trust_lead.user.email, cast.officer.user.email}


def test_a_school_that_marked_the_child_last_year_only_is_not_told(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast, cast.hill, TEMPORARY, present(dt.date(2026, 6, 1), 5, {}))
        send(cast, cast.vale, TEMPORARY, present(dt.date(2026, 9, 7), 5, {}))
    assert not told(cast)


def test_a_move_by_hand_tells_no_school_that_the_child_left(cast: Cast, signed_in: SignedIn) -> None:
    store_autumn(cast)
    with in_scope(cast.eastshire):
        enrolment = Enrolment.objects.get(pupil=cast.pupil)
    put_right(
        signed_in(cast.officer), cast.pupil, "school", enrolment=enrolment.pk, to="here", school=cast.vale.urn,
        **typed_day("leaving_on", dt.date(2026, 11, 13)),
    )  # fmt: skip
    assert not told(cast)


def test_a_restricted_child_is_in_no_message(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        days = present(dt.date(2026, 9, 7), 5, {})
        send(cast, cast.hill, TEMPORARY, days)
        Pupil.objects.filter(surname="Ash").update(is_restricted=True)
        send(cast, cast.vale, TEMPORARY, days)
    assert not told(cast)
