"""A register file is received, read, and then stored or thrown away."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from attendance_portal.models import AuditEvent
from attendance_portal.refusals import Refused
from schools.models import BandMove, Enrolment, FormerUpn, Pupil, Register, RegisterChange, Standing, Upload
from schools.register.changes import unpack, unpack_repeated
from schools.register.codes import NUMBERS
from schools.register.marks import column_of, mark_at
from schools.sending import uploads
from tests.cast import ON, Cast, in_scope
from tests.schools.files import HEADINGS, all_present, long_file, school_days

AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
DAYS = school_days(dt.date(2026, 9, 7), 20)

pytestmark = pytest.mark.django_db


def send(cast: Cast, content: bytes, name: str = "register.csv") -> Upload:
    upload = uploads.receive_upload(cast.hill, [content], file_name=name, by=cast.lead)
    uploads.read_upload(upload, on=ON)
    return upload


def store(cast: Cast, content: bytes) -> Upload:
    upload = uploads.accept_upload(send(cast, content), by=cast.lead, at=AT)
    uploads.store_upload(upload, on=ON)
    return upload


def mark_of(pupil: Pupil, day: dt.date, half: int) -> str:
    row = np.frombuffer(bytes(Register.objects.get(enrolment__pupil=pupil, year=2026).marks), np.uint8)
    return mark_at(row, column_of(day, half))


def test_what_was_understood_is_shown_and_nothing_is_stored(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        upload = send(cast, long_file(all_present(cast.pupils, DAYS)))
        assert upload.stage == Upload.Stage.READ
        assert (upload.layout, upload.first_on, upload.last_on) == ("long", DAYS[0], DAYS[-1])
        assert upload.understood["matched"] == upload.understood["pupils"] == len(cast.pupils)
        assert upload.understood["new_marks"] == upload.understood["marks"] == len(cast.pupils) * 40
        assert not Register.objects.exists()


def test_an_accepted_file_is_in_the_register_and_banded_at_once(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        marks = all_present(cast.pupils, DAYS)
        marks[cast.pupil] |= dict.fromkeys(DAYS[:10], "OO")
        upload = store(cast, long_file(marks))
        assert (upload.stage, upload.changed) == (Upload.Stage.ACCEPTED, len(cast.pupils) * 40)
        assert mark_of(cast.pupil, DAYS[0], 1) == "O" and mark_of(cast.pupil, DAYS[-1], 1) == "\\"
        standing = Standing.objects.get(pupil=cast.pupil)
        assert (standing.possible, standing.unauthorised, standing.band) == (40, 20, 5)
        assert standing.severe and standing.persistent and standing.as_at == DAYS[-1]
        assert standing.ten_week_unauthorised == 20
        other = Standing.objects.get(pupil=cast.pupils[1])
        assert (other.band, other.headroom) == (1, 2)  # 40 of 42 is 95.2%, 40 of 43 is 93.0%


def test_the_same_file_again_changes_nothing(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        content = long_file(all_present(cast.pupils, DAYS))
        store(cast, content)
        again = send(cast, content)
        assert (again.understood["new_marks"], again.understood["corrected_marks"]) == (0, 0)
        assert store(cast, content).changed == 0
        assert RegisterChange.objects.filter(cells__gt=0).count() == 1
        assert unpack_repeated(bytes(RegisterChange.objects.latest("pk").record)).said.sum() == len(cast.pupils) * 40


def test_a_later_file_corrects_marks_says_how_many_and_a_blank_erases_none(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        marks = all_present(cast.pupils, DAYS)
        marks[cast.pupil] |= {DAYS[0]: "NN"}
        store(cast, long_file(marks))
        marks[cast.pupil] |= {DAYS[0]: "I-"}
        later = send(cast, long_file(marks))
        assert (later.understood["corrected_marks"], later.understood["blanks"]) == (1, 1)
        assert store(cast, long_file(marks)).changed == 1
        assert (mark_of(cast.pupil, DAYS[0], 0), mark_of(cast.pupil, DAYS[0], 1)) == ("I", "N")
        record = unpack(bytes(RegisterChange.objects.latest("pk").record))
        assert len(record) == 1 and int(record.columns[0]) == column_of(DAYS[0], 0)


def test_a_file_thrown_away_is_gone_and_cannot_be_stored(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        upload = send(cast, long_file(all_present(cast.pupils, DAYS)))
        uploads.discard_upload(upload, by=cast.lead, at=AT)
        with pytest.raises(Refused):
            uploads.accept_upload(upload, by=cast.lead, at=AT)
        assert not Register.objects.exists()


def test_unknown_pupils_with_enough_columns_are_created_and_can_be_found(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        content = long_file(all_present(cast.pupils[:1], DAYS)).decode()
        fresh = content.replace(cast.pupil.upn, "").replace("0001", "0077").replace(cast.pupil.surname, "O’Brien-Łoś")
        upload = store(cast, (content + "\r\n".join(fresh.splitlines()[1:])).encode())
        assert upload.understood["new_names"] == [f"{cast.pupil.forename} O’Brien-Łoś"]
        made = Pupil.objects.get(surname="O’Brien-Łoś")
        assert made.upn is None and made.sort_key.startswith("obrien los")
        assert Enrolment.objects.get(pupil=made).local_id == "0077"
        assert set(made.name_keys.values_list("key", flat=True)) >= {"obr", "los"}


def test_a_pupil_with_too_little_to_be_created_is_left_out_and_listed(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        content = long_file(all_present(cast.pupils[:1], DAYS[:1])).decode()
        row = "Z999999999999,9999,Nobody,Known,,,,07/09/2026,AM,/"
        upload = send(cast, f"{content}{row}\r\n".encode())
        kinds = set(upload.problems.values_list("kind", flat=True))
        assert "unknown-pupil" in kinds
        assert upload.understood["left_out"] >= 1


def test_marks_outside_a_stated_enrolment_are_left_out(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=DAYS[9])
        upload = store(cast, long_file(all_present(cast.pupils, DAYS)))
        assert upload.changed == (len(cast.pupils) - 1) * 40 + 20
        problem = upload.problems.get(kind="outside-enrolment")
        assert "after leaving" in problem.message


def test_another_school_s_file_stops_at_the_door(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        content = long_file(all_present(cast.pupils, DAYS[:1]))
        upload = send(cast, content, name="999002 register.csv")
        assert upload.stage == Upload.Stage.REFUSED
        assert upload.problems.get().kind == "wrong-school"


def test_a_temporary_upn_that_became_permanent_still_finds_the_child(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        permanent = cast.pupil.upn
        content = long_file(all_present(cast.pupils[:1], DAYS[:1]))
        Pupil.objects.filter(pk=cast.pupil.pk).update(upn="W99900002001A")
        store(cast, content)
        pupil = Pupil.objects.get(pk=cast.pupil.pk)
        assert pupil.upn == permanent
        assert list(pupil.former_upns.values_list("upn", flat=True)) == ["W99900002001A"]


def test_moves_are_noted_when_the_band_changes(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        marks = all_present(cast.pupils, DAYS[:10])
        store(cast, long_file(marks))
        assert not BandMove.objects.exists()
        marks[cast.pupil] |= dict.fromkeys(DAYS[10:], "II")
        store(cast, long_file(marks))
        assert [(m.kind, m.from_band, m.to_band) for m in BandMove.objects.all()] == [("newly-severe", 1, 5)]


def test_every_step_leaves_one_event_and_storing_names_the_children(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store(cast, long_file(all_present(cast.pupils, DAYS[:1])))
        steps = list(AuditEvent.objects.order_by("pk").values_list("what", flat=True))
        assert steps == ["receive_upload", "accept_upload", "store_upload"]
        assert set(AuditEvent.objects.get(what="store_upload").pupil_ids) == {pupil.pk for pupil in cast.pupils}


def test_a_guessed_upn_with_the_right_birthday_does_not_bring_in_another_schools_child(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        child = cast.vale_pupils[0]
        row = f"{child.upn},7777,Guess,Work,{child.date_of_birth:%d/%m/%Y},7,7A,{DAYS[0]:%d/%m/%Y},AM,/"
        content = long_file(all_present(cast.pupils[:1], DAYS[:1])).decode()
        upload = send(cast, f"{content}{row}\r\n".encode())
        assert "another-child" in set(upload.problems.values_list("kind", flat=True))
        assert not Enrolment.objects.filter(pupil=child, school=cast.hill).exists()


def test_a_child_who_comes_from_another_school_is_known_by_upn_birthday_and_surname(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        child = cast.vale_pupils[0]
        told = f"{child.upn},7777,{child.surname},{child.forename},{child.date_of_birth:%d/%m/%Y}"
        row = f"{told},7,7A,{DAYS[0]:%d/%m/%Y},AM,/"
        content = long_file(all_present(cast.pupils[:1], DAYS[:1])).decode()
        store(cast, f"{content}{row}\r\n".encode())
        assert Enrolment.objects.filter(pupil=child, school=cast.hill).exists()


def test_two_rows_without_a_number_in_common_are_held_against_each_other_once_the_child_is_known(cast: Cast) -> None:
    """formats.md 9.7: one row gives Amy's UPN, the other only her admission number."""
    who, day = "Abbott,Amy,14/03/2014,7,7A", f"{DAYS[0]:%d/%m/%Y},AM"
    with in_scope(cast.eastshire):
        rows = [f"{cast.pupil.upn},,{who},{day},/", f",0001,{who},{day},{{}}"]
        for mark, stage in (("/", Upload.Stage.READ), ("I", Upload.Stage.REFUSED)):
            upload = send(cast, "\r\n".join([HEADINGS, *rows, ""]).format(mark).encode())
            assert upload.stage == stage
        [told] = upload.problems.all()
        assert (told.kind, told.row) == ("contradicting-marks", 3)
        assert "Amy Abbott has the mark ‘I’ for the morning of 7 September 2026, but row 2 gives ‘/’" in told.message


def test_a_child_of_another_school_told_of_by_two_upns_is_enrolled_once(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        child = cast.vale_pupils[0]
        FormerUpn.objects.create(pupil=child, upn="A207000016050", until_on=DAYS[0])
        who = f"{child.surname},{child.forename},{child.date_of_birth:%d/%m/%Y},6,6A,{DAYS[0]:%d/%m/%Y}"
        rows = [f"{child.upn},,{who},AM,/", f"A207000016050,,{who},PM,/"]
        store(cast, "\r\n".join([HEADINGS, *rows, ""]).encode())
        row = Register.objects.get(enrolment__pupil=child, enrolment__school=cast.hill)
        assert bytes(row.marks).strip(b"\0") == bytes([NUMBERS["/"], NUMBERS["\\"]])
