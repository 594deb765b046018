"""How fresh and complete registers are: registers_behind, chase_registers, register_gaps, and what banding keeps."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from html import unescape

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Membership, Message
from attendance_portal.refusals import Refused
from schools.banding import band_schools
from schools.models import Enrolment, RegisterCoverage, RegisterReminder, School, SchoolContact
from schools.standing import reminders
from schools.standing.register_gaps import old_unknowns
from tests.cast import ON, SINCE, Cast, in_scope, make_pupil
from tests.schools.calendars import make_term
from tests.schools.files import all_present, school_days
from tests.schools.stored import AT, store_marks

SignedIn = Callable[[Membership], Client]
DAYS = school_days(dt.date(2026, 9, 7), 20)

pytestmark = pytest.mark.django_db


def words_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def send(cast: Cast) -> None:
    """Hill's autumn: Amy has no mark for three sessions and two old codes N, Ben one N that is not old."""
    with in_scope(cast.eastshire):
        fellows = [make_pupil(cast.hill, 50 + n, f"Fellow{n}", "Flo", "7") for n in range(3)]
        marks = all_present([*cast.pupils, *fellows], DAYS)
        marks[cast.pupil] |= {DAYS[3]: "  ", DAYS[4]: "/ ", DAYS[8]: "NN"}
        marks[cast.pupils[1]][DAYS[17]] = "N\\"
        store_marks(cast, cast.hill, marks)


def coverage(cast: Cast) -> RegisterCoverage:
    with in_scope(cast.eastshire):
        found: RegisterCoverage = RegisterCoverage.objects.get(school=cast.hill)
    return found


def test_banding_keeps_what_a_register_lacks(cast: Cast) -> None:
    send(cast)
    kept = coverage(cast)
    assert (kept.year, kept.last_data_on, kept.pupils) == (2026, DAYS[-1], 8)
    assert (kept.missing, kept.missing_pupils) == (3, 1)
    assert (kept.old_unknown, kept.old_unknown_pupils) == (2, 1)
    assert (kept.expected, kept.never_sent) == (8 * 40, [])


