"""Returns drafted from stored marks: on the day, once an episode, withdrawn and drafted again as corrections say."""

from __future__ import annotations

import datetime as dt

import pytest

from attendance_portal.models import AuditEvent
from schools import banding
from schools.changes import corrections
from schools.models import Enrolment, Pupil, ReturnPolicy, ReturnStep, School, StatutoryReturn, TermDates
from schools.returning import returns
from schools.returning.return_words import why_due
from schools.sending import uploads
from tests.cast import ON, Cast, in_scope, make_pupil
from tests.schools.calendars import make_year
from tests.schools.files import all_present, school_days
from tests.schools.stored import AT, store_marks

Kind, Stage = StatutoryReturn.Kind, StatutoryReturn.Stage
DAYS = school_days(dt.date(2026, 9, 7), 50)

pytestmark = pytest.mark.django_db


def send(cast: Cast, *spells: tuple[Pupil, int, int, str], days: list[dt.date] = DAYS) -> None:
    """A file in which everyone is present but for spells: a pupil, from which school day, how many, the marks."""
    marks = all_present([*cast.pupils], days)
    for pupil, first, count, both in spells:
        marks[pupil] |= dict.fromkeys(days[first : first + count], both)
    store_marks(cast, cast.hill, marks)


def held(kind: str | None = None) -> list[StatutoryReturn]:
    found = StatutoryReturn.objects.order_by("kind", "first_on")
    return list(found.filter(kind=kind) if kind else found)


def correct(cast: Cast, pupil: Pupil, day: dt.date, mark: str, half: int = 0) -> None:
    enrolment = Enrolment.objects.get(pupil=pupil)
    corrections.correct_mark(enrolment, day=day, half=half, mark=mark, reason="Test", by=cast.lead, at=AT, on=ON)


def test_ten_days_of_unauthorised_absence_are_drafted_with_their_marks(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 3, 10, "OO"), (cast.pupils[1], 3, 9, "OO"))
        [one] = held()
    assert (one.kind, one.stage, one.pupil_id) == (Kind.ATTENDANCE, Stage.DRAFT, cast.pupil.pk)
    assert (one.first_on, one.arose_on) == (DAYS[3], DAYS[12])
    assert one.deadline_on == DAYS[12] + dt.timedelta(days=5)
    assert len(one.facts["marks"]) == 20 and one.facts["marks"][0] == [DAYS[3].isoformat(), 0, "O"]


def test_banding_again_drafts_nothing_twice_and_leaves_no_trace(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 3, 12, "OO"), (cast.pupils[1], 0, 16, "II"))
        steps = ReturnStep.objects.count()
        banding.band_schools([cast.hill.pk], on=ON)
        assert len(held()) == 2 and ReturnStep.objects.count() == steps
        assert AuditEvent.objects.filter(what="draft_returns").count() == 1


def test_a_day_asked_for_by_hand_drafts_nothing(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 3, 12, "OO"))
        StatutoryReturn.objects.all()
        ReturnStep.objects.all().delete()
        StatutoryReturn.objects.all().delete()
        banding.band_schools([cast.hill.pk], on=ON, as_at=DAYS[20])
        assert held() == []


def test_a_longer_absence_is_the_same_return_and_a_fresh_one_is_another(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 0, 10, "OO"), days=DAYS[:10])
        send(cast, (cast.pupil, 0, 20, "OO"), days=DAYS[:30])
        assert len(held()) == 1
        send(cast, (cast.pupil, 0, 20, "OO"), (cast.pupil, 30, 12, "GG"))
        assert [one.first_on for one in held()] == [DAYS[0], DAYS[30]]


def test_a_correction_that_breaks_the_absence_withdraws_the_draft_and_says_which_mark(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 3, 10, "OO"))
        correct(cast, cast.pupil, DAYS[5], "I")
        [one] = held()
        assert one.stage == Stage.WITHDRAWN
        assert f"{DAYS[5]:%-d %B} morning O is now I" in one.steps.first().words


def test_a_ground_that_comes_back_is_the_same_return_drafted_again(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 3, 10, "OO"))
        correct(cast, cast.pupil, DAYS[5], "I")
        correct(cast, cast.pupil, DAYS[5], "G")
        [one] = held()
        assert one.stage == Stage.DRAFT and [code for day, half, code in one.facts["marks"] if code != "O"] == ["G"]


