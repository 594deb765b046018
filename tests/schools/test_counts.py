"""Counts sent in place of marks: kept apart from the registers, shown as the school's own, in none of the figures."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.refusals import Refused
from schools.changes.undoing import undo_change
from schools.models import (
    AttendanceSummary,
    Enrolment,
    FormerUpn,
    Pupil,
    Register,
    RegisterChange,
    Standing,
    Upload,
)
from schools.sending import uploads
from tests.cast import ON, Cast, in_scope
from tests.schools.stored import store_autumn
from tests.schools.test_school_page import words_of
from tests.schools.workbooks import xlsx

SignedIn = Callable[[Membership], Client]
AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
HEADINGS = [
    "UPN", "Adno", "Possible_marks", "Present_marks", "Approved_ed_activity", "Authorised_absences",
    "Unauthorised_absences", "date",
]  # fmt: skip
NOT_IN_THE_FIGURES = "Counts the school sent: not in the figures"
PERIOD = "School year 2026/27, up to 30 October 2026"

pytestmark = pytest.mark.django_db


def totals(cast: Cast, *, present: int = 70) -> bytes:
    """The SIMS summary report of the first two pupils."""
    amy, ben = cast.pupils[:2]
    rows = [
        [amy.upn, 1, 80, present, 2, 76 - present, 2, "30/10/2026"],
        [ben.upn, 2, 80, 78, 0, 2, 0, "30/10/2026"],
    ]
    return xlsx(Summary=[HEADINGS, *rows])


def send(cast: Cast, content: bytes, name: str = "totals.xlsx") -> Upload:
    upload = uploads.receive_upload(cast.hill, [content], file_name=name, by=cast.lead)
    uploads.read_upload(upload, on=ON)
    return upload


def store(cast: Cast, content: bytes, name: str = "totals.xlsx") -> Upload:
    upload = uploads.accept_upload(send(cast, content, name), by=cast.lead, at=AT)
    uploads.store_upload(upload, on=ON)
    return upload


def test_counts_are_shown_before_anything_is_stored(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        upload = send(cast, totals(cast))
        assert (upload.stage, upload.layout, upload.first_on) == (Upload.Stage.READ, "summary", None)
        told = upload.understood
        assert (told["sheet"], told["matched"], told["marks"], told["missing"]) == ("Summary", 2, 0, 0)
        assert told["sent_counts"]["new"] == 2 and told["sent_counts"]["held"] == 0
        assert not AttendanceSummary.objects.exists()


def test_counts_are_kept_apart_and_change_no_mark_and_no_figure(cast: Cast) -> None:
    store_autumn(cast)
    with in_scope(cast.eastshire):
        before = list(Standing.objects.order_by("pk").values())
        registers = [bytes(row.marks) for row in Register.objects.order_by("pk")]
        upload = store(cast, totals(cast))
        kept = AttendanceSummary.objects.get(pupil=cast.pupil)
        assert (kept.possible, kept.present, kept.activity, kept.authorised, kept.unauthorised) == (80, 70, 2, 6, 2)
        assert (kept.upload, kept.enrolment.school, kept.until_on) == (upload, cast.hill, dt.date(2026, 10, 30))
        assert kept.get_source_display() == "Totals of the school's own system"
        assert upload.changed == 0
        assert list(Standing.objects.order_by("pk").values()) == before
        assert [bytes(row.marks) for row in Register.objects.order_by("pk")] == registers


def test_the_same_counts_again_change_nothing_and_other_ones_stand_beside_them(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store(cast, totals(cast))
        again = store(cast, totals(cast))
        assert again.understood["sent_counts"]["held"] == 2 and AttendanceSummary.objects.count() == 2
        later = store(cast, totals(cast, present=69))
        assert later.understood["sent_counts"] | {"periods": 0, "source": 0} == {
            "new": 0, "replaced": 1, "held": 1, "periods": 0, "source": 0,
        }  # fmt: skip
        assert AttendanceSummary.objects.filter(pupil=cast.pupil).count() == 2


def test_the_database_keeps_no_counts_that_do_not_add_up(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store(cast, totals(cast))
        with pytest.raises(IntegrityError), transaction.atomic():
            AttendanceSummary.objects.filter(pupil=cast.pupil).update(possible=81)


def test_a_file_of_counts_thrown_away_leaves_nothing(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        upload = send(cast, totals(cast))
        uploads.discard_upload(upload, by=cast.lead, at=AT)
        with pytest.raises(Refused):
            uploads.accept_upload(upload, by=cast.lead, at=AT)
        assert not AttendanceSummary.objects.exists()


def test_an_upload_of_counts_is_among_the_changes_and_can_be_undone_and_put_back(
    cast: Cast, signed_in: SignedIn
) -> None:
    store_autumn(cast)
    with in_scope(cast.eastshire):
        before = list(Standing.objects.order_by("pk").values())
        first = store(cast, totals(cast))
        upload = store(cast, totals(cast, present=69))
    lead = signed_in(cast.lead)
    changes = words_of(lead, f"/schools/{cast.hill.urn}/changes/")
    assert changes.count("totals.xlsx") == 2 and "Counts of 1 pupil and period kept, none of them in" in changes
    asked = words_of(lead, f"/changes/{upload.pk}/undo/")
    assert "The counts of 1 pupil that came with this file will be shown no longer" in asked
    lead.post(f"/changes/{upload.pk}/undo/", {"reason": "The wrong term"})
    with in_scope(cast.eastshire):
        assert [one.upload for one in AttendanceSummary.objects.stored().filter(pupil=cast.pupil)] == [first]
        assert list(Standing.objects.order_by("pk").values()) == before
        undo = RegisterChange.objects.latest("pk").act
        assert AuditEvent.objects.filter(what="undo_change").latest("pk").pupil_ids == [cast.pupil.pk]
    assert "Undone on 20 November 2026" in words_of(lead, f"/schools/{cast.hill.urn}/uploads/")
    assert "will be shown again" in words_of(lead, f"/changes/{undo}/undo/")
    lead.post(f"/changes/{undo}/undo/", {"reason": "It was right"})
    with in_scope(cast.eastshire):
        assert AttendanceSummary.objects.stored().filter(pupil=cast.pupil).count() == 2


def test_counts_that_were_undone_are_new_when_the_file_is_sent_again(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        upload = store(cast, totals(cast))
        undo_change(cast.hill, upload.pk, reason="Wrong", by=cast.lead, at=AT, on=ON)
        again = store(cast, totals(cast))
        assert again.understood["sent_counts"]["new"] == 2
        assert {one.upload for one in AttendanceSummary.objects.stored()} == {again}


def test_an_upn_column_that_holds_admission_numbers_still_finds_the_pupils(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        number = Enrolment.objects.get(pupil=cast.pupil).local_id
        content = xlsx(A=[HEADINGS, [number, number, 80, 70, 2, 6, 2, "30/10/2026"]])
        upload = store(cast, content)
        assert "upns-are-numbers" in upload.understood["counts"]
        assert AttendanceSummary.objects.get().pupil == cast.pupil


def test_counts_of_someone_not_on_the_roll_are_left_out_and_said_so(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        content = xlsx(A=[HEADINGS, [cast.vale_pupils[0].upn, "77", 80, 70, 2, 6, 2, "30/10/2026"]])
        upload = store(cast, content)
        assert not AttendanceSummary.objects.exists()
        assert "the counts of" in upload.problems.get().message or "the counts were" in upload.problems.get().message


def ctf(pupil: Pupil, *, former: str = "", marks: str = "/\\I #C1") -> bytes:
    """A Common Transfer File about one child, from a school elsewhere."""
    year = (
        "<Year>2025</Year><LEA>873</LEA><Estab>2001</Estab><SchoolName>Fenland Primary</SchoolName>"
        "<SessionsPossible>380</SessionsPossible><SessionsAuthorised>20</SessionsAuthorised>"
        "<SessionsAttended>350</SessionsAttended><SessionsUnauthorised>10</SessionsUnauthorised>"
        f"<AttendSessions><AttendanceStartDate>2025-09-03</AttendanceStartDate><AttendanceMarks>{marks}"
        "</AttendanceMarks></AttendSessions>"
    )
    former = f"<BasicDetails><FormerUPN>{former}</FormerUPN></BasicDetails>" if former else ""
    return (
        '<?xml version="1.0" encoding="iso-8859-1"?><CTfile xmlns="urn:x"><Header><DateTime>2026-08-20T10:00:00'
        "</DateTime></Header><CTFpupilData><Pupil>"
        f"<UPN>{pupil.upn}</UPN><Surname>{pupil.surname}</Surname><Forename>{pupil.forename}</Forename>"
        f"<DOB>{pupil.date_of_birth}</DOB>{former}<Attendance><YearData>{year}</YearData></Attendance>"
        "</Pupil></CTFpupilData></CTfile>"
    ).encode("iso-8859-1")


def test_a_transfer_file_keeps_the_counts_with_the_school_that_counted_and_the_marks_as_they_stand(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        upload = store(cast, ctf(cast.pupil), "transfer.csv")
        kept = AttendanceSummary.objects.get()
        assert (upload.layout, kept.source, kept.school_named) == ("ctf", "ctf", "Fenland Primary (8732001)")
        assert (kept.period, kept.possible, kept.present, kept.activity) == ("School year 2025/26", 380, 350, None)
        assert (kept.marks_as_sent, kept.marks_from_on) == ("/\\I #C1", dt.date(2025, 9, 3))
        assert not Register.objects.exists()


def test_a_former_upn_is_kept_only_when_the_file_is_accepted_and_then_finds_the_child(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        upload = send(cast, ctf(cast.pupil, former="W99900002001A"))
        assert not FormerUpn.objects.exists()
        uploads.store_upload(uploads.accept_upload(upload, by=cast.lead, at=AT), on=ON)
        assert FormerUpn.objects.get().upn == "W99900002001A"
        Pupil.objects.filter(pk=cast.pupil.pk).update(upn="W99900002001A")
        permanent = Pupil(
            upn="X999000020001", surname=cast.pupil.surname, forename="Other", date_of_birth=cast.pupil.date_of_birth
        )
        store(cast, ctf(permanent, former="W99900002001A", marks="//"))
        assert Pupil.objects.get(pk=cast.pupil.pk).upn == "X999000020001"


def test_a_former_upn_that_is_another_childs_today_is_not_taken_over(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store(cast, ctf(cast.pupil, former=cast.pupils[1].upn or ""))
        assert not FormerUpn.objects.exists()


def test_the_pages_say_that_counts_are_not_in_the_figures(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        store(cast, totals(cast))
        store(cast, ctf(cast.pupil))
    client = signed_in(cast.lead)
    page = client.get(f"/pupils/{cast.pupil.pk}/").content.decode()
    assert NOT_IN_THE_FIGURES in page and PERIOD in page and "Fenland Primary (8732001)" in page and "/\\I #C1" in page
    page = client.get(f"/schools/{cast.hill.urn}/").content.decode()
    assert NOT_IN_THE_FIGURES in page and PERIOD in page and "Fenland" not in page


def test_another_schools_people_see_no_counts_of_this_one(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        store(cast, totals(cast))
    for someone in (cast.other_lead, cast.stranger):
        client = signed_in(someone)
        assert client.get(f"/pupils/{cast.pupil.pk}/").status_code == 404
        assert client.get(f"/schools/{cast.hill.urn}/").status_code == 404


def test_the_journey_in_the_browser_keeps_counts(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    sent = io.BytesIO(totals(cast))
    sent.name = "totals.csv"
    answer = client.post(f"/schools/{cast.hill.urn}/upload/", {"file": sent}, follow=True)
    page = answer.content.decode()
    assert "Keep these counts?" in page and "Not in the figures" in page and "Sheet" in page
    with in_scope(cast.eastshire):
        upload = Upload.objects.get()
    answer = client.post(f"/uploads/{upload.pk}/store/", follow=True)
    assert "2 counts kept, not in the figures" in answer.content.decode()


def test_the_command_keeps_counts_too(cast: Cast, tmp_path: Path) -> None:
    path = tmp_path / "totals.xlsx"
    path.write_bytes(totals(cast))
    out = io.StringIO()
    asked = ["--authority", cast.eastshire.slug, "--school", cast.hill.urn, "--json", str(path)]
    call_command("import_register", *asked, stdout=out)
    told = json.loads(out.getvalue())
    assert (told["accepted"], told["pupils"], told["marks"], told["problems"]) == (True, 2, 0, [])
    with in_scope(cast.eastshire):
        assert AttendanceSummary.objects.count() == 2
