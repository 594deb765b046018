"""Children whom only an undone file put on the roll: off it, out of sight, and back when the undo is undone."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable

import pytest
from django.test import Client

from attendance_portal.models import AuditEvent, Authority, Membership
from schools.changes.acts import act_of
from schools.changes.as_seen import RollSeen, roll_seen
from schools.changes.taking_off import roll_after
from schools.changes.undoing import undo_change
from schools.models import (
    AttendanceSummary,
    Circumstance,
    Enrolment,
    EnrolmentChange,
    Pupil,
    PupilAccess,
    Register,
    RegisterChange,
    Standing,
    Upload,
)
from schools.sending import uploads
from schools.sending.withheld import withheld_from
from schools.standing.figures import as_held
from tests.cast import ON, Cast, in_scope
from tests.schools.files import HEADINGS, long_file
from tests.schools.stored import AT, AUTUMN, store_autumn

SignedIn = Callable[[Membership], Client]
LATER = AT + dt.timedelta(days=2)

pytestmark = pytest.mark.django_db


def store_zoe(cast: Cast, day: dt.date = AUTUMN[0]) -> uuid.UUID:
    """A file of one child whom nobody knew; the key of what it did."""
    return store(cast, f"A999000126009,9001,Zed,Zoe,14/03/2015,7,7A,{day:%d/%m/%Y},AM,O")


def store(cast: Cast, row: str) -> uuid.UUID:
    """A file of one row; the key of what it did."""
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


def test_the_list_of_then_says_how_many_of_its_figures_were_taken_off_since(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        store_autumn(cast)
        undo(cast, store_zoe(cast))
        Enrolment.every.filter(pupil__surname="Zed").update(known_at=AT)
        Authority.objects.filter(pk=cast.eastshire.pk).update(demo_today=LATER.date() + dt.timedelta(days=1))
    said = {
        day: signed_in(cast.lead).get(f"/schools/999001/pupils/?known_on={day}").content.decode()
        for day in (AT.date() - dt.timedelta(days=1), AT.date(), LATER.date())
    }
    assert ["1 child who was put on the roll in error is" in page for page in said.values()] == [False, True, False]


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


def words_of(client: Client, key: uuid.UUID) -> str:
    answer = client.get(f"/changes/{key}/undo/")
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_the_page_says_before_who_will_leave_the_roll_and_who_will_come_back(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        store_autumn(cast)
        key = store_zoe(cast)
        child, changes = zoe(), EnrolmentChange.objects.count()
    client = signed_in(cast.lead)
    page = words_of(client, key)
    assert "1 pupil will leave the roll of Hill Academy" in page and "Zed, Zoe" in page and "come back onto" not in page
    assert f'href="/pupils/{child.pk}/"' in client.get(f"/changes/{key}/undo/").content.decode()
    with in_scope(cast.eastshire):
        assert is_seen(cast) and EnrolmentChange.objects.count() == changes, "to look at it moves nobody"
        assert child.pk in AuditEvent.objects.filter(what="see_undo").latest("pk").pupil_ids
        taken = undo(cast, key)
    page = words_of(client, taken)
    assert "1 pupil will come back onto the roll of Hill Academy" in page and "Zed, Zoe" in page
    assert "will leave" not in page and str(child.pk) not in client.get(f"/changes/{taken}/undo/").content.decode()


def test_who_stays_is_not_said_to_leave(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        store_autumn(cast)
        key = store_zoe(cast)
        store_zoe(cast, AUTUMN[3])
        first = RegisterChange.objects.earliest("pk").act
    for one in (key, first):
        assert "leave the roll" not in words_of(signed_in(cast.lead), one)


def test_a_restricted_child_leaves_the_roll_without_being_told_of(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        store_autumn(cast)
        key = store_zoe(cast)
        Pupil.objects.filter(surname="Zed").update(is_restricted=True)
        first = RegisterChange.objects.earliest("pk").act
    assert signed_in(cast.lead).get(f"/changes/{key}/undo/").status_code == 404, "it changed nobody else"
    assert "Zed" not in words_of(signed_in(cast.lead), first)
    with in_scope(cast.eastshire):
        act = act_of(cast.hill, key)
        assert act is not None
        moves = roll_after(cast.hill, act)
        assert [one.pupil.surname for one in moves.leaving] == ["Zed"]
        assert roll_seen(moves, cast.lead) == RollSeen([], [])


def test_counts_of_the_undone_file_keep_nobody_on_the_roll(cast: Cast) -> None:
    """The file behind the act gave counts of the child too: they stand no longer once it is undone."""
    with in_scope(cast.eastshire):
        store_autumn(cast)
        key = store_zoe(cast)
        AttendanceSummary.objects.create(
            upload=Upload.objects.get(pk=key),
            school=cast.hill,
            pupil=zoe(),
            enrolment=Enrolment.objects.get(pupil=zoe()),
            source="totals",
            possible=2,
            present=0,
            unauthorised=2,
        )
        act = act_of(cast.hill, key)
        assert act is not None
        assert [one.pupil.surname for one in roll_after(cast.hill, act).leaving] == ["Zed"]
        undo(cast, key)
        assert not is_seen(cast)


# --- Where enrolments made in error are not met --------------------------------------------------------------


def test_an_upload_read_before_no_longer_says_that_the_child_is_missing(cast: Cast, signed_in: SignedIn) -> None:
    """Finn is Vale's; a file put him on Hill's roll in error, and a later file of Hill's did not name him."""
    finn = cast.vale_pupils[0]
    with in_scope(cast.eastshire):
        store_autumn(cast)
        row = f"{finn.upn},9009,Ford,Finn,{finn.date_of_birth:%d/%m/%Y},7,7A,{AUTUMN[0]:%d/%m/%Y},AM,O"
        key = store(cast, row)
        later = uploads.receive_upload(
            cast.hill, [long_file({cast.pupil: {AUTUMN[-1]: "/\\"}})], file_name="later.csv", by=cast.lead
        )
        uploads.read_upload(later, on=ON)
    page = signed_in(cast.team_leader).get(f"/uploads/{later.pk}/").content.decode()
    assert "Ford" in page
    with in_scope(cast.eastshire):
        undo(cast, key)
        assert not Enrolment.objects.filter(pupil=finn, school=cast.hill).exists()
    assert "Ford" not in signed_in(cast.team_leader).get(f"/uploads/{later.pk}/").content.decode()