def test_an_absence_that_proves_to_have_begun_earlier_is_the_same_draft(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 3, 10, "OO"))
        correct(cast, cast.pupil, DAYS[2], "O", half=1)
        correct(cast, cast.pupil, DAYS[2], "O", half=0)
        [one] = held()
        assert (one.first_on, one.arose_on, one.stage) == (DAYS[2], DAYS[11], Stage.DRAFT)


def test_two_absences_that_prove_to_be_one_leave_one_return(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 3, 10, "OO"), (cast.pupil, 14, 10, "OO"))
        assert len(held()) == 2
        correct(cast, cast.pupil, DAYS[13], "O", half=0)
        correct(cast, cast.pupil, DAYS[13], "O", half=1)
        first, second = held()
        assert (first.stage, second.stage) == (Stage.DRAFT, Stage.WITHDRAWN)
        assert "part of another return" in second.steps.first().words


def test_a_sent_return_is_kept_when_its_ground_goes_and_both_sides_are_told(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 3, 10, "OO"))
        [one] = held()
        returns.send_return(one, confirmed={"address": "1 Hill Road"}, by=cast.lead, at=AT)
        correct(cast, cast.pupil, DAYS[5], "/")
        one.refresh_from_db()
        assert (one.stage, one.ground_gone_on) == (Stage.SENT, ON)
        correct(cast, cast.pupil, DAYS[5], "O")
        one.refresh_from_db()
        assert (one.stage, one.ground_gone_on) == (Stage.SENT, None) and len(held()) == 1


def test_what_was_set_aside_stays_so(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 3, 10, "OO"))
        returns.set_aside_return(held()[0], reason="Sent on paper", by=cast.lead, at=AT)
        banding.band_schools([cast.hill.pk], on=ON)
        [one] = held()
        assert one.stage == Stage.SET_ASIDE


def test_fifteen_days_of_sickness_added_up_are_drafted_with_all_their_marks(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 2, 8, "II"), (cast.pupil, 20, 7, "II"), (cast.pupils[1], 0, 14, "II"))
        [one] = held()
        assert (one.kind, one.first_on, one.arose_on) == (Kind.SICKNESS, DAYS[20], DAYS[26])
        assert len(one.facts["marks"]) == 30 and one.facts["marks"][0][0] == DAYS[2].isoformat()


def test_an_earlier_return_by_hand_stands_for_the_days_that_add_up_later(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 2, 8, "II"), days=DAYS[:12])
        enrolment = Enrolment.objects.get(pupil=cast.pupil)
        one = returns.begin_return(
            enrolment, kind=Kind.SICKNESS, reason="An operation", by=cast.lead, at=AT, on=DAYS[11]
        )
        assert one.first_on == DAYS[2]
        send(cast, (cast.pupil, 2, 8, "II"), (cast.pupil, 20, 7, "II"))
        assert held() == [one]
        send(cast, (cast.pupil, 2, 8, "II"), (cast.pupil, 20, 16, "II"))
        assert [(each.first_on, each.is_by_hand) for each in held()] == [(DAYS[2], True), (DAYS[20], False)]


def test_a_period_that_adds_up_and_grows_stays_one_return(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 0, 8, "II"), (cast.pupil, 20, 20, "II"))
        assert [(one.first_on, one.arose_on) for one in held()] == [(DAYS[20], DAYS[26])]
        banding.band_schools([cast.hill.pk], on=ON)
        assert len(held()) == 1


def test_children_outside_compulsory_school_age_are_in_no_attendance_or_sickness_return(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(date_of_birth=dt.date(2010, 3, 14))
        Pupil.objects.filter(pk=cast.pupils[1].pk).update(date_of_birth=dt.date(2022, 3, 14))
        send(cast, (cast.pupil, 3, 10, "OO"), (cast.pupils[1], 3, 16, "II"))
        assert held() == []


def test_compulsory_school_age_ends_with_the_last_friday_of_june(cast: Cast) -> None:
    """Sixteen in March: of compulsory school age until 26 June 2026, that day included (EA 1996 s.8(3))."""
    days = school_days(dt.date(2026, 6, 8), 30)
    friday = dt.date(2026, 6, 26)
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk__in=[one.pk for one in cast.pupils[:2]]).update(date_of_birth=dt.date(2010, 3, 14))
        in_time, too_late = days.index(friday) - 9, days.index(friday) - 8
        send(cast, (cast.pupil, in_time, 12, "OO"), (cast.pupils[1], too_late, 12, "OO"), days=days)
        [one] = held(Kind.ATTENDANCE)
        assert (one.pupil_id, one.arose_on) == (cast.pupil.pk, friday)


