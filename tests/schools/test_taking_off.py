"""Children whom only an undone file put on the roll: off it, out of sight, and back when the undo is undone."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from attendance_portal.models import Membership
from schools.changes.undoing import undo_change
from schools.models import Circumstance, Enrolment, Pupil, Register, RegisterChange, Standing
from schools.sending import uploads
from schools.standing.figures import as_held
from tests.cast import ON, Cast, in_scope
from tests.schools.files import HEADINGS
from tests.schools.stored import AT, AUTUMN, store_autumn

SignedIn = Callable[[Membership], Client]
LATER = AT + dt.timedelta(days=2)

pytestmark = pytest.mark.django_db


def store_zoe(cast: Cast, day: dt.date = AUTUMN[0]) -> uuid.UUID:
    """A file of one child whom nobody knew; the key of what it did."""
    row = f"A999000126009,9001,Zed,Zoe,14/03/2015,7,7A,{day:%d/%m/%Y},AM,O"
    upload = uploads.receive_upload(cast.hill, [f"{HEADINGS}\r\n{row}\r\n".encode()], file_name="z.csv", by=cast.lead)
    uploads.read_upload(upload, on=ON)
    uploads.store_upload(uploads.accept_upload(upload, by=cast.lead, at=AT), on=ON)
    return upload.pk


def undo(cast: Cast, key: uuid.UUID, at: dt.datetime = LATER) -> uuid.UUID:
    undo_change(cast.hill, key, reason="It was of the wrong school", by=cast.lead, at=at, on=ON)
    return RegisterChange.objects.latest("pk").act


def zoe() -> Pupil:
    return Pupil.objects.get(surname="Zed")


def is_seen(cast: Cast) -> bool:
    """By the school and by the authority alike, on the roll, among the figures and in the lists."""
    at_all = [
        Pupil.objects.visible_to(member).filter(surname="Zed").exists()
        for member in (cast.office, cast.officer, cast.team_leader)
    ]
    at_all += [Enrolment.objects.filter(pupil=zoe()).exists(), Standing.objects.filter(pupil=zoe()).exists()]
    assert len(set(at_all)) == 1, at_all
    return at_all[0]


def test_whom_only_the_undone_file_told_of_leaves_the_roll_and_comes_back_with_it(
    cast: Cast, signed_in: SignedIn
) -> None:
    store_autumn(cast)
    with in_scope(cast.eastshire):
        roll = Standing.objects.count()
        key = store_zoe(cast)
        child = zoe()
        assert is_seen(cast) and Standing.objects.count() == roll + 1
        taken = undo(cast, key)
        assert not is_seen(cast) and Standing.objects.count() == roll
    page = f"/pupils/{child.pk}/"
    assert signed_in(cast.office).get(page).status_code == 404
    assert signed_in(cast.team_leader).get(page).status_code == 404
    with in_scope(cast.eastshire):
        undo(cast, taken, LATER + dt.timedelta(days=1))
        assert is_seen(cast)
        assert bytes(Register.objects.get(enrolment__pupil=child).marks).strip(b"\0")
    assert signed_in(cast.office).get(page).status_code == 200


def test_as_known_on_a_day_the_roll_is_that_of_then(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store_autumn(cast)
        undo(cast, undo(cast, store_zoe(cast)), LATER + dt.timedelta(days=1))
        enrolment = Enrolment.objects.get(pupil=zoe())
        Enrolment.objects.filter(pk=enrolment.pk).update(known_at=AT)

        def known(day: dt.date) -> bool:
            figures = as_held(cast.hill.pk, on=ON, known_on=day)
            return figures is not None and enrolment.pk in figures.roll.enrolments

        days = [AT.date() + dt.timedelta(days=n) for n in range(4)]
        assert [known(day) for day in days] == [True, True, False, True]


def test_a_file_that_names_the_child_again_brings_back_the_same_enrolment(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store_autumn(cast)
        undo(cast, store_zoe(cast))
        gone = Enrolment.every.get(pupil=zoe())
        later = store_zoe(cast, AUTUMN[3])
        assert is_seen(cast) and Enrolment.objects.get(pupil=zoe()) == gone
        undo(cast, later, LATER + dt.timedelta(days=1))
        assert not is_seen(cast), "what brought the child back was undone too"


def test_another_file_that_stands_keeps_the_child(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store_autumn(cast)
        key = store_zoe(cast)
        other = store_zoe(cast, AUTUMN[3])
        undo(cast, key)
        assert is_seen(cast)
        undo(cast, other, LATER + dt.timedelta(days=1))
        assert not is_seen(cast)


def test_whoever_something_else_tells_of_stays(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store_autumn(cast)
        key = store_zoe(cast)
        Circumstance.objects.create(pupil=zoe(), kind="child-in-need", from_on=AUTUMN[0], source="Told by hand")
        undo(cast, key)
        assert is_seen(cast)


def test_whom_no_file_made_stays_whatever_is_undone(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store_autumn(cast)
        before = Enrolment.objects.count()
        undo(cast, RegisterChange.objects.earliest("pk").act)
        assert Enrolment.objects.count() == before