def test_classes_none_of_whom_has_a_mark_are_named(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        silent = make_pupil(cast.hill, 60, "Silent", "Sue", "9")
        Enrolment.objects.filter(pupil=silent).update(reg_group="9Q")
        newcomer = make_pupil(cast.hill, 61, "New", "Nat", "7")
        Enrolment.objects.filter(pupil=newcomer).update(reg_group="7A")
    send(cast)
    kept = coverage(cast)
    assert (kept.never_sent, kept.never_sent_pupils) == (["9Q"], 1)


def test_a_later_file_that_settles_everything_leaves_nothing_to_ask(cast: Cast) -> None:
    send(cast)
    with in_scope(cast.eastshire):
        store_marks(cast, cast.hill, {cast.pupil: {DAYS[3]: "/\\", DAYS[4]: "/\\", DAYS[8]: "OO"}})
    kept = coverage(cast)
    assert (kept.missing, kept.old_unknown) == (0, 0)


def test_days_behind_are_school_days_before_today(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        friday = dt.date(2026, 11, 13)
        assert reminders.days_behind({cast.hill.pk: friday}, on=dt.date(2026, 11, 16)) == {cast.hill.pk: 0}
        assert reminders.days_behind({cast.hill.pk: friday}, on=dt.date(2026, 11, 18)) == {cast.hill.pk: 2}
        july = dt.date(2026, 7, 31)
        assert reminders.days_behind({cast.hill.pk: july}, on=dt.date(2026, 9, 2)) == {cast.hill.pk: 1}


def test_days_behind_are_of_the_calendars_of_both_school_years(cast: Cast) -> None:
    """Hill's data are complete up to the last day of term, 17 July; it begins again on 3 September."""
    with in_scope(cast.eastshire):
        make_term("summer", (dt.date(2026, 4, 13), dt.date(2026, 7, 17)), year=2025)
        make_term("autumn", (dt.date(2026, 9, 3), dt.date(2026, 12, 18)))
        days = [dt.date(2026, 7, 31), dt.date(2026, 8, 1), dt.date(2026, 8, 20), dt.date(2026, 9, 4)]
        latest = {cast.hill.pk: dt.date(2026, 7, 17), cast.vale.pk: dt.date(2026, 7, 16)}
        found = [reminders.days_behind(latest, on=day) for day in days]
        assert [one[cast.hill.pk] for one in found] == [0, 0, 0, 1]
        assert [one[cast.vale.pk] for one in found] == [1, 1, 1, 2]


def test_codes_of_july_are_asked_for_as_long_as_the_ten_school_weeks_hold_them(cast: Cast) -> None:
    """domain.md 2.1 and 5.1: old after five school days, of which the summer has none; two weeks of term in July."""
    july = school_days(dt.date(2026, 7, 6), 12)
    autumn = school_days(dt.date(2026, 9, 7), 50)
    with in_scope(cast.eastshire):
        marks = all_present(cast.pupils, july)
        marks[cast.pupil] |= {july[day]: "N\\" for day in (5, 10, 11)}
        store_marks(cast, cast.hill, marks)

        def old_on(days: int) -> list[dt.date]:
            store_marks(cast, cast.hill, all_present(cast.pupils, autumn[:days]))
            listed = [day for one in old_unknowns(cast.hill, cast.lead, year=2026) for day, _ in one.sessions]
            kept = RegisterCoverage.objects.get(school=cast.hill)
            assert (kept.year, kept.old_unknown, kept.old_unknown_pupils) == (2026, len(listed), bool(listed))
            return listed

        assert old_on(3) == [july[5]]
        assert old_on(5) == [july[5], july[10]]
        assert old_on(6) == [july[5], july[10], july[11]]
        assert old_on(45) == [july[10], july[11]]  # nine weeks of autumn, and the last one of July
        store_marks(cast, cast.hill, {cast.pupil: {july[10]: "O\\"}})
        assert old_on(45) == [july[11]]
        assert old_on(50) == []


def test_the_officer_sees_who_is_behind_and_why(cast: Cast, signed_in: SignedIn) -> None:
    send(cast)
    page = words_of(signed_in(cast.officer), "/registers/")
    assert "2 schools" in page and "Hill Academy" in page and "Vale Primary School" in page
    assert "2 October 2026" in page and "2 Behind of 2" in page
    file = signed_in(cast.manager).get("/registers/?format=csv&which=all").content.decode()
    assert "999001,Hill Academy,Secondary,North,2026-10-02,34,3,0,2," in file
    assert "1 school" in words_of(signed_in(cast.officer), "/registers/?q=vale&phase=primary")
    assert "No schools" in words_of(signed_in(cast.officer), "/registers/?q=nowhere")
    assert "Nothing sent yet 1 50.0%" in page and "Behind 1 50.0%" in page
    ticked = signed_in(cast.officer).get("/registers/?tick=all").content.decode()
    assert (
        ticked.count(" checked>") == 2
        and " checked>" not in signed_in(cast.officer).get("/registers/").content.decode()
    )
    assert "Hill" not in words_of(signed_in(cast.stranger), "/registers/?which=all")


def test_the_school_page_and_the_gaps_page_say_the_same(cast: Cast, signed_in: SignedIn) -> None:
    send(cast)
    lead = signed_in(cast.lead)
    page = words_of(lead, "/schools/999001/")
    assert "3 sessions have no mark, of 1 pupil." in page
    assert "2 sessions are still coded N after five school days, of 1 pupil." in page
    gaps = words_of(lead, "/schools/999001/register/")
    assert "Abbott, Amy" in gaps and "Brown, Ben" not in gaps
    assert f"{DAYS[8]:%-d %b} morning, {DAYS[8]:%-d %b} afternoon" in gaps
    assert "Year 7 4 1 3" in gaps and "7A 4 1 3" in gaps
    file = lead.get("/schools/999001/register/?format=csv").content.decode()
    assert f"Abbott,Amy,Year 7,7A,{DAYS[8]},AM" in file
    groups = lead.get("/schools/999001/register/?format=groups").content.decode()
    assert "Year 7,4,1,3" in groups and "7A,4,1,3" in groups and "Abbott" not in groups
    with in_scope(cast.eastshire):
        told = AuditEvent.objects.filter(what="export_register_gaps").order_by("pk").values_list("words", flat=True)
        ends = ("1 child.", "0 children.")
        assert [words.rpartition(": ")[2] for words in told] == list(ends)


def test_what_is_asked_of_a_leaver_is_in_the_tables_and_in_the_list_they_lead_to(
    cast: Cast, signed_in: SignedIn
) -> None:
    send(cast)
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=DAYS[12])
        band_schools([cast.hill.pk], on=ON, is_history=False)
    assert coverage(cast).missing == 3
    lead, pupils = signed_in(cast.lead), "/schools/999001/pupils/?sort=-missing&roll=all"
    gaps = words_of(lead, "/schools/999001/register/")
    assert "Year 7 3 0 0" in gaps and gaps.count("Leavers of this year 0 1 3") == 2
    for page in ("/schools/999001/", "/schools/999001/register/"):
        assert f'href="{pupils}"' in unescape(lead.get(page).content.decode())
    assert "Abbott, Amy" in words_of(lead, pupils)


def test_one_polite_message_goes_to_the_lead_and_names_no_child(cast: Cast, signed_in: SignedIn) -> None:
    send(cast)
    officer = signed_in(cast.officer)
    page = words_of(officer, "/registers/chase/?school=999001&school=999002")
    assert "Hill Academy, to Layla Hart" in page and "Vale Primary School, to Vera Lane" in page
    officer.post("/registers/chase/", {"school": ["999001"]})
    with in_scope(cast.eastshire):
        [message], [kept] = Message.objects.all(), RegisterReminder.objects.all()
    assert message.to_email == "lead@hill-academy.example" and "Dear Layla Hart" in message.body
    assert "3 sessions have no mark" in message.body and "Abbott" not in message.body
    assert (kept.school_id, kept.sent_by_id, kept.said) == (cast.hill.pk, cast.officer.pk, message.body)


def test_a_school_is_not_asked_twice_within_days_unless_it_is_meant(cast: Cast, signed_in: SignedIn) -> None:
    send(cast)
    officer = signed_in(cast.officer)
    officer.post("/registers/chase/", {"school": ["999001"]})
    assert "in the last 5 days" in words_of(officer, "/registers/")
    answer = officer.post("/registers/chase/", {"school": ["999001"]})
    assert "Tick this if you mean to write again" in unescape(answer.content.decode())
    with in_scope(cast.eastshire):
        assert RegisterReminder.objects.count() == 1
        [line] = reminders.lines([cast.hill], on=ON)
        with pytest.raises(Refused, match="Asked within"):
            reminders.remind_schools([line], again=False, by=cast.officer, at=AT, on=ON)
    officer.post("/registers/chase/", {"school": ["999001"], "again": "on"})
    with in_scope(cast.eastshire):
        assert RegisterReminder.objects.count() == 2


def test_without_a_lead_the_contact_is_asked_and_without_an_address_nobody(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        Membership.objects.filter(school_memberships__school=cast.hill).update(deactivated_at=AT)
        school = School.objects.get(pk=cast.hill.pk)
        assert reminders.recipients([school], on=ON)[school.pk].email == "office@hill-academy.example"
        SchoolContact.objects.create(school=school, kind="champion", name="Ann", email="a@x.example", from_on=SINCE)
        SchoolContact.objects.create(school=school, kind="contact", name="Cy", email="c@x.example", from_on=SINCE)
        assert reminders.recipients([school], on=ON)[school.pk].name == "Cy"
        SchoolContact.objects.all().delete()
        school.email = ""
        assert reminders.recipients([school], on=ON) == {}


def test_nothing_ticked_asks_for_ticks(cast: Cast, signed_in: SignedIn) -> None:
    assert "Tick the schools" in unescape(
        signed_in(cast.officer).get("/registers/chase/", follow=True).content.decode()
    )


def test_the_page_asks_the_database_as_often_for_two_schools_as_for_forty(
    cast: Cast, signed_in: SignedIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    send(cast)
    manager = signed_in(cast.manager)
    with django_assert_max_num_queries(16) as few:
        manager.get("/registers/?which=all")
    with in_scope(cast.eastshire):
        for n in range(38):
            school = School.objects.create(urn=f"9991{n:02d}", name=f"School {n}", phase="primary")
            RegisterCoverage.objects.create(
                school=school, year=2026, last_data_on=DAYS[-1], pupils=1, expected=1, missing=1, missing_pupils=1,
                old_unknown=0, old_unknown_pupils=0,
            )  # fmt: skip
    with django_assert_max_num_queries(len(few)):
        assert "40 schools" in words_of(manager, "/registers/?which=all")
    with django_assert_max_num_queries(40):
        signed_in(cast.lead).get("/schools/999001/register/")


def test_a_restricted_child_is_in_no_list_of_codes(cast: Cast) -> None:
    send(cast)
    with in_scope(cast.eastshire):
        assert [one.pupil for one in old_unknowns(cast.hill, cast.lead, year=2026)] == [cast.pupil]
        cast.pupil.is_restricted = True
        cast.pupil.save()
        assert old_unknowns(cast.hill, cast.lead, year=2026) == []


def test_who_may_not_see_registers_finds_nothing(cast: Cast, signed_in: SignedIn) -> None:
    assert Client().get("/registers/").status_code == 302
    for member in (cast.lead, cast.office, cast.legal, cast.practitioner, cast.virtual_school, cast.admin):
        assert signed_in(member).get("/registers/").status_code == 403
    for member in (cast.manager, cast.auditor, cast.lead):
        assert signed_in(member).post("/registers/chase/", {"school": "999001"}).status_code == 403
    for member in (cast.other_lead, cast.stranger):
        assert signed_in(member).get("/schools/999001/register/").status_code == 404
    for member in (cast.office, cast.officer, cast.manager):
        assert signed_in(member).get("/schools/999001/register/").status_code == 200