def test_joiners_and_leavers_of_every_age_are_drafted(cast: Cast) -> None:
    """Reg 13(1) and (4) are of names in the register, not of children of compulsory school age."""
    with in_scope(cast.eastshire):
        young, grown = make_pupil(cast.hill, 70, "Novak", "Nia", "9"), make_pupil(cast.hill, 71, "Novak", "Ned", "9")
        for one, born in ((young, dt.date(2023, 5, 1)), (grown, dt.date(2009, 1, 1))):
            Pupil.objects.filter(pk=one.pk).update(date_of_birth=born)
            Enrolment.objects.filter(pupil=one).update(admission_on=DAYS[5], leaving_on=DAYS[40])
        store_marks(cast, cast.hill, all_present([*cast.pupils, young, grown], DAYS))
        told = {(one.kind, one.pupil_id) for one in held()}
        assert told == {(kind, one.pk) for kind in (Kind.NEW_PUPIL, Kind.DELETION) for one in (young, grown)}


def test_who_leaves_and_comes_back_is_a_deletion_and_a_new_pupil(cast: Cast) -> None:
    """Each entry of the name and each deletion has its own return."""
    with in_scope(cast.eastshire):
        send(cast, days=DAYS[:10])
        Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=DAYS[20])
        Enrolment.objects.create(pupil=cast.pupil, school=cast.hill, year_group="7", admission_on=DAYS[30])
        send_rows(cast, cast.hill, cast.pupil, "/\\", DAYS[31:36], joined=DAYS[30])
        assert [(one.kind, one.arose_on) for one in held()] == [(Kind.DELETION, DAYS[20]), (Kind.NEW_PUPIL, DAYS[30])]


def test_a_move_in_the_middle_of_an_absence_makes_neither_school_s_ten_days(cast: Cast) -> None:
    """Eight days at Hill and eight at Vale: each school returns of its own register (reg 13)."""
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=DAYS[12])
        send_rows(cast, cast.hill, cast.pupil, "OO", DAYS[5:13], left=DAYS[12])
        send_rows(cast, cast.vale, cast.pupil, "OO", DAYS[13:21], joined=DAYS[13])
        assert held(Kind.ATTENDANCE) == []
        send_rows(cast, cast.vale, cast.pupil, "OO", DAYS[21:23], joined=DAYS[13])
        [one] = held(Kind.ATTENDANCE)
        assert (one.school_id, one.first_on, one.arose_on) == (cast.vale.pk, DAYS[13], DAYS[22])


def test_of_a_dual_registered_child_the_school_where_it_was_due_makes_the_return(cast: Cast) -> None:
    """Hill codes D, which neither adds nor breaks; the other school entered the name, so it returns that as well."""
    with in_scope(cast.eastshire):
        store_marks(cast, cast.vale, all_present(cast.vale_pupils, DAYS[:15]))
        send_rows(cast, cast.hill, cast.pupil, "OO", DAYS[:5])
        send_rows(cast, cast.hill, cast.pupil, "DD", DAYS[5:15])
        send_rows(cast, cast.vale, cast.pupil, "OO", DAYS[5:15], joined=DAYS[5])
        found = {(one.kind, one.school_id, one.arose_on) for one in held()}
        assert found == {
            (Kind.ATTENDANCE, cast.vale.pk, DAYS[14]),
            (Kind.NEW_PUPIL, cast.vale.pk, DAYS[5]),
        }
        send_rows(cast, cast.hill, cast.pupil, "OO", DAYS[15:20])
        assert [one.arose_on for one in held(Kind.ATTENDANCE) if one.school_id == cast.hill.pk] == [DAYS[19]]


