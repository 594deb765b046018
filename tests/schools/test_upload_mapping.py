"""The mapping screen: upload_mapping, forget_columns, forget_code, said_csv, and what the other pages say of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership
from schools.models import ColumnMapping, LocalCode, Pupil, Upload
from schools.reading import Layout, SaidCode
from schools.sending import mappings, uploads
from tests.cast import ON, Cast, in_scope
from tests.schools.files import all_present, long_file, school_days
from tests.schools.reading.test_xml_files import sims

DAYS = school_days(dt.date(2026, 9, 7), 2)
AT = dt.datetime(2026, 11, 3, 9, 30, tzinfo=dt.UTC)
SignedIn = Callable[[Membership], Client]
HEADINGS = b"UPN,Adm No,Surname,Forename,DOB,Year,Reg,Date,Session,Mark"
ODD = b"Kid,No,Fam,First,Born,Y,G,When,Bit,Thing"
ANSWERS = {
    "line": "1",
    "columns": "1",
    "c0": "upn",
    "c1": "local_id",
    "c2": "surname",
    "c3": "forename",
    "c4": "born_on",
    "c5": "year_group",
    "c6": "registration_group",
    "c7": "date",
    "c8": "session",
    "c9": "mark",
}

pytestmark = pytest.mark.django_db


def content(cast: Cast, days: list[dt.date] = DAYS) -> bytes:
    with in_scope(cast.eastshire):
        return long_file(all_present(cast.pupils, days))


def odd(cast: Cast, days: list[dt.date] = DAYS) -> bytes:
    return content(cast, days).replace(HEADINGS, ODD)


@dataclass(frozen=True)
class Sent:
    """A file that was sent, by its key."""

    pk: str


def send(client: Client, data: bytes, name: str = "register.csv") -> Sent:
    address: str = client.post("/schools/999001/upload/", {"file": SimpleUploadedFile(name, data)})["Location"]
    return Sent(address.split("/")[2])


def stage_of(cast: Cast, upload: Sent) -> str:
    with in_scope(cast.eastshire):
        stage: str = Upload.objects.get(pk=upload.pk).stage
        return stage


def page_of(client: Client, upload: Sent, what: str = "") -> str:
    return client.get(f"/uploads/{upload.pk}/{what}").content.decode()


def test_a_file_by_a_number_alone_asks_which_number_it_is(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    upload = send(client, sims((f"{DAYS[0]}", "AM", "/")).encode(), "marks.xml")
    page = page_of(client, upload)
    assert "Which number tells the pupils of this file?" in page and "Say it once." in page
    assert "Say which number it is" in page and "what they hold" not in page


def test_a_file_with_unknown_headings_waits_for_an_answer_instead_of_being_refused(
    cast: Cast, signed_in: SignedIn
) -> None:
    client = signed_in(cast.lead)
    upload = send(client, odd(cast))
    assert stage_of(cast, upload) == Upload.Stage.ASKED
    page = page_of(client, upload)
    assert "The columns of this file were not recognised" in page and f"/uploads/{upload.pk}/mapping/" in page
    assert "Say what the columns are" in client.get("/").content.decode()
    assert "Columns to be explained" in client.get("/schools/999001/uploads/").content.decode()


def test_the_screen_shows_the_first_rows_and_asks_about_each_column(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    page = page_of(client, send(client, odd(cast)), "mapping/")
    assert "The first rows of the file" in page and "Abbott" in page and "07/09/2026" in page
    for field in ("upn", "local_id", "surname", "forename", "born_on", "registration_group", "date", "session", "mark"):
        assert f'value="{field}" selected' in page
    assert all(f'name="c{n}"' in page for n in range(10)) and 'value="session" selected' in page


def test_the_answer_reads_the_file_and_is_used_for_the_next_one(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    upload = send(client, odd(cast))
    answer = client.post(f"/uploads/{upload.pk}/mapping/", ANSWERS, follow=True).content.decode()
    assert "Remembered for the next files of Hill Academy" in answer
    assert "5: 5 matched with the roll" in answer and "The columns were read as you said on 20 November 2026" in answer
    assert "20 half-days changed" in client.post(f"/uploads/{upload.pk}/store/", follow=True).content.decode()
    second = send(signed_in(cast.office), odd(cast, school_days(dt.date(2026, 9, 14), 2)))
    page = page_of(signed_in(cast.office), second)
    assert "Store these marks" in page and "read as Layla Hart said on 20 November 2026" in page
    with in_scope(cast.eastshire):
        event = AuditEvent.objects.get(what="say_columns")
        assert (event.membership_id, event.subject_id) == (cast.lead.pk, str(upload.pk))


def test_other_files_that_wait_for_the_same_answer_are_read_too(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    first, second = send(client, odd(cast)), send(client, odd(cast, school_days(dt.date(2026, 9, 14), 2)))
    client.post(f"/uploads/{first.pk}/mapping/", ANSWERS)
    assert stage_of(cast, second) == Upload.Stage.RECEIVED
    uploads.take_up_unfinished(cast.eastshire, AT)
    assert stage_of(cast, second) == Upload.Stage.READ


def test_answers_that_make_no_sense_are_said_and_nothing_is_remembered(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    upload = send(client, odd(cast))
    page = client.post(f"/uploads/{upload.pk}/mapping/", {**ANSWERS, "c1": "upn", "c9": ""}).content.decode()
    assert "‘Kid’ and ‘No’ cannot both hold the UPN" in page and "There is a problem" in page
    page = client.post(f"/uploads/{upload.pk}/mapping/", {**ANSWERS, "c9": ""}).content.decode()
    assert "Say which column holds the mark" in page
    assert stage_of(cast, upload) == Upload.Stage.ASKED
    with in_scope(cast.eastshire):
        assert not ColumnMapping.objects.exists()


def test_an_answer_that_leaves_something_missing_asks_again_with_what_was_said(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    upload = send(client, odd(cast))
    page = client.post(f"/uploads/{upload.pk}/mapping/", {**ANSWERS, "c8": ""}, follow=True).content.decode()
    assert "no column for the session" in page and "Something is still missing" in page
    assert '<option value="upn" selected>' in page
    client.post(f"/uploads/{upload.pk}/mapping/", ANSWERS)
    assert stage_of(cast, upload) == Upload.Stage.READ
    with in_scope(cast.eastshire):
        assert ColumnMapping.objects.remembered().count() == 1 and ColumnMapping.objects.count() == 2


def test_the_person_chooses_which_row_holds_the_headings(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    upload = send(client, b"Some,long,title,of,a,report,that,has,ten,cells\n" + odd(cast))
    page = client.get(f"/uploads/{upload.pk}/mapping/?line=2").content.decode()
    assert '<option value="2" selected>' in page and "Kid" in page
    client.post(f"/uploads/{upload.pk}/mapping/", {**ANSWERS, "line": "2"})
    assert stage_of(cast, upload) == Upload.Stage.READ


def test_columns_that_were_understood_wrongly_can_be_said_as_well(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    upload = send(client, content(cast))
    assert "if they were not understood rightly" in page_of(client, upload)
    client.post(f"/uploads/{upload.pk}/mapping/", {**ANSWERS, "c6": ""})
    page = page_of(client, upload)
    assert "Store these marks" in page and "The columns were read as you said" in page


def test_what_was_said_is_listed_with_who_said_it_and_can_be_forgotten(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    upload = send(client, odd(cast))
    client.post(f"/uploads/{upload.pk}/mapping/", ANSWERS)
    page = client.get("/schools/999001/uploads/").content.decode()
    assert "“Kid” is the UPN" in page and "by Layla Hart" in page
    told = client.get("/schools/999001/uploads/said.csv").content.decode()
    assert "“Kid” is the UPN" in told and "Layla Hart,2026-11-20" in told
    with in_scope(cast.eastshire):
        mapping = ColumnMapping.objects.get()
    page = client.post(f"/schools/999001/uploads/columns/{mapping.pk}/forget/", follow=True).content.decode()
    assert "will be asked about" in page and "Said once" not in page
    assert stage_of(cast, send(client, odd(cast))) == Upload.Stage.ASKED
    assert client.post(f"/schools/999001/uploads/columns/{mapping.pk}/forget/").status_code == 409
    with in_scope(cast.eastshire):
        assert AuditEvent.objects.get(what="forget_columns").membership_id == cast.lead.pk


def test_a_file_is_stored_as_it_was_shown_whatever_is_forgotten_in_between(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        data = odd(cast).replace(b"AM,/", b"AM,7", 1)
        upload = uploads.receive_upload(cast.hill, [data], file_name="odd.csv", by=cast.lead)
        uploads.read_upload(upload, on=ON)
        names = ("upn", "local_id", "surname", "forename", "born_on", "year_group", "registration_group")
        fields = zip(ODD.decode().lower().split(","), (*names, "date", "session", "mark"), strict=True)
        layout = Layout(tuple((heading, 0, name) for heading, name in fields))
        mappings.say_columns(upload, layout, by=cast.lead, at=AT)
        uploads.read_upload(upload, on=ON)
        mappings.say_codes(upload, [SaidCode("7", "I")], by=cast.lead, at=AT)
        uploads.read_upload(upload, on=ON)
        mappings.forget_columns(ColumnMapping.objects.get(), by=cast.lead, at=AT)
        mappings.forget_code(LocalCode.objects.get(), by=cast.lead, at=AT)
        uploads.accept_upload(upload, by=cast.lead, at=AT)
        assert uploads.store_upload(upload, on=ON) == 20


# --- Which way round dates are --------------------------------------------------------------------------------


def one_day(cast: Cast, date: str) -> bytes:
    """A file that says of its pupils nothing but the UPN, and of its day only a date that may be two."""
    with in_scope(cast.eastshire):
        rows = [f"{pupil.upn},{date},{half},/" for pupil in cast.pupils for half in ("AM", "PM")]
    return "\n".join(["UPN,Date,Session,Mark", *rows]).encode()


DATES = {"line": "1", "columns": "1", "c0": "upn", "c1": "date", "c2": "session", "c3": "mark"}


def days_held(cast: Cast) -> set[tuple[dt.date, dt.date]]:
    with in_scope(cast.eastshire):
        return set(Upload.objects.filter(stage=Upload.Stage.ACCEPTED).values_list("first_on", "last_on"))


def test_dates_that_may_be_read_both_ways_are_asked_about_and_not_guessed(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    upload = send(client, one_day(cast, "05/11/2026"))
    assert stage_of(cast, upload) == Upload.Stage.ASKED
    page = page_of(client, upload)
    assert "Which way round are the dates of this file?" in page and "may be 5 November 2026 or 11 May 2026" in page
    screen = page_of(client, upload, "mapping/")
    assert "Day first: ‘05/11/2026’ is 5 November 2026" in screen
    assert "Month first: ‘05/11/2026’ is 11 May 2026" in screen and "checked" not in screen
    unanswered = client.post(f"/uploads/{upload.pk}/mapping/", DATES).content.decode()
    assert "Say whether the dates have the day first or the month first" in unanswered


@pytest.mark.parametrize(
    ("answer", "day", "words"),
    [
        ("day-first", dt.date(2026, 11, 5), "dates have the day first"),
        ("month-first", dt.date(2026, 5, 11), "dates have the month first"),
    ],
)
def test_the_answer_is_remembered_for_the_school_and_can_be_forgotten(
    cast: Cast, signed_in: SignedIn, answer: str, day: dt.date, words: str
) -> None:
    client = signed_in(cast.lead)
    upload = send(client, one_day(cast, "05/11/2026"))
    page = client.post(f"/uploads/{upload.pk}/mapping/", {**DATES, "dates": answer}, follow=True).content.decode()
    assert f"The columns were read as you said on 20 November 2026: {words}" in page
    client.post(f"/uploads/{upload.pk}/store/")
    assert days_held(cast) == {(day, day)}
    assert stage_of(cast, send(client, one_day(cast, "06/11/2026"))) == Upload.Stage.READ
    assert words in client.get("/schools/999001/uploads/").content.decode()
    with in_scope(cast.eastshire):
        mapping = ColumnMapping.objects.remembered().get()
    client.post(f"/schools/999001/uploads/columns/{mapping.pk}/forget/")
    assert stage_of(cast, send(client, one_day(cast, "06/11/2026"))) == Upload.Stage.ASKED


def test_a_file_that_has_the_month_first_is_read_when_somebody_says_so(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    upload = send(client, one_day(cast, "11/13/2026"))
    assert "is a date only if the month comes first" in page_of(client, upload)
    assert "would not be a date" in page_of(client, upload, "mapping/")
    client.post(f"/uploads/{upload.pk}/mapping/", {**DATES, "dates": "month-first"})
    client.post(f"/uploads/{upload.pk}/store/")
    assert days_held(cast) == {(dt.date(2026, 11, 13), dt.date(2026, 11, 13))}


def test_a_file_that_contradicts_what_was_said_asks_anew(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    first = send(client, one_day(cast, "05/11/2026"))
    client.post(f"/uploads/{first.pk}/mapping/", {**DATES, "dates": "month-first"})
    upload = send(client, one_day(cast, "13/11/2026"))
    assert "but it was said that the month comes first" in page_of(client, upload)
    client.post(f"/uploads/{upload.pk}/mapping/", {**DATES, "dates": "day-first"})
    assert stage_of(cast, upload) == Upload.Stage.READ
    with in_scope(cast.eastshire):
        assert ColumnMapping.objects.remembered().get().date_order == "day-first"


def test_where_nobody_can_be_asked_the_day_comes_first_and_it_is_told(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        upload = uploads.receive_upload(cast.hill, [one_day(cast, "05/11/2026")], file_name="day.csv", by=None)
        plan = uploads.read_upload(upload, on=ON)
        assert (upload.stage, upload.first_on) == (Upload.Stage.READ, dt.date(2026, 11, 5))
        assert plan.clean and plan.counts["dates-either-way"] == 1


# --- No headings ----------------------------------------------------------------------------------------------


def test_a_file_without_headings_is_asked_about_by_its_columns_and_read_so_from_then_on(
    cast: Cast, signed_in: SignedIn
) -> None:
    client = signed_in(cast.lead)
    upload = send(client, content(cast).partition(b"\r\n")[2])
    screen = page_of(client, upload, "mapping/")
    assert '<option value="0" selected>No row: the file has no headings</option>' in screen
    assert "Column 10" in screen and "Abbott" in screen
    answers = {**ANSWERS, "line": "0"}
    page = client.post(f"/uploads/{upload.pk}/mapping/", answers, follow=True).content.decode()
    assert "5: 5 matched with the roll" in page and "Column 1" in page
    assert "20 half-days changed" in client.post(f"/uploads/{upload.pk}/store/", follow=True).content.decode()
    second = send(client, content(cast, school_days(dt.date(2026, 9, 14), 2)).partition(b"\r\n")[2])
    assert stage_of(cast, second) == Upload.Stage.READ
    said = client.get("/schools/999001/uploads/").content.decode()
    assert "“Column 1” is the UPN" in said and "the file has no headings" in said
    assert stage_of(cast, send(client, content(cast))) == Upload.Stage.READ


def test_the_person_may_say_of_any_file_that_it_has_no_headings(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    upload = send(client, odd(cast))
    screen = client.get(f"/uploads/{upload.pk}/mapping/?line=0").content.decode()
    assert "Column 1" in screen and ">Kid<" in screen


# --- Codes ----------------------------------------------------------------------------------------------------


def with_codes(cast: Cast) -> bytes:
    return content(cast).replace(b"AM,/\r\n", b"AM,7\r\n", 3).replace(b"PM,\\\r\n", b"PM,=\r\n", 1)


def test_a_code_of_the_schools_own_is_told_asked_about_and_read_as_said(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    upload = send(client, with_codes(cast))
    page = page_of(client, upload)
    assert "2 codes of the school’s own: ‘7’, ‘=’" in page and "4 rows or marks are left out" in page
    screen = page_of(client, upload, "mapping/")
    assert "What is ‘7’?" in screen and "In 3 cells of this file" in screen
    said = {"codes": "1", "mark0": "I", "mark1": "no mark"}
    page = client.post(f"/uploads/{upload.pk}/mapping/", said, follow=True).content.decode()
    assert "‘7’ was read as I (3 times), as you said on 20 November 2026" in page
    assert "‘=’ was read as no mark (1 time), as you said on 20 November 2026" in page
    assert "Left out, to be settled" not in page
    client.post(f"/uploads/{upload.pk}/store/")
    page = page_of(signed_in(cast.officer), send(signed_in(cast.officer), with_codes(cast)))
    assert "‘7’ was read as I (3 times), as Layla Hart said on 20 November 2026" in page
    assert "‘7’" in client.get("/schools/999001/uploads/").content.decode()


def test_a_code_is_said_for_some_days_only(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    upload = send(client, content(cast).replace(b"AM,/\r\n", b"AM,7\r\n"))
    dates = {"until0_day": "7", "until0_month": "9", "until0_year": "2026"}
    page = client.post(
        f"/uploads/{upload.pk}/mapping/", {"codes": "1", "mark0": "I", **dates}, follow=True
    ).content.decode()
    assert "‘7’ was read as I until 7 September 2026 (5 times)" in page and "5 rows or marks are left out" in page
    page = client.post(f"/uploads/{upload.pk}/mapping/", {"codes": "1", "mark0": "M"}).content.decode()
    assert "‘7’ is already read as I until 7 September 2026" in page
    after = {"from0_day": "8", "from0_month": "9", "from0_year": "2026"}
    client.post(f"/uploads/{upload.pk}/mapping/", {"codes": "1", "mark0": "M", **after})
    assert "‘7’ was read as M from 8 September 2026 (5 times)" in page_of(client, upload)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "Say what at least one of the codes stands for"),
        ({"mark0": "H"}, "H was not in force on all those days"),
        (
            {"mark0": "I", "from0_day": "8", "from0_month": "9", "from0_year": "2026", "until0_day": "1",
             "until0_month": "9", "until0_year": "2026"},
            "The last day must not be before the first",
        ),
    ],
)  # fmt: skip
def test_a_code_that_cannot_be_meant_is_told(
    cast: Cast, signed_in: SignedIn, typed: dict[str, str], sentence: str
) -> None:
    client = signed_in(cast.lead)
    upload = send(client, with_codes(cast))
    assert sentence in client.post(f"/uploads/{upload.pk}/mapping/", {"codes": "1", **typed}).content.decode()
    with in_scope(cast.eastshire):
        assert not LocalCode.objects.exists()


def test_a_forgotten_code_is_left_out_of_the_next_file(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    upload = send(client, with_codes(cast))
    client.post(f"/uploads/{upload.pk}/mapping/", {"codes": "1", "mark0": "I"})
    with in_scope(cast.eastshire):
        code = LocalCode.objects.get()
    assert (
        "‘7’ is left out"
        in client.post(f"/schools/999001/uploads/codes/{code.pk}/forget/", follow=True).content.decode()
    )
    assert "‘7’, ‘=’" in page_of(client, send(client, with_codes(cast)))


# --- Who may ---------------------------------------------------------------------------------------------------


def test_the_first_rows_do_not_name_a_restricted_child_to_one_who_may_not_see_the_child(
    cast: Cast, signed_in: SignedIn
) -> None:
    upload = send(signed_in(cast.lead), odd(cast))
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
    page = page_of(signed_in(cast.office), upload, "mapping/")
    assert "Abbott" not in page and str(cast.pupil.upn) not in page and "(not shown)" in page


def test_who_looks_at_the_first_rows_leaves_a_trace(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    page_of(client, send(client, odd(cast)), "mapping/")
    with in_scope(cast.eastshire):
        assert cast.pupil.pk in AuditEvent.objects.get(what="see_first_rows").pupil_ids


def test_the_mapping_of_another_school_or_authority_is_not_admitted_to_exist(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    upload = send(client, odd(cast))
    client.post(f"/uploads/{upload.pk}/mapping/", ANSWERS)
    with in_scope(cast.eastshire):
        mapping = ColumnMapping.objects.get()
    for member in (cast.other_lead, cast.stranger):
        other = signed_in(member)
        assert other.get(f"/uploads/{upload.pk}/mapping/").status_code == 404
        assert other.post(f"/schools/999001/uploads/columns/{mapping.pk}/forget/").status_code == 404
        assert other.get("/schools/999001/uploads/said.csv").status_code == 404
    vale = signed_in(cast.other_lead).post(f"/schools/999002/uploads/columns/{mapping.pk}/forget/")
    assert vale.status_code == 404
    assert signed_in(cast.manager).get(f"/uploads/{upload.pk}/mapping/").status_code == 403
    assert Client().get(f"/uploads/{upload.pk}/mapping/").status_code == 302


def test_a_stored_file_asks_nothing_any_more(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    upload = send(client, content(cast))
    client.post(f"/uploads/{upload.pk}/store/")
    assert client.get(f"/uploads/{upload.pk}/mapping/").status_code == 409


def test_the_screen_asks_the_database_as_often_however_long_the_file_is(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = signed_in(cast.lead)
    upload = send(client, odd(cast, school_days(dt.date(2026, 9, 7), 20)))
    with django_assert_max_num_queries(17):
        page_of(client, upload, "mapping/")
