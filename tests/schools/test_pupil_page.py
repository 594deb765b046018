"""The page of one child, and its marks as a file: pupil_page, pupil_marks_csv."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from pytest_django.fixtures import Settings

from attendance_portal.audit import record
from attendance_portal.models import AuditEvent, Membership
from attendance_portal.panels import Panel
from schools.models import Carer, CarerLink, Circumstance, Enrolment, Pupil, PupilAccess, Standing
from schools.register.codes import NUMBERS
from schools.register.marks import column_of, empty
from schools.stored.registers import save_rows
from tests.cast import SINCE, Cast, in_scope, make_pupil
from tests.schools.files import all_present, school_days
from tests.schools.stored import AUTUMN, autumn, store_autumn, store_marks, store_summer
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]

pytestmark = pytest.mark.django_db


def address(pupil: Pupil) -> str:
    return f"/pupils/{pupil.pk}/"


def test_the_page_says_category_and_national_definition_apart(cast: Cast, signed_in: SignedIn) -> None:
    store_autumn(cast)
    page = words_of(signed_in(cast.lead), address(cast.pupils[3]))
    assert "Persistently absent (missed 10% or more)" in page
    assert "Category: Persistent absence: 80% to 90%" in page
    amy = words_of(signed_in(cast.lead), address(cast.pupil))
    assert "Severely absent (missed 50% or more); so also persistently absent" in amy


def test_the_year_is_a_calendar_of_marks_with_their_meaning(cast: Cast, signed_in: SignedIn) -> None:
    store_autumn(cast)
    page = words_of(signed_in(cast.lead), address(cast.pupils[1]))
    assert "September 2026" in page and "October 2026" in page
    assert "Monday 7 September: morning I, Ill; afternoon I, Ill" in page
    assert "Tuesday 8 September: morning I, Ill; afternoon \\, Present in the afternoon" in page
    assert "I Ill Authorised absence 3" in page


def test_a_blank_where_the_year_group_had_school_is_shown_as_missing(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupils[1]).update(year_group="7")
        marks = autumn(cast)
        marks[cast.pupils[1]] |= {AUTUMN[3]: "/-"}
        store_marks(cast, cast.hill, marks)
    page = words_of(signed_in(cast.lead), address(cast.pupils[1]))
    assert "afternoon –, No mark, though the year group had school" in page
    assert "1 Missing marks" in page


def test_rows_without_one_mark_hide_nothing_of_what_is_missing(cast: Cast, signed_in: SignedIn) -> None:
    """Such as an undone file leaves behind: the page says of the two with marks what the list says."""
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupils[1]).update(year_group="7")
        blank = [make_pupil(cast.hill, 60 + n, f"Blank{n}", "Bea", "7") for n in range(3)]
        ids = np.array(sorted(Enrolment.objects.filter(pupil__in=blank).values_list("pk", flat=True)), np.int64)
        save_rows(2026, ids, empty(3), ["7"] * 3)
        store_marks(cast, cast.hill, autumn(cast) | {cast.pupils[1]: dict.fromkeys(AUTUMN, "/-")})
        assert Standing.objects.get(pupil=cast.pupils[1]).missing == len(AUTUMN)
    assert f"{len(AUTUMN)} Missing marks" in words_of(signed_in(cast.lead), address(cast.pupils[1]))


def test_a_row_of_last_year_without_one_mark_is_no_beginning(cast: Cast, signed_in: SignedIn) -> None:
    """Such as an undone file leaves behind: the child began with the first mark, on the page as on the list."""
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupils[1]).update(year_group="7", admission_on=None)
        begun = Enrolment.objects.get(pupil=cast.pupils[1])
        save_rows(2025, np.array([begun.pk], np.int64), empty(1), ["6"])
        marks = autumn(cast)
        marks[cast.pupils[1]] = dict.fromkeys(AUTUMN[5:], "/\\")
        store_marks(cast, cast.hill, marks)
        assert Standing.objects.get(pupil=cast.pupils[1]).missing == 0
    assert " 0 Missing marks" in words_of(signed_in(cast.lead), address(cast.pupils[1]))


def test_how_much_more_can_be_missed_is_a_sentence_for_each_category(cast: Cast, signed_in: SignedIn) -> None:
    store_autumn(cast)
    page = words_of(signed_in(cast.lead), address(cast.pupils[4]))
    assert "2 more sessions can be missed in a row; one more reaches “At risk of persistent absence”" in page
    assert "4 more sessions can be missed in a row; one more reaches “Persistent absence” (80% to 90%)" in page
    assert "0 unauthorised sessions in the last 10 school weeks: fewer than the 10 at which" in page
    amy = words_of(signed_in(cast.lead), address(cast.pupil))
    assert "Reached already: “At risk of persistent absence”, “Persistent absence”" in amy
    assert "20 unauthorised sessions in the last 10 school weeks: the 10 at which a penalty notice must" in amy


def test_last_year_can_be_chosen_and_nonsense_shows_the_latest(cast: Cast, signed_in: SignedIn) -> None:
    store_summer(cast)
    store_autumn(cast)
    client = signed_in(cast.lead)
    page = words_of(client, f"{address(cast.pupil)}?year=2025")
    # A return that is due is told on every year's page, with its days; the months are of the year chosen.
    assert "June 2026" in page and not re.search(r"\D September 2026", page) and "Can still" not in page
    for typed in ("1999", "x", "²"):
        assert "September 2026" in words_of(client, f"{address(cast.pupil)}?year={typed}")


def test_circumstances_family_and_siblings_whom_one_may_see(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        Circumstance.objects.create(pupil=cast.pupil, kind="young-carer", from_on=SINCE, source="School")
        carer = Carer.objects.create(name="Alice Abbott", telephone="01632 960001")
        for pupil in (cast.pupil, cast.pupils[1], cast.vale_pupils[0]):
            CarerLink.objects.create(pupil=pupil, carer=carer, relationship="Mother")
    page = words_of(signed_in(cast.lead), address(cast.pupil))
    assert "Young carer" in page and "Alice Abbott , Mother" in page and "Ben Brown" in page
    assert "Finn Ford" not in page
    assert "Finn Ford" in words_of(signed_in(cast.officer), address(cast.pupil))


def test_who_has_looked_is_shown_to_those_who_answer_for_the_record(cast: Cast, signed_in: SignedIn) -> None:
    signed_in(cast.legal).get(address(cast.pupil))
    for member in (cast.lead, cast.officer, cast.auditor):
        page = words_of(signed_in(member), address(cast.pupil))
        assert "Lena Grant, Legal officer Looked at the pupil's page." in page
    assert "Who has looked" not in words_of(signed_in(cast.office), address(cast.pupil))


def test_every_look_leaves_an_event(cast: Cast, signed_in: SignedIn) -> None:
    signed_in(cast.manager).get(address(cast.pupil))
    with in_scope(cast.eastshire):
        event = AuditEvent.objects.about_pupil(cast.pupil.pk).get()
        assert (event.what, event.membership_id) == ("see_pupil", cast.manager.pk)


def registered_twice(cast: Cast) -> Pupil:
    """Trap case 8: 60 possible and 3 missed at Hill, the rest D; 120 possible and 24 missed at Vale."""
    days = school_days(dt.date(2026, 8, 31), 60)
    hill = dict.fromkeys(days[:30], "/\\") | dict.fromkeys(days[30:], "DD") | {days[0]: "II", days[1]: "I\\"}
    vale = dict.fromkeys(days, "/\\") | dict.fromkeys(days[:12], "OO")
    with in_scope(cast.eastshire):
        second = Enrolment.objects.create(pupil=cast.pupil, school=cast.vale, local_id="V1", year_group="7")
        for enrolment, marks in ((cast.pupil.enrolments.get(school=cast.hill), hill), (second, vale)):
            row = empty(1)
            for day, pair in marks.items():
                row[0, [column_of(day, 0), column_of(day, 1)]] = [NUMBERS[mark] for mark in pair]
            save_rows(2026, np.array([enrolment.pk], np.int64), row, ["7"])
    return cast.pupil


def test_a_child_at_two_schools_is_counted_together_without_any_d(cast: Cast, signed_in: SignedIn) -> None:
    page = words_of(signed_in(cast.officer), address(registered_twice(cast)))
    assert "All together: attendance 85.0%, 27 of 180 possible sessions missed." in page
    assert "57 of 60 possible sessions" in page and "96 of 120 possible sessions" in page


def test_a_school_sees_its_own_figures_of_a_child_at_two_schools(cast: Cast, signed_in: SignedIn) -> None:
    page = words_of(signed_in(cast.lead), address(registered_twice(cast)))
    assert "57 of 60 possible sessions" in page and "Sessions coded D are due at another school" in page
    assert "Vale" not in page and "of 120" not in page and "All together" not in page


def a_panel(pupils: Sequence[Pupil], member: Membership) -> Panel:
    return Panel("Cases", "parts/summary_list.html", {pupils[0].pk: [{"key": "Case", "value": "Opened"}]})


def test_the_page_shows_the_panels_that_settings_name(cast: Cast, signed_in: SignedIn, settings: Settings) -> None:
    settings.PUPIL_PANELS = ["tests.schools.test_pupil_page.a_panel"]
    assert "Case Opened" in words_of(signed_in(cast.lead), address(cast.pupil))


def test_the_marks_are_a_file_with_meanings_and_leave_an_event(cast: Cast, signed_in: SignedIn) -> None:
    store_autumn(cast)
    answer = signed_in(cast.lead).get(f"{address(cast.pupils[1])}marks.csv")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "School,Date,Session,Code,Meaning,Counts as" and len(lines) == 41
    assert lines[1] == "Hill Academy,2026-09-07,AM,I,Ill,Authorised absence"
    with in_scope(cast.eastshire):
        assert AuditEvent.objects.get(what="export_marks").pupil_ids == [cast.pupils[1].pk]
    assert signed_in(cast.auditor).get(f"{address(cast.pupil)}marks.csv").status_code == 403


def test_a_child_one_may_not_see_is_not_admitted_to_exist(cast: Cast, signed_in: SignedIn) -> None:
    assert Client().get(address(cast.pupil)).status_code == 302
    for page in ("", "marks.csv"):
        for member in (cast.other_lead, cast.stranger, cast.practitioner):
            answer = signed_in(member).get(f"{address(cast.pupil)}{page}")
            assert answer.status_code in ((404,) if page == "" else (403, 404))
    assert signed_in(cast.admin).get(address(cast.pupil)).status_code == 403


def test_a_restricted_child_has_a_page_for_those_with_a_grant_only(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        cast.pupil.is_restricted = True
        cast.pupil.save()
        PupilAccess.objects.create(pupil=cast.pupil, membership=cast.practitioner, reason="Leads", from_on=SINCE)
    assert signed_in(cast.officer).get(address(cast.pupil)).status_code == 404
    assert "restricted record" in words_of(signed_in(cast.practitioner), address(cast.pupil))


def test_the_page_asks_the_database_as_often_however_long_the_story(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    store_summer(cast)
    store_autumn(cast)
    client = signed_in(cast.lead)
    with django_assert_max_num_queries(42):
        client.get(address(cast.pupil))
    with in_scope(cast.eastshire):
        store_marks(cast, cast.hill, all_present(cast.pupils, AUTUMN))
    with django_assert_max_num_queries(42):
        client.get(address(cast.pupil))


def leave(pupil: Pupil, leaving_on: dt.date) -> None:
    Enrolment.objects.filter(pupil=pupil).update(leaving_on=leaving_on)


def test_a_school_loses_sight_of_a_child_who_left_in_an_earlier_year(cast: Cast, signed_in: SignedIn) -> None:
    client = signed_in(cast.lead)
    for leaving_on, status in ((dt.date(2026, 7, 22), 404), (dt.date(2026, 9, 30), 200)):
        with in_scope(cast.eastshire):
            Enrolment.objects.filter(pupil=cast.pupil).update(admission_on=dt.date(2025, 9, 1))
            leave(cast.pupil, leaving_on)
        assert client.get(address(cast.pupil)).status_code == status
        assert ("Amy Abbott" in client.get("/find/?q=abbott").content.decode()) == (status == 200)
        assert signed_in(cast.officer).get(address(cast.pupil)).status_code == 200


def test_who_has_looked_does_not_tell_a_school_where_else_a_child_is(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        second = Enrolment.objects.create(pupil=cast.pupil, school=cast.vale, local_id="V1", year_group="7")
        words = "Put one mark right at Vale Primary School."
        for by in (cast.other_lead, cast.officer):
            record("correct_mark", by=by, words=words, subject=second, pupils=[cast.pupil])
    page = words_of(signed_in(cast.lead), address(cast.pupil))
    assert "Vale" not in page and "Vera Lane" not in page
    assert "Someone at another school Correct mark" in page and "Olive Frost, Attendance officer Correct mark" in page
    for member in (cast.officer, cast.trust_lead):
        assert f"Vera Lane, School attendance lead {words}" in words_of(signed_in(member), address(cast.pupil))