def send_rows(
    cast: Cast, school: School, pupil: Pupil, both: str, days: list[dt.date], *, joined: dt.date | None = None,
    left: dt.date | None = None,
) -> None:  # fmt: skip
    """A school's file of one child alone, with the dates that it states."""
    dates = [f"{day:%d/%m/%Y}" if day else "" for day in (joined, left)]
    who = [str(pupil.upn), f"7{school.pk}", pupil.surname, pupil.forename, f"{pupil.date_of_birth:%d/%m/%Y}", "7"]
    lines = [
        ",".join([*who, f"{day:%d/%m/%Y}", half, mark, *dates])
        for day in days
        for half, mark in zip(("AM", "PM"), both, strict=True)
    ]
    headings = "UPN,Adm No,Surname,Forename,DOB,Year,Date,Session,Mark,Admission Date,Leaving Date"
    content = "\r\n".join([headings, *lines, ""]).encode()
    upload = uploads.receive_upload(school, [content], file_name="one.csv", by=cast.trust_lead)
    uploads.read_upload(upload, on=ON)
    uploads.store_upload(uploads.accept_upload(upload, by=cast.trust_lead, at=AT), on=ON)


def test_days_before_compulsory_school_age_count_towards_no_return(cast: Cast) -> None:
    """Five in February: of compulsory school age from 31 March 2026, whichever day the absence began."""
    before, after = school_days(dt.date(2026, 3, 19), 10), school_days(dt.date(2026, 3, 31), 12)
    days = sorted({*before, *after})
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(date_of_birth=dt.date(2021, 2, 10))
        send(cast, (cast.pupil, 0, 10, "OO"), days=before)
        assert held(Kind.ATTENDANCE) == []
        send(cast, (cast.pupil, 0, len(days), "OO"), days=days)
        [one] = held(Kind.ATTENDANCE)
        assert (one.first_on, one.arose_on) == (after[0], after[9])


def test_the_evidence_of_sickness_added_up_is_the_sessions_that_were_counted(cast: Cast) -> None:
    """Five in February: of compulsory school age from 31 March 2026. Ill before as well, for which nothing is due."""
    before, after = school_days(dt.date(2026, 3, 19), 8), school_days(dt.date(2026, 3, 31), 25)
    days = [*before, *after]
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(date_of_birth=dt.date(2021, 2, 10))
        Enrolment.objects.filter(pupil=cast.pupils[1]).update(admission_on=days[6])
        for pupil in cast.pupils[:2]:
            send(cast, (pupil, 0, 5, "II"), (pupil, 8, 8, "II"), (pupil, 20, 7, "II"), days=days)
        for one in held(Kind.SICKNESS):
            assert (one.first_on, one.arose_on) == (days[20], days[26])
            assert (len(one.facts["marks"]), one.facts["marks"][0][0]) == (30, days[8].isoformat())
        assert len(held(Kind.SICKNESS)) == 2


def test_a_sickness_return_by_hand_begins_with_compulsory_school_age_at_the_earliest(cast: Cast) -> None:
    before, after = school_days(dt.date(2026, 3, 19), 8), school_days(dt.date(2026, 3, 31), 10)
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupil.pk).update(date_of_birth=dt.date(2021, 2, 10))
        send(cast, (cast.pupil, 4, 8, "II"), days=[*before, *after])
        begin = {"kind": Kind.SICKNESS, "reason": "An operation", "by": cast.lead, "at": AT}
        one = returns.begin_return(Enrolment.objects.get(pupil=cast.pupil), **begin, on=after[6])
        assert one.first_on == after[0]


def test_a_late_mark_leaves_the_irregular_attendance_to_be_returned_by_hand(cast: Cast) -> None:
    """domain.md 11, T14 (b): not due on the continuous limb, but it may be on "fails to attend regularly"."""
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 3, 10, "OO"), (cast.pupil, 7, 1, "LO"))
        assert held() == []
        enrolment = Enrolment.objects.get(pupil=cast.pupil)
        write = {"reason": "Here one day in ten", "by": cast.lead, "at": AT, "on": ON}
        one = returns.begin_return(enrolment, kind=Kind.ATTENDANCE, **write)
        banding.band_schools([cast.hill.pk], on=ON)
        assert held() == [one] and one.stage == Stage.DRAFT


def test_sickness_of_july_is_another_school_year_s(cast: Cast) -> None:
    july = school_days(dt.date(2026, 7, 6), 12)
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 4, 8, "II"), days=july)
        send(cast, (cast.pupil, 0, 7, "II"), days=DAYS[:7])
        assert held(Kind.SICKNESS) == []