def test_who_holds_a_grant_for_a_child_taken_off_corrects_nothing_at_the_school(
    cast: Cast, signed_in: SignedIn
) -> None:
    with in_scope(cast.eastshire):
        store_autumn(cast)
        key = store_zoe(cast)
        PupilAccess.objects.create(pupil=zoe(), membership=cast.lead, reason="Leads", from_on=ON)
        child = zoe()
    assert "Put something right" in signed_in(cast.lead).get(f"/pupils/{child.pk}/").content.decode()
    with in_scope(cast.eastshire):
        PupilAccess.objects.all().delete()
        undo(cast, key)
        PupilAccess.objects.create(pupil=child, membership=cast.lead, reason="Leads", from_on=ON)
    page = signed_in(cast.lead).get(f"/pupils/{child.pk}/").content.decode()
    assert "Put something right" not in page and "/schools/999001/" not in page


def test_a_restricted_child_put_on_the_roll_in_error_is_told_of_by_no_row_of_that_file(cast: Cast) -> None:
    """The number that the wrong file gave tells the child with any other word of the row."""
    with in_scope(cast.eastshire):
        store_autumn(cast)
        undo(cast, store_zoe(cast))
        Pupil.objects.filter(surname="Zed").update(is_restricted=True)
        withheld = withheld_from(cast.lead, cast.hill)
        assert withheld.is_told_by(["9001", "Zoe"]) and withheld.is_named_in("Zoe Zed")
        assert not withheld.is_told_by(["9001", "Ben"])


def test_whom_no_file_made_stays_whatever_is_undone(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store_autumn(cast)
        before = Enrolment.objects.count()
        undo(cast, RegisterChange.objects.earliest("pk").act)
        assert Enrolment.objects.count() == before
