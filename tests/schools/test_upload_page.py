"""A register's way through the pages: uploads, upload_register, upload_page, confirm_upload, discard_upload."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from attendance_portal.models import AuditEvent, Membership
from schools.models import Enrolment, Pupil, Register, School, Upload, UploadProblem
from schools.sending import uploads
from schools.views import registers
from tests.cast import ON, Cast, in_scope
from tests.schools.files import all_present, long_file, school_days

DAYS = school_days(dt.date(2026, 9, 7), 20)
SignedIn = Callable[[Membership], Client]

pytestmark = pytest.mark.django_db


def content(cast: Cast) -> bytes:
    with in_scope(cast.eastshire):
        return long_file(all_present(cast.pupils, DAYS))


def post_file(client: Client, urn: str, data: bytes, name: str = "register.csv") -> HttpResponse:
    return client.post(f"/schools/{urn}/upload/", {"file": SimpleUploadedFile(name, data)})


def newest(cast: Cast) -> Upload:
    with in_scope(cast.eastshire):
        upload: Upload = Upload.objects.latest("sent_at")
        return upload


def test_the_lead_uploads_sees_what_was_understood_and_stores_it(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    answer = post_file(client, "999001", content(cast))
    upload = newest(cast)
    assert answer.url == f"/uploads/{upload.pk}/"
    page = client.get(answer.url).content.decode()
    assert "One row for each mark" in page and "7 September 2026 to 2 October 2026" in page
    assert "5: 5 matched with the roll, 0 new" in page and "Store these marks" in page
    with in_scope(cast.eastshire):
        assert not Register.objects.exists()
    stored = client.post(f"/uploads/{upload.pk}/store/", follow=True).content.decode()
    assert "200 half-days changed" in stored
    with in_scope(cast.eastshire):
        assert Register.objects.count() == 5


def test_the_files_of_a_school_download_as_csv(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    stored = post_file(client, "999001", content(cast))
    client.post(f"{stored.url}store/")
    assert "?format=csv" in client.get("/schools/999001/uploads/").content.decode()
    headings, line = client.get("/schools/999001/uploads/?format=csv").content.decode().splitlines()
    assert headings.endswith('Sent,File,Marks from,Marks to,By,State,Half-days changed,"Left out, open"')
    assert ",2026-09-07,2026-10-02,Layla Hart,Stored,200,0" in line


def test_what_is_new_missing_corrected_and_blank_is_said(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    post_file(client, "999001", content(cast))
    client.post(f"/uploads/{newest(cast).pk}/store/")
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupils[4]).update(year_group="10")  # a year group of the file
        marks = all_present(cast.pupils[:4], DAYS)
        marks[cast.pupil] |= {DAYS[0]: "I-"}
        later = long_file(marks).decode()
        stranger = later.splitlines()[1].replace("Abbott", "Newman").replace("0001", "0999")
    stranger = stranger.replace(cast.pupil.upn or "", "")
    post_file(client, "999001", f"{later}{stranger}\r\n".encode())
    page = client.get(f"/uploads/{newest(cast).pk}/").content.decode()
    assert "1 new pupil" in page and "Amy Newman" in page
    assert "1 on roll but not in the file" in page and "Ella Evans" in page
    assert "1 of the year groups in the file" in page
    assert "1 blank" in page or "1; a blank never erases" in page
    assert "1 corrected" in page


def test_a_second_upload_of_the_same_file_changes_nothing(cast: Cast, signed_in: SignedIn) -> None:
    client, data = signed_in(cast.lead), content(cast)
    for _ in range(2):
        post_file(client, "999001", data)
        page = client.post(f"/uploads/{newest(cast).pk}/store/", follow=True).content.decode()
    assert "Nothing changed" in page and newest(cast).changed == 0


def test_a_problem_is_shown_with_its_row_column_value_and_what_to_do(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    data = content(cast).replace(b"AM,/\r\n", b"AM,QQ\r\n", 1)
    post_file(client, "999001", data)
    upload = newest(cast)
    page = client.get(f"/uploads/{upload.pk}/").content.decode()
    assert "Not an attendance code (1)" in page and "QQ" in page
    assert "Enter one of the national codes" in page
    assert "Store the good marks" in page and "1 row or mark is left out" in page
    told = client.get(f"/uploads/{upload.pk}/problems.csv").content.decode()
    assert "Not an attendance code,leaves out the mark,2,Mark,QQ," in told


def test_what_was_left_out_stays_listed_until_it_is_settled(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    post_file(client, "999001", content(cast).replace(b"AM,/\r\n", b"AM,QQ\r\n", 1))
    upload = newest(cast)
    assert "Left out, to be settled" not in client.get("/schools/999001/uploads/").content.decode()
    client.post(f"/uploads/{upload.pk}/store/")
    assert "Left out, to be settled" in client.get("/schools/999001/uploads/").content.decode()
    with in_scope(cast.eastshire):
        problem = upload.problems.get(kind="unknown-code")
    page = client.post(f"/uploads/{upload.pk}/settle/", {"problem": [problem.pk]}, follow=True).content.decode()
    assert "1 marked as settled" in page and "Left out, to be settled" not in page
    with in_scope(cast.eastshire):
        assert AuditEvent.objects.filter(what="settle_problems", membership_id=cast.lead.pk).count() == 1


def test_all_of_a_file_can_be_settled_at_once(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    post_file(client, "999001", content(cast).replace(b"AM,/\r\n", b"AM,QQ\r\n", 3))
    upload = newest(cast)
    assert "Tick what" in client.post(f"/uploads/{upload.pk}/settle/", {"all": "1"}, follow=True).content.decode()
    client.post(f"/uploads/{upload.pk}/store/")
    page = client.post(f"/uploads/{upload.pk}/settle/", {"all": "1"}, follow=True).content.decode()
    assert "3 marked as settled" in page and "Left out, to be settled" not in page


def test_nothing_ticked_settles_nothing_and_says_so(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    post_file(client, "999001", content(cast))
    page = client.post(f"/uploads/{newest(cast).pk}/settle/", {"problem": ["x"]}, follow=True).content.decode()
    assert "Tick what was settled first" in page


def test_a_file_that_cannot_be_used_says_why_and_offers_another(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    post_file(client, "999001", b"%PDF-1.7 rest", "register.csv")
    page = client.get(f"/uploads/{newest(cast).pk}/").content.decode()
    assert "This file cannot be used" in page and "This is a PDF" in page
    assert "Upload another file" in page and "Store these marks" not in page


@pytest.mark.parametrize("data", [b"", b"\x00" * 50, b"PK\x03\x04zip", "é".encode("utf-16")])
def test_whatever_is_sent_gets_a_page_and_a_sentence(cast: Cast, signed_in: SignedIn, data: bytes) -> None:
    client = signed_in(cast.lead)
    answer = client.post("/schools/999001/upload/", {"file": SimpleUploadedFile("a.csv", data)}, follow=True)
    assert answer.status_code == 200
    assert "This file cannot be used" in answer.content.decode()


def test_no_file_is_answered_with_an_error(cast: Cast, signed_in: SignedIn) -> None:
    page = signed_in(cast.lead).post("/schools/999001/upload/", {}).content.decode()
    assert "Choose the file to upload" in page and "Error: " in page


def test_the_lead_throws_a_file_away_and_it_cannot_be_stored_any_more(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    post_file(client, "999001", content(cast))
    upload = newest(cast)
    page = client.post(f"/uploads/{upload.pk}/throw-away/", follow=True).content.decode()
    assert "was thrown away" in page
    assert client.post(f"/uploads/{upload.pk}/store/").status_code == 409
    assert newest(cast).stage == Upload.Stage.DISCARDED


def test_a_stored_file_cannot_be_stored_or_thrown_away_again(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    post_file(client, "999001", content(cast))
    pk = newest(cast).pk
    client.post(f"/uploads/{pk}/store/")
    assert client.post(f"/uploads/{pk}/store/").status_code == 409
    assert client.post(f"/uploads/{pk}/throw-away/").status_code == 409


def test_a_large_file_is_read_and_stored_by_a_worker_while_the_page_shows_it(
    cast: Cast,
    signed_in: SignedIn,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    monkeypatch.setattr(registers, "READ_AT_ONCE", 100)
    client = signed_in(cast.lead)
    with django_capture_on_commit_callbacks() as begun:
        post_file(client, "999001", content(cast))
    upload = newest(cast)
    page = client.get(f"/uploads/{upload.pk}/").content.decode()
    assert len(begun) == 1 and "Reading the file" in page and 'http-equiv="refresh"' in page
    assert f'data-poll="/uploads/{upload.pk}/"' in page
    uploads.take_up_unfinished(cast.eastshire, dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC))
    assert "Store these marks" in client.get(f"/uploads/{upload.pk}/").content.decode()
    client.post(f"/uploads/{upload.pk}/store/")
    assert "Storing the marks" in client.get(f"/uploads/{upload.pk}/").content.decode()
    uploads.take_up_unfinished(cast.eastshire, dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC))
    assert "200 half-days changed" in client.get(f"/uploads/{upload.pk}/").content.decode()


def test_a_waiting_file_that_no_longer_fits_is_refused_and_does_not_hold_up_the_rest(cast: Cast) -> None:
    at = dt.datetime(2026, 11, 20, 9, tzinfo=dt.UTC)
    with in_scope(cast.eastshire):
        upload = uploads.receive_upload(cast.hill, [content(cast)], file_name="999001 register.csv", by=cast.lead)
        uploads.read_upload(upload, on=ON)
        uploads.accept_upload(upload, by=cast.lead, at=at)
        School.objects.filter(pk=cast.hill.pk).update(urn="999009")  # the file names the school by its old URN
    uploads.take_up_unfinished(cast.eastshire, at)
    assert newest(cast).stage == Upload.Stage.REFUSED


def test_a_lead_of_one_school_goes_straight_to_its_uploads_an_officer_chooses(cast: Cast, signed_in: SignedIn) -> None:
    assert signed_in(cast.lead).get("/uploads/").url == "/schools/999001/uploads/"
    page = signed_in(cast.officer).get("/uploads/").content.decode()
    assert "Hill Academy" in page and "Vale Primary School" in page
    assert "Vale Primary School" in signed_in(cast.team_leader).get("/uploads/?all").content.decode()


def test_a_restricted_child_is_not_named_to_one_who_may_not_see_the_child(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        data = long_file(all_present(cast.pupils[:1], DAYS)).replace(b"AM,/\r\n", b"AM,QQ\r\n", 1)
        for pupil in (cast.pupil, cast.pupils[1]):
            pupil.is_restricted = True
            pupil.save()
    client = signed_in(cast.officer)
    post_file(client, "999001", data)
    page = client.get(f"/uploads/{newest(cast).pk}/").content.decode()
    assert "Ben Brown" not in page and "Amy" not in page and str(cast.pupil.upn) not in page


ADDRESSES = ("/schools/999001/upload/", "/schools/999001/uploads/")


@pytest.mark.parametrize("address", ADDRESSES)
def test_who_may_not_upload_here_finds_nothing(cast: Cast, signed_in: SignedIn, address: str) -> None:
    assert Client().get(address).status_code == 302
    assert signed_in(cast.other_lead).get(address).status_code == 404
    assert signed_in(cast.stranger).get(address).status_code == 404
    assert signed_in(cast.auditor).get(address).status_code == 403
    assert signed_in(cast.office).get(address).status_code == 200


def test_an_upload_of_another_school_or_authority_is_not_admitted_to_exist(cast: Cast, signed_in: SignedIn) -> None:
    post_file(signed_in(cast.lead), "999001", content(cast))
    pk = newest(cast).pk
    for member in (cast.other_lead, cast.stranger):
        client = signed_in(member)
        assert client.get(f"/uploads/{pk}/").status_code == 404
        assert client.get(f"/uploads/{pk}/problems.csv").status_code == 404
        for act in ("store", "throw-away", "settle"):
            assert client.post(f"/uploads/{pk}/{act}/").status_code == 404
    assert signed_in(cast.manager).get(f"/uploads/{pk}/").status_code == 403
    assert newest(cast).stage == Upload.Stage.READ


def test_what_writes_is_asked_by_post_only(cast: Cast, signed_in: SignedIn) -> None:
    post_file(signed_in(cast.lead), "999001", content(cast))
    pk = newest(cast).pk
    for act in ("store", "throw-away", "settle"):
        assert signed_in(cast.lead).get(f"/uploads/{pk}/{act}/").status_code == 405


def test_the_page_asks_the_database_as_often_however_many_problems_there_are(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(cast.lead)
    post_file(client, "999001", content(cast).replace(b"AM,/\r\n", b"AM,QQ\r\n", 60))
    with django_assert_max_num_queries(20):
        client.get(f"/uploads/{newest(cast).pk}/")


def test_a_file_that_takes_in_another_schools_child_is_told_to_the_auditor(cast: Cast, signed_in: SignedIn) -> None:
    finn = cast.vale_pupils[0]
    client = signed_in(cast.office)
    with in_scope(cast.eastshire):
        finn.enrolments.update(local_id="V001")
        data = long_file(all_present([*cast.pupils, finn], DAYS))
    post_file(client, "999001", data)
    client.post(f"/uploads/{newest(cast).pk}/store/")
    assert client.get(f"/pupils/{finn.pk}/").status_code == 200
    with in_scope(cast.eastshire):
        event = AuditEvent.objects.get(what="enrol_known_pupils")
        assert (event.membership_id, event.pupil_ids) == (cast.office.pk, [finn.pk])
    assert "Finn Ford" in signed_in(cast.auditor).get("/audit/?what=enrol_known_pupils").content.decode()
    with in_scope(cast.eastshire):
        data = long_file(all_present(cast.pupils, DAYS))
    post_file(client, "999001", data)
    client.post(f"/uploads/{newest(cast).pk}/store/")
    with in_scope(cast.eastshire):
        assert AuditEvent.objects.filter(what="enrol_known_pupils").count() == 1


def test_a_restricted_child_is_not_named_however_the_file_writes_the_name(cast: Cast, signed_in: SignedIn) -> None:
    post_file(signed_in(cast.lead), "999001", content(cast))
    upload = newest(cast)
    where = {"upload": upload, "severity": "leaves out the mark"}
    with in_scope(cast.eastshire):
        UploadProblem.objects.create(**where, kind="outside-enrolment", message="AMY ÀBBOTT left before that day")
        Upload.objects.filter(pk=upload.pk).update(understood={**upload.understood, "new_names": ["AMY Abbott"]})
        Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
    for page in ("", "problems.csv"):
        told = signed_in(cast.office).get(f"/uploads/{upload.pk}/{page}").content.decode()
        assert "AMY" not in told and "the name is not shown here" in told
