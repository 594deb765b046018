"""A child who left a school and came back, or whose numbers changed: whose row each file's marks go to."""

from __future__ import annotations

import datetime as dt

import pytest

from schools.children.childs_year import childs_years
from schools.models import Enrolment, Pupil, Standing, Upload
from tests.cast import ON, Cast, in_scope
from tests.schools.files import all_present, long_file, school_days
from tests.schools.test_uploads import send, store

FIRST = school_days(dt.date(2026, 9, 7), 5)
SECOND = school_days(dt.date(2026, 10, 5), 5)
HEADINGS = "UPN,Adm No,Surname,Forename,DOB,Year,Admission Date,Leaving Date,Date,Session,Mark"

pytestmark = pytest.mark.django_db


def file_of(pupil: Pupil, days: list[dt.date], mark: str, admitted: str = "", left: str = "", **other: str) -> bytes:
    """The long layout with enrolment dates: the same mark for every session of the days."""
    told = {"upn": pupil.upn or "", "local_id": "0001"} | other
    who = f"{told['upn']},{told['local_id']},{pupil.surname},{pupil.forename},{pupil.date_of_birth:%d/%m/%Y},7"
    rows = [f"{who},{admitted},{left},{day:%d/%m/%Y},{half},{mark}" for day in days for half in ("AM", "PM")]
    return "\r\n".join([HEADINGS, *rows]).encode()


def attended_and_missed(pupil: Pupil) -> list[tuple[int, int]]:
    """Of each stay, in order of admission."""
    rows = Standing.objects.filter(pupil=pupil).order_by("enrolment__admission_on")
    return [(row.attended, row.missed) for row in rows]


def store_two_stays(cast: Cast) -> bytes:
    """The first child ill for a week, away, and back for a week; answers the file of the first stay."""
    first = file_of(cast.pupil, FIRST, "I", "01/09/2025", "11/09/2026")
    store(cast, first)
    store(cast, file_of(cast.pupil, SECOND, "/", "05/10/2026"))
    return first


def test_the_file_of_a_first_stay_sent_again_does_not_overwrite_the_second(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        first = store_two_stays(cast)
        assert attended_and_missed(cast.pupil) == [(0, 10), (10, 0)]
        assert store(cast, first).changed == 0
        assert attended_and_missed(cast.pupil) == [(0, 10), (10, 0)]
        dates = Enrolment.objects.filter(pupil=cast.pupil).order_by("admission_on")
        assert [row.leaving_on for row in dates] == [dt.date(2026, 9, 11), None]


def test_a_file_of_the_whole_year_puts_each_mark_on_the_stay_of_its_day(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store_two_stays(cast)
        whole = file_of(cast.pupil, FIRST, "O") + file_of(cast.pupil, SECOND, "/").split(b"Mark")[1]
        upload = store(cast, whole)
        assert not upload.problems.exists() and upload.changed == 10
        assert attended_and_missed(cast.pupil) == [(0, 10), (10, 0)]
        assert Standing.objects.filter(pupil=cast.pupil).order_by("enrolment__admission_on")[0].unauthorised == 10


def test_a_day_between_two_stays_belongs_to_neither(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store_two_stays(cast)
        upload = send(cast, file_of(cast.pupil, [dt.date(2026, 9, 21)], "O"))
        assert upload.problems.get().kind == "outside-enrolment"
        assert upload.understood["new_marks"] == 0


def test_a_stay_that_ended_before_the_one_held_began_is_another(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupil).update(admission_on=SECOND[0])
        store(cast, file_of(cast.pupil, SECOND, "/"))
        store(cast, file_of(cast.pupil, FIRST, "I", "01/09/2025", "11/09/2026"))
        assert attended_and_missed(cast.pupil) == [(0, 10), (10, 0)]


def test_a_leaving_before_the_admission_leaves_the_pupil_out_and_says_so(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        content = file_of(cast.pupil, FIRST, "#", "09/09/2026", "08/09/2026")
        upload = store(cast, content)
        problem = upload.problems.get()
        assert (upload.stage, upload.changed, problem.kind) == (Upload.Stage.ACCEPTED, 0, "enrolment-dates-crossed")
        assert "left on 8 September 2026, before the admission on 9 September 2026" in problem.message
        assert Enrolment.objects.get(pupil=cast.pupil).leaving_on is None


@pytest.mark.parametrize("again", [False, True])
def test_a_permanent_upn_finds_the_child_of_a_temporary_one_by_name_and_birthday(cast: Cast, again: bool) -> None:
    with in_scope(cast.eastshire):
        permanent = cast.pupil.upn or ""
        Pupil.objects.filter(pk=cast.pupil.pk).update(upn=permanent if again else "W99900002001A")
        Enrolment.objects.filter(pupil=cast.pupil).update(local_id="")
        upn = "W99900002001A" if again else permanent
        upload = store(cast, file_of(cast.pupil, FIRST, "/", upn=upn, local_id=""))
        assert upload.understood["new"] == 0 and attended_and_missed(cast.pupil) == [(10, 0)]
        assert Pupil.objects.get(pk=cast.pupil.pk).upn == permanent


def test_leavers_of_whom_nobody_stated_the_day_do_not_close_the_days_of_their_year_group(cast: Cast) -> None:
    last_year = school_days(dt.date(2026, 6, 1), 5)
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(school=cast.hill).update(admission_on=None, year_group="11")
        store(cast, long_file(all_present(cast.pupils, last_year)))
        marks = all_present(cast.pupils[:2], FIRST)
        marks[cast.pupil] |= {FIRST[0]: "--"}
        marks[cast.pupil] |= {FIRST[2]: "--"}
        store(cast, long_file(marks))
        standing = Standing.objects.get(pupil=cast.pupil)
        assert (standing.possible, standing.missing) == (6, 4)
        assert Standing.objects.filter(is_on_roll=True).count() == len(cast.pupils)


def test_a_day_on_which_nothing_was_possible_is_a_day_with_data(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        content = file_of(cast.pupil, FIRST[:4], "/") + file_of(cast.pupil, FIRST[4:], "Y4").split(b"Mark")[1]
        store(cast, content)
        assert Standing.objects.get(pupil=cast.pupil).as_at == FIRST[4]


def test_who_is_admitted_after_the_as_at_day_is_not_on_roll_yet(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupils[1]).update(admission_on=ON)
        store(cast, long_file(all_present(cast.pupils[:1], FIRST)))
        assert not Standing.objects.get(pupil=cast.pupils[1]).is_on_roll
        assert Standing.objects.get(pupil=cast.pupils[2]).is_on_roll


def test_the_page_and_the_standing_count_the_same_missing_marks(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(school=cast.hill).update(admission_on=None, year_group="7")
        store(cast, long_file(all_present(cast.pupils, school_days(dt.date(2026, 6, 1), 5))))
        marks = all_present(cast.pupils, FIRST)
        marks[cast.pupil] |= dict.fromkeys(FIRST[:2], "--")
        store(cast, long_file(marks))
        [year] = childs_years([cast.pupil.enrolments.get()], 2026)
        assert year.count("missing") == Standing.objects.get(pupil=cast.pupil).missing == 4
