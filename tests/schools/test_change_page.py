"""What changed a school's registers: register_changes, change_page, undo_change."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership
from schools.models import Enrolment, Pupil, PupilAccess, RegisterChange, Standing, Upload
from tests.cast import SINCE, Cast, in_scope
from tests.schools.files import all_present
from tests.schools.stored import AUTUMN, autumn, store_autumn, store_marks
from tests.schools.test_put_right import REASON, enrolment_of, put_right, typed_day
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]
LIST = "/schools/999001/changes/"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _stored(cast: Cast) -> None:
    store_autumn(cast)


def newest(cast: Cast) -> uuid.UUID:
    with in_scope(cast.eastshire):
        return RegisterChange.objects.latest("pk").act


def store_a_later_file(cast: Cast) -> uuid.UUID:
    """The child missed two days after all, and the days that follow are new; the rest is as it was."""
    with in_scope(cast.eastshire):
        marks = autumn(cast)
        marks[cast.pupils[4]] |= dict.fromkeys(AUTUMN[:2], "II")
        store_marks(cast, cast.hill, marks)
    return newest(cast)


def standing(cast: Cast, pupil: Pupil) -> tuple[int, int, int | None]:
    with in_scope(cast.eastshire):
        one = Standing.objects.get(pupil=pupil)
        return one.possible, one.attended, one.band


def undo(client: Client, key: uuid.UUID, reason: str = "It was of the wrong week") -> int:
    return client.post(f"/changes/{key}/undo/", {"reason": reason}).status_code


def test_what_a_file_changed_is_added_up_and_listed_before_and_after(cast: Cast, signed_in: SignedIn) -> None:
    key = store_a_later_file(cast)
    page = words_of(signed_in(cast.lead), f"/changes/{key}/")
    assert "What this file changed" in page and "register.csv" in page
    assert "Marks corrected 4" in page and "New marks 0" in page and "Pupils 1" in page
    assert "Evans, Ella Monday 7 September 2026 Morning / Present in the morning I Ill" in page
    file = signed_in(cast.lead).get(f"/changes/{key}/?format=csv").content.decode()
    assert file.count("Evans, Ella") == 4 and "2026-09-08,Afternoon,\\,I" in file


def test_one_child_and_one_day_can_be_picked_out(cast: Cast, signed_in: SignedIn) -> None:
    key, client = newest(cast), signed_in(cast.lead)
    assert "1 to 50 of 200 half-days" in words_of(client, f"/changes/{key}/")
    assert "40 half-days" in words_of(client, f"/changes/{key}/?pupil={cast.pupil.pk}")
    assert "10 half-days" in words_of(client, f"/changes/{key}/?day=2026-09-07")
    assert "1 to 50 of 200" in words_of(client, f"/changes/{key}/?day=nonsense&pupil=none")


def test_the_upload_page_and_the_lists_lead_to_what_a_file_changed(cast: Cast, signed_in: SignedIn) -> None:
    client, key = signed_in(cast.lead), newest(cast)
    for address in (f"/uploads/{key}/", "/schools/999001/uploads/", LIST):
        assert f"/changes/{key}/" in client.get(address).content.decode(), address
    assert LIST in client.get("/schools/999001/").content.decode()


def test_an_undo_takes_the_marks_back_bands_the_school_and_is_told_everywhere(cast: Cast, signed_in: SignedIn) -> None:
    key, client = store_a_later_file(cast), signed_in(cast.lead)
    assert standing(cast, cast.pupils[4]) == (40, 36, 3)
    assert "4 half-days will go back" in words_of(client, f"/changes/{key}/undo/")
    assert undo(client, key) == 302
    assert standing(cast, cast.pupils[4]) == (40, 40, 1)
    for address in (LIST, f"/changes/{key}/", "/schools/999001/uploads/"):
        assert "Undone on 20 November 2026" in words_of(client, address), address
        assert "by Layla Hart, because: It was of the wrong week" in words_of(client, address), address
    with in_scope(cast.eastshire):
        event = AuditEvent.objects.get(what="undo_change")
        assert event.pupil_ids == [cast.pupils[4].pk] and event.detail["reason"] == "It was of the wrong week"
        assert Enrolment.objects.filter(school=cast.hill).count() == 5
    assert undo(client, key) == 409


def test_an_undo_can_be_undone_and_the_marks_are_back(cast: Cast, signed_in: SignedIn) -> None:
    key, client = store_a_later_file(cast), signed_in(cast.lead)
    undo(client, key)
    assert undo(client, newest(cast), "It was right after all") == 302
    assert standing(cast, cast.pupils[4]) == (40, 36, 3)
    page = words_of(client, LIST)
    assert "Put back: register.csv" in page and "Undid: register.csv" in page
    assert undo(client, key) == 302
    assert standing(cast, cast.pupils[4]) == (40, 40, 1)


def test_what_a_later_file_says_again_stays_and_is_said(cast: Cast, signed_in: SignedIn) -> None:
    first, client = newest(cast), signed_in(cast.lead)
    store_a_later_file(cast)
    page = words_of(client, f"/changes/{first}/undo/")
    assert "No half-day will go back" in page and "no mark and no figure will change" in page
    assert "200 half-days cannot go back" in page
    assert "wrote the same half-days later" in page
    assert undo(client, first) == 302
    assert standing(cast, cast.pupil) == (40, 20, 5)


def test_a_mark_put_right_by_hand_can_be_seen_and_undone(cast: Cast, signed_in: SignedIn) -> None:
    client, enrolment = signed_in(cast.lead), enrolment_of(cast, cast.pupil)
    put_right(client, cast.pupil, "mark", enrolment=enrolment.pk, half="0", mark="I", **typed_day("day", AUTUMN[0]))
    page = words_of(client, f"/changes/{newest(cast)}/")
    assert "What this correction changed" in page and REASON in page
    assert undo(client, newest(cast)) == 302
    with in_scope(cast.eastshire):
        assert Standing.objects.get(pupil=cast.pupil).unauthorised == 20


def test_a_reason_must_be_given(cast: Cast, signed_in: SignedIn) -> None:
    page = signed_in(cast.lead).post(f"/changes/{newest(cast)}/undo/", {"reason": " "}).content.decode()
    assert "Say why this is undone" in page
    with in_scope(cast.eastshire):
        assert not RegisterChange.objects.exclude(undoes=None).exists()


def test_the_list_of_changes_is_a_file_too(cast: Cast, signed_in: SignedIn) -> None:
    undo(signed_in(cast.lead), newest(cast))
    file = signed_in(cast.lead).get(f"{LIST}?format=csv").content.decode()
    assert "Undid: register.csv,Layla Hart,200,It was of the wrong week," in file


def test_a_restricted_child_is_not_named_in_what_changed(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
    for address in (f"/changes/{newest(cast)}/", f"/changes/{newest(cast)}/undo/"):
        assert "Abbott" not in words_of(signed_in(cast.lead), address)
    page = words_of(signed_in(cast.lead), f"/changes/{newest(cast)}/")
    assert "New marks 160" in page and "Pupils 4" in page and "may not see" not in page
    assert "Abbott" not in signed_in(cast.lead).get(f"/changes/{newest(cast)}/?format=csv").content.decode()


def test_every_number_is_as_if_the_restricted_child_were_not_there(cast: Cast, signed_in: SignedIn) -> None:
    first, enrolment = newest(cast), enrolment_of(cast, cast.pupil)
    mark = {"enrolment": enrolment.pk, "half": "0", "mark": "I", **typed_day("day", AUTUMN[0])}
    put_right(signed_in(cast.lead), cast.pupil, "mark", **mark)
    hers = newest(cast)
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
        PupilAccess.objects.create(pupil=cast.pupil, membership=cast.team_leader, reason="Named", from_on=SINCE)
    for member, half_days, sees_hers in ((cast.lead, 160, False), (cast.team_leader, 200, True)):
        client = signed_in(member)
        listed = client.get(f"{LIST}?format=csv").content.decode()
        assert f",{half_days}," in listed and (REASON in listed) is sees_hers
        assert client.get(f"/changes/{hers}/").status_code == (200 if sees_hers else 404)
        wanted = f"{half_days - 1 if sees_hers else half_days} half-days will go back"
        page = words_of(client, f"/changes/{first}/undo/")
        assert wanted in page and ("cannot go back" in page) is sees_hers
    answer = signed_in(cast.lead).post(f"/changes/{first}/undo/", {"reason": "Wrong week"}, follow=True)
    assert "Undone: 160 half-days went back." in answer.content.decode()
    with in_scope(cast.eastshire):
        assert RegisterChange.objects.latest("pk").cells == 199


def test_who_may_not_undo_is_turned_away(cast: Cast, signed_in: SignedIn) -> None:
    key = newest(cast)
    for address in (LIST, f"/changes/{key}/", f"/changes/{key}/undo/"):
        assert Client().get(address).status_code == 302
        for member in (cast.other_lead, cast.stranger):
            assert signed_in(member).get(address).status_code == 404
        for member in (cast.manager, cast.practitioner, cast.auditor):
            assert signed_in(member).get(address).status_code == 403
    assert undo(signed_in(cast.office), key) == 403
    with in_scope(cast.eastshire):
        cast.officer.school_memberships.all().delete()
    assert undo(signed_in(cast.officer), key) == 403
    assert "Undo this change" not in words_of(signed_in(cast.officer), f"/changes/{key}/")
    assert undo(signed_in(cast.team_leader), key) == 302


def test_the_pages_ask_the_database_as_often_for_one_file_as_for_four(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client, key = signed_in(cast.lead), newest(cast)
    addresses = (LIST, f"/changes/{key}/", f"/changes/{key}/undo/")
    few = []
    for address in addresses:
        with django_assert_max_num_queries(24) as asked:
            client.get(address)
        few.append(len(asked))
    for n in range(3):
        with in_scope(cast.eastshire):
            store_marks(cast, cast.hill, all_present(cast.pupils[:2], [AUTUMN[-1] + dt.timedelta(days=3 + n)]))
    for address, before in zip(addresses, few, strict=True):
        with django_assert_max_num_queries(before):
            client.get(address)


def test_a_file_that_changed_nothing_has_no_page_of_changes_in_the_list_of_uploads(
    cast: Cast, signed_in: SignedIn
) -> None:
    store_autumn(cast)
    with in_scope(cast.eastshire):
        latest = Upload.objects.latest("sent_at")
    page = signed_in(cast.lead).get("/schools/999001/uploads/").content.decode()
    assert f"/changes/{latest.pk}/" not in page
    assert "No mark changed" in words_of(signed_in(cast.lead), f"/changes/{latest.pk}/")
