"""Numbers that pupils are told by: an admission number tells a child by itself, a number of unknown meaning never."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.test import Client
from pytest_django import Settings

from schools.models import Enrolment, FormerUpn, Pupil, Register, Upload
from tests.cast import Cast, in_scope
from tests.schools.files import all_present, long_file
from tests.schools.reading.test_xml_files import sims
from tests.schools.systems import serving, system_of, wonde_for
from tests.schools.test_upload_mapping import page_of, send, stage_of
from tests.schools.test_upload_page import SignedIn

DAY = dt.date(2026, 9, 7)
SAID = {"line": "1", "columns": "1", "c0": "local_id", "c1": "date", "c2": "session", "c3": "mark"}

pytestmark = pytest.mark.django_db


def person_ids() -> bytes:
    """SIMS tells of person 1, who need not be the child with admission number 1."""
    return sims((str(DAY), "AM", "O"), (str(DAY), "PM", "O"), person="0001").encode()


def registers(cast: Cast) -> int:
    with in_scope(cast.eastshire):
        return Register.objects.count()


def problems_of(cast: Cast, pk: str) -> list[tuple[str, int | None]]:
    with in_scope(cast.eastshire):
        return list(Upload.objects.get(pk=pk).problems.values_list("kind", "row"))


def test_sims_person_ids_are_never_taken_for_admission_numbers_by_themselves(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    upload = send(client, person_ids(), "marks.xml")
    assert stage_of(cast, upload) == Upload.Stage.ASKED
    page = page_of(client, upload, "mapping/")
    assert "may be another number than the admission number" in page and "Say so if they are the same" in page
    assert '<option value="local_id" selected' not in page
    client.post(f"/uploads/{upload.pk}/store/")
    assert registers(cast) == 0


def test_they_are_when_the_school_says_that_they_are_the_same(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    upload = send(client, person_ids(), "marks.xml")
    page = client.post(f"/uploads/{upload.pk}/mapping/", SAID, follow=True).content.decode()
    assert "1: 1 matched with the roll" in page
    client.post(f"/uploads/{upload.pk}/store/")
    assert registers(cast) == 1
    assert stage_of(cast, send(client, person_ids(), "marks.xml")) == Upload.Stage.READ


def _file(cast: Cast, heading: str, cells: str, headings: str = "") -> bytes:
    return f"{heading},{headings}Date,Session,Mark\n{cells},2026-09-07,AM,O\n".encode()


@pytest.mark.parametrize("heading", ["PersonID", "Student ID", "Pupil ID", "MIS ID"])
def test_a_row_of_which_only_such_a_number_is_filled_in_is_left_out(
    cast: Cast, signed_in: SignedIn, heading: str
) -> None:
    client = signed_in(cast.lead)
    pk = send(client, _file(cast, heading, "0001,", "UPN,")).pk
    assert problems_of(cast, pk) == [("unknown-pupil", 2)]
    pk = send(client, _file(cast, heading, "0001,Abbott", "Surname,")).pk
    assert problems_of(cast, pk) == []
    pk = send(client, _file(cast, heading, "0001,Brown", "Surname,")).pk
    assert problems_of(cast, pk) == [("another-child", 2)]
    pk = send(client, _file(cast, "Adm No", "0001,", "UPN,")).pk
    assert problems_of(cast, pk) == []


def test_a_part_of_a_surname_is_not_the_surname(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(surname="Oliver", sort_key="oliver amy")
    pk = send(signed_in(cast.lead), _file(cast, "Adm No", "0001,Li", "Surname,")).pk
    assert problems_of(cast, pk) == [("another-child", 2)]


def test_such_a_number_takes_no_admission_numbers_place(cast: Cast, signed_in: SignedIn) -> None:
    client: Client = signed_in(cast.lead)
    with in_scope(cast.eastshire):
        data = long_file(all_present(cast.pupils, [DAY])).replace(b"Adm No", b"PersonID").replace(b",0001,", b",6420,")
    upload = send(client, data)
    client.post(f"/uploads/{upload.pk}/store/")
    assert registers(cast) == 5
    with in_scope(cast.eastshire):
        assert Enrolment.objects.get(pupil=cast.pupil).local_id == "0001"


def test_the_former_upn_that_a_schools_system_tells_finds_the_child(cast: Cast, settings: Settings) -> None:
    temporary, permanent = "W99900002001A", cast.pupil.upn or ""
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(upn=temporary)
        Enrolment.objects.filter(pupil=cast.pupil).update(local_id="")
        system = system_of(cast.hill, [Pupil.objects.get(pk=cast.pupil.pk)])
    told = system.students[0]
    system.students[0] = replace(told, upn=permanent, former_upn=temporary, local_id="77", surname="Abbott-Green")
    with serving(system) as server:
        wonde = wonde_for(cast, server, settings)
        wonde.work()
    assert wonde.run().state == "done"
    with in_scope(cast.eastshire):
        assert Pupil.objects.get(pk=cast.pupil.pk).upn == permanent
        assert FormerUpn.objects.get(pupil=cast.pupil).upn == temporary
        assert Enrolment.objects.filter(school=cast.hill).count() == 5