def test_an_absence_over_the_summer_is_ten_days_of_both_years(cast: Cast) -> None:
    july = school_days(dt.date(2026, 7, 6), 12)
    with in_scope(cast.eastshire):
        send(cast, (cast.pupil, 4, 8, "OO"), days=july)
        send(cast, (cast.pupil, 0, 2, "OO"), days=DAYS[:5])
        [one] = held(Kind.ATTENDANCE)
        assert (one.first_on, one.arose_on, one.year) == (july[4], DAYS[1], 2026)
        assert [mark[0] for mark in one.facts["marks"]][::2] == [day.isoformat() for day in [*july[4:], *DAYS[:2]]]


def test_a_new_pupil_is_drafted_with_the_end_of_the_fifth_day(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast)
        newcomer = make_pupil(cast.hill, 77, "Novak", "Nia", "9")
        Enrolment.objects.filter(pupil=newcomer).update(admission_on=dt.date(2026, 10, 9))
        banding.band_schools([cast.hill.pk], on=ON)
        [one] = held()
        assert (one.kind, one.pupil_id, one.deadline_on) == (Kind.NEW_PUPIL, newcomer.pk, dt.date(2026, 10, 14))
        corrections.correct_admission(
            Enrolment.objects.get(pupil=newcomer), admission_on=dt.date(2025, 10, 9), reason="Test",
            by=cast.lead, at=AT, on=ON,
        )  # fmt: skip
        assert held()[0].stage == Stage.WITHDRAWN


def test_without_a_stated_admission_the_first_mark_is_the_entry(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        newcomers = [
            make_pupil(cast.hill, 70 + at, "Novak", name, "9") for at, name in enumerate(("Nia", "Nan", "Ned"))
        ]
        Enrolment.objects.update(admission_on=None)
        marks = all_present([*cast.pupils, *newcomers], DAYS)
        marks[newcomers[0]] = dict.fromkeys(DAYS[22:], "/\\")
        store_marks(cast, cast.hill, marks)
        [one] = held()
        assert (one.kind, one.pupil_id, one.arose_on) == (Kind.NEW_PUPIL, newcomers[0].pk, DAYS[22])
        assert "no date of admission has been stated" in why_due(one)
        enrolment = Enrolment.objects.get(pupil=newcomers[0])
        write = {"reason": "Test", "by": cast.lead, "at": AT, "on": ON}
        corrections.correct_admission(enrolment, admission_on=DAYS[20], **write)
        assert [(one.stage, one.arose_on) for one in held()] == [(Stage.DRAFT, DAYS[20])]


def test_the_first_file_of_a_school_that_states_no_admissions_drafts_nothing(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        for at in range(12):
            make_pupil(cast.hill, 70 + at, "Novak", f"Nia{at}", "9")
        Enrolment.objects.update(admission_on=None)
        class_9b = [one.pupil for one in Enrolment.objects.filter(pupil__surname="Novak")[:6]]
        first = [one.pupil for one in Enrolment.objects.filter(school=cast.hill).exclude(pupil__in=class_9b)]
        store_marks(cast, cast.hill, all_present(first, DAYS[20:]))
        store_marks(cast, cast.hill, all_present(class_9b, DAYS[30:]))
        assert held() == []


def test_a_name_entered_on_the_first_of_august_is_new_in_that_year(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupils[1]).update(admission_on=dt.date(2026, 8, 1))
        Enrolment.objects.filter(pupil=cast.pupils[2]).update(admission_on=dt.date(2026, 7, 31))
        send(cast)
        assert [(one.kind, one.pupil_id) for one in held()] == [(Kind.NEW_PUPIL, cast.pupils[1].pk)]


def test_the_fifth_school_day_leaves_out_half_term(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        make_year()
        ReturnPolicy.objects.create(from_on=DAYS[0], in_school_days=True)
        term = TermDates.objects.get(year=2026, term="autumn")
        last = term.half_term_first_on - dt.timedelta(days=3)
        Enrolment.objects.filter(pupil=cast.pupils[1]).update(admission_on=last)
        send(cast)
        [one] = held()
        assert last.weekday() == 4 and one.deadline_on == last + dt.timedelta(days=14)


def test_registers_of_july_that_arrive_after_septembers_are_drafted_and_followed(cast: Cast) -> None:
    july = school_days(dt.date(2026, 6, 22), 20)
    with in_scope(cast.eastshire):
        send(cast)
        send(cast, (cast.pupil, 0, 12, "OO"), days=july)
        [one] = held(Kind.ATTENDANCE)
        assert (one.year, one.first_on, one.arose_on) == (2025, july[0], july[9])
        returns.send_return(one, confirmed={"address": "1 Hill Road"}, by=cast.lead, at=AT)
        correct(cast, cast.pupil, july[5], "/")
        one.refresh_from_db()
        assert (one.stage, one.ground_gone_on) == (Stage.SENT, ON)


def test_history_that_is_older_than_half_a_year_is_drafted_no_more(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast)
        send(cast, (cast.pupil, 0, 12, "OO"), days=school_days(dt.date(2026, 2, 23), 20))
        assert held(Kind.ATTENDANCE) == []


def test_a_final_year_that_has_left_stays_the_final_year(cast: Cast) -> None:
    """Data go on in July, when nobody of year 11 is on the roll any more."""
    days = school_days(dt.date(2026, 6, 1), 30)
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupils[4]).update(leaving_on=dt.date(2026, 6, 26))
        Enrolment.objects.filter(pupil=cast.pupils[3]).update(leaving_on=dt.date(2026, 7, 1))
        marks = all_present(cast.pupils[:3], days)
        marks[cast.pupils[4]] = dict.fromkeys([day for day in days if day <= dt.date(2026, 6, 26)], "/\\")
        marks[cast.pupils[3]] = dict.fromkeys([day for day in days if day <= dt.date(2026, 7, 1)], "/\\")
        store_marks(cast, cast.hill, marks)
        assert [one.pupil_id for one in held(Kind.DELETION)] == [cast.pupils[3].pk]


def test_a_leaver_is_drafted_once_and_withdrawn_when_the_leaving_was_wrong(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send(cast)
        enrolment = Enrolment.objects.get(pupil=cast.pupil)
        write = {"reason": "Test", "by": cast.lead, "at": AT, "on": ON}
        corrections.correct_leaving(enrolment, leaving_on=DAYS[30], destination="Vale", **write)
        [one] = held()
        assert (one.kind, one.arose_on, one.deadline_on) == (Kind.DELETION, DAYS[30], DAYS[30])
        corrections.correct_leaving(enrolment, leaving_on=DAYS[31], destination="Vale", **write)
        [one] = held()
        assert (one.stage, one.arose_on) == (Stage.DRAFT, DAYS[31])
        corrections.correct_leaving(enrolment, leaving_on=None, destination="", **write)
        [one] = held()
        assert one.stage == Stage.WITHDRAWN


def test_leavers_of_the_final_year_are_drafted_before_its_end_only(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupils[4]).update(leaving_on=dt.date(2027, 6, 25))
        Enrolment.objects.filter(pupil=cast.pupils[3]).update(leaving_on=dt.date(2027, 6, 25))
        send(cast)
        assert [one.pupil_id for one in held()] == [cast.pupils[3].pk]


def test_year_11_is_no_final_year_where_there_is_a_sixth_form(cast: Cast) -> None:
    """And of a child of 18 who has finished year 13 no return is needed."""
    with in_scope(cast.eastshire):
        sixth = make_pupil(cast.hill, 70, "Novak", "Nia", "13")
        Enrolment.objects.filter(pupil__in=[cast.pupils[4], sixth]).update(leaving_on=dt.date(2027, 6, 25))
        store_marks(cast, cast.hill, all_present([*cast.pupils, sixth], DAYS))
        assert [one.pupil_id for one in held()] == [cast.pupils[4].pk]


def test_reception_is_not_the_youngest_class_where_there_is_a_nursery(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        reception = make_pupil(cast.vale, 70, "Novak", "Nia", "0")
        Enrolment.objects.filter(pupil=reception).update(admission_on=DAYS[0])
        everyone = [*cast.vale_pupils, reception]
        store_marks(cast, cast.vale, all_present(everyone, DAYS))
        assert held() == []
        nursery = make_pupil(cast.vale, 71, "Novak", "Nan", "0")
        Enrolment.objects.filter(pupil=nursery).update(admission_on=DAYS[0], year_group="N2")
        store_marks(cast, cast.vale, all_present([*everyone, nursery], DAYS))
        assert [(one.kind, one.pupil_id) for one in held()] == [(Kind.NEW_PUPIL, reception.pk)]
