"""The authority's terms: term_dates, upload_term_dates, add_authority_days, remove_authority_days."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from attendance_portal.days import Term
from attendance_portal.models import AuditEvent, Membership
from schools.calendars.calendar_files import read_day, read_terms
from schools.models import CalendarEntry, TermDates
from schools.stored.school_days import calendars_of
from tests.cast import Cast, in_scope
from tests.schools.calendars import AUTUMN_TERM, make_entry, make_year
from tests.schools.register.test_calendars import YEARS, sheffield_terms
from tests.schools.test_put_right import typed_day
from tests.schools.test_school_calendar import typed
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]
HOME, UPLOAD, ADD = "/term-dates/", "/term-dates/upload/", "/term-dates/add/"
FILE = b"What,First day,Last day,Reason\r\nAutumn term,01/09/2026,18/12/2026,\r\n"

pytestmark = pytest.mark.django_db


def autumn(**more: dt.date) -> dict[str, str]:
    days = dict(zip(("first", "last", "half_first", "half_last"), AUTUMN_TERM, strict=True)) | more
    return {key: part for name, day in days.items() for key, part in typed_day(f"autumn_{name}", day).items()}


def send(client: Client, content: bytes) -> HttpResponse:
    return client.post(UPLOAD, {"file": SimpleUploadedFile("terms.csv", content)}, follow=True)


@pytest.mark.parametrize("address", [HOME, UPLOAD, ADD])
def test_only_those_who_keep_the_authoritys_dates_open_them(cast: Cast, signed_in: SignedIn, address: str) -> None:
    assert Client().get(address).status_code == 302
    for member in (cast.lead, cast.office, cast.manager, cast.auditor, cast.legal, cast.practitioner):
        assert signed_in(member).get(address).status_code == 403
    for member in (cast.officer, cast.team_leader, cast.admin):
        assert signed_in(member).get(address).status_code == 200


def test_the_navigation_leads_an_administrator_there(cast: Cast, signed_in: SignedIn) -> None:
    assert 'href="/term-dates/"' in signed_in(cast.admin).get("/").content.decode()


def test_the_stranger_sees_their_own_authoritys_dates_alone(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        make_year()
        entry = make_entry("closed", dt.date(2026, 9, 14), reason="Told in Eastshire")
    stranger = signed_in(cast.stranger)
    page = stranger.get(HOME).content.decode()
    assert "Told in Eastshire" not in page and 'value="31"' not in page
    assert stranger.post(f"{HOME}{entry.pk}/remove/").status_code == 404
    with in_scope(cast.eastshire):
        assert CalendarEntry.objects.count() == 1


class TestTyped:
    def test_terms_are_saved_shown_again_and_recorded(self, cast: Cast, signed_in: SignedIn) -> None:
        officer = signed_in(cast.officer)
        assert officer.post(HOME, autumn()).url == f"{HOME}?year=2026"
        with in_scope(cast.eastshire):
            one = TermDates.objects.get()
            assert (one.school, one.year, one.term) == (None, 2026, "autumn")
            assert (one.first_on, one.last_on, one.half_term_first_on, one.half_term_last_on) == AUTUMN_TERM
            event = AuditEvent.objects.get(what="enter_terms")
            assert event.words == "Entered the terms of 2026/27 for every school."
        assert 'name="autumn_first_day" value="31"' in officer.get(HOME).content.decode().replace("\n", " ") or (
            'value="31"' in officer.get(HOME).content.decode()
        )

    def test_saving_the_same_again_leaves_no_second_event(self, cast: Cast, signed_in: SignedIn) -> None:
        for _ in range(2):
            signed_in(cast.officer).post(HOME, autumn())
        with in_scope(cast.eastshire):
            assert AuditEvent.objects.filter(what="enter_terms").count() == 1

    def test_a_term_left_empty_is_not_known_any_more(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            make_year()
        signed_in(cast.officer).post(HOME, autumn())
        with in_scope(cast.eastshire):
            assert [one.term for one in TermDates.objects.all()] == ["autumn"]

    def test_last_years_terms_are_another_years(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            make_year()
        officer = signed_in(cast.officer)
        officer.post(f"{HOME}?year=2025", autumn_of_2025())
        with in_scope(cast.eastshire):
            assert sorted(TermDates.objects.values_list("year", flat=True)) == [2025, 2026, 2026, 2026]

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (typed_day("autumn_first", AUTUMN_TERM[0]), "Enter the last day of the autumn term"),
            (typed_day("autumn_last", AUTUMN_TERM[1]), "Enter the first day of the autumn term"),
            (autumn(last=dt.date(2026, 8, 5)), "The autumn term must end after it begins."),
            (autumn(half_first=dt.date(2026, 8, 20)), "half term must begin and end inside the term"),
            (autumn(last=dt.date(2027, 8, 5)), "Last day of the autumn term must be on or before 31 July 2027"),
            (
                autumn()
                | typed_day("spring_first", dt.date(2026, 12, 1))
                | typed_day("spring_last", dt.date(2027, 3, 1)),
                "The spring term must begin after the term before has ended.",
            ),
            ({**autumn(), "autumn_first_day": "31", "autumn_first_month": "9"}, "must be a real date"),
        ],
    )
    def test_dates_that_cannot_be_are_said_on_the_form_and_nothing_is_saved(
        self, cast: Cast, signed_in: SignedIn, data: dict[str, str], sentence: str
    ) -> None:
        answer = signed_in(cast.officer).post(HOME, data)
        assert answer.status_code == 200 and sentence in answer.content.decode()
        with in_scope(cast.eastshire):
            assert not TermDates.objects.exists()


def autumn_of_2025() -> dict[str, str]:
    return typed_day("autumn_first", dt.date(2025, 9, 1)) | typed_day("autumn_last", dt.date(2025, 12, 19))


class TestFiles:
    def test_sheffields_dates_as_a_file_are_the_terms_of_three_years(self, cast: Cast, signed_in: SignedIn) -> None:
        lines = ["What,First day,Last day,Reason"]
        for told in YEARS:
            for term, days in sheffield_terms(told).items():
                lines.append(f"{term.value.capitalize()} term,{days.days.first:%d/%m/%Y},{days.days.last:%d/%m/%Y},")
                assert days.half_term is not None
                first, last = days.half_term
                lines.append(f"{term.value.capitalize()} half-term,{first:%-d %B %Y},{last:%Y-%m-%d},")
        answer = send(signed_in(cast.admin), "\n".join(lines).encode())
        assert "Terms of 2025/26, 2026/27, 2027/28 were saved" in answer.content.decode()
        with in_scope(cast.eastshire):
            held = calendars_of([], [2025, 2026, 2027])
            for told in YEARS:
                assert held.terms_of(None, int(told["name"][:4])) == sheffield_terms(told)
        assert json.loads((Path(__file__).parents[1] / "data/calendars/sheffield_term_dates.json").read_text())

    def test_what_is_downloaded_can_be_uploaded_and_changes_nothing(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            make_year()
            make_entry("closed", dt.date(2026, 10, 2), half="pm", reason="Election")
            make_entry("inset", dt.date(2026, 9, 1), reason="Training, everywhere")
            make_entry("open", dt.date(2026, 11, 2))
            make_entry("closed", dt.date(2026, 11, 1), dt.date(2026, 11, 3))
            before = list(TermDates.objects.values()), list(CalendarEntry.objects.values())
        officer = signed_in(cast.officer)
        file = officer.get(f"{HOME}?year=2026&format=csv").content
        assert b"Autumn half term,26/10/2026,30/10/2026" in file
        assert b"Planned closure,02/10/2026,02/10/2026,Afternoon only,Election" in file
        assert "and 0 days that differ were put in" in send(officer, file).content.decode()
        with in_scope(cast.eastshire):
            assert (list(TermDates.objects.values()), list(CalendarEntry.objects.values())) == before
            assert not AuditEvent.objects.filter(what__in=["enter_terms", "add_entries"]).exists()

    @pytest.mark.parametrize(
        ("content", "sentence"),
        [
            (b"", "The file is empty"),
            (FILE.splitlines()[0], "The file has no rows below its headings."),
            (b"When,First day,Last day\nx,1,2\n", "The file has no row with the headings “What”, “First day”"),
            (FILE.replace(b"2026", b"0026"), "Row 2: “01/09/0026” is not a date"),
            (b"%PDF-1.7", "This is a PDF"),
            (FILE + b"INSET day,04/01/2027,,Lost \xef\xbf\xbd letters\n", "where letters were lost"),
            (FILE + b"Winter term,01/01/2027,02/02/2027,\n", "Row 3: “winter term” is not known"),
            (FILE + b"Autumn term,01/09/2026,18/12/2026,\n", "Row 3: the autumn term of that year stands on row 2"),
            (FILE + b"Spring half term,15/02/2027,19/02/2027,\n", "Row 3: the spring half term has no spring term"),
            (FILE.replace(b"Reason", b"Half").replace(b"2026,\r", b"2026,pm\r"), "Row 2: the autumn term has no half"),
            (FILE.replace(b"Reason", b"Half") + b"Open,3/10/2026,,lunch\n", "Row 3: “lunch” is not known as a half"),
            (FILE + b"Spring term,13/13/2027,19/03/2027,\n", "Row 3: “13/13/2027” is not a date"),
            (FILE + b"Spring term,04/01/2027,soon,\n", "Row 3: “soon” is not a date"),
            (FILE + b"Spring term,04/02/2027,04/01/2027,\n", "Row 3: the last day, 04/01/2027, is before the first"),
            (FILE + b"Spring term,01/12/2026,04/03/2027,\n", "The spring term must begin after the term before"),
            (FILE + b"x" * 300_000, "The file is too large to be a list of term dates"),
        ],
    )
    def test_a_file_with_anything_wrong_is_not_taken_at_all(
        self, cast: Cast, signed_in: SignedIn, content: bytes, sentence: str
    ) -> None:
        page = send(signed_in(cast.officer), content).content.decode()
        assert sentence in page
        with in_scope(cast.eastshire):
            assert not TermDates.objects.exists() and not CalendarEntry.objects.exists()

    def test_a_file_of_one_term_leaves_the_other_terms_of_the_year(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            make_year()
            before = calendars_of([], [2026]).terms_of(None, 2026)
        send(signed_in(cast.officer), FILE.replace(b"18/12/2026", b"17/12/2026"))
        with in_scope(cast.eastshire):
            after = calendars_of([], [2026]).terms_of(None, 2026)
        assert after[Term.AUTUMN].days.last == dt.date(2026, 12, 17)
        assert after[Term.AUTUMN].half_term == before[Term.AUTUMN].half_term, "the file names none"
        assert {**after, Term.AUTUMN: before[Term.AUTUMN]} == before

    def test_a_term_that_runs_into_one_held_is_refused_and_nothing_is_saved(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            make_year()
            before = calendars_of([], [2026]).terms_of(None, 2026)
        page = send(signed_in(cast.officer), FILE.replace(b"18/12/2026", b"28/02/2027")).content.decode()
        assert "must begin after the term before has ended" in page
        with in_scope(cast.eastshire):
            assert calendars_of([], [2026]).terms_of(None, 2026) == before

    def test_no_file_is_asked_for(self, cast: Cast, signed_in: SignedIn) -> None:
        assert "Choose the file to upload" in signed_in(cast.officer).post(UPLOAD).content.decode()

    @pytest.mark.parametrize(
        "text",
        [
            "01/09/2026",
            "2026-09-01 00:00:00",
            "01/09/26",
            "46266",
            "1-9-2026",
            "2026-09-01",
            "1 September 2026",
            "1 Sep 2026",
        ],
    )
    def test_days_may_be_written_in_many_ways_with_the_day_first(self, text: str) -> None:
        assert read_day(text) == dt.date(2026, 9, 1)

    def test_a_day_of_one_date_alone_is_one_day(self) -> None:
        [entry] = read_terms(b"What,First day,Last day,Reason\nINSET day,01/09/2026,,Training\n").entries
        assert entry.days.first == entry.days.last and entry.reason == "Training"
        assert read_terms(FILE).terms[2026].keys() == {Term.AUTUMN}


class TestDaysOfEverySchool:
    def test_are_put_in_by_the_authority_and_shown_in_each_schools_calendar(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        officer = signed_in(cast.officer)
        assert officer.post(ADD, typed("closed", dt.date(2026, 9, 14), reason="A day of mourning")).url == HOME
        assert "A day of mourning" in words_of(officer, HOME)
        page = words_of(signed_in(cast.lead), "/schools/999001/calendar/")
        assert "Planned closure, 14 September 2026 A day of mourning the authority" in page
        with in_scope(cast.eastshire):
            entry = CalendarEntry.objects.get(school=None)
        officer.post(f"{HOME}{entry.pk}/remove/")
        with in_scope(cast.eastshire):
            assert not CalendarEntry.objects.exists()

    def test_a_school_lead_cannot(self, cast: Cast, signed_in: SignedIn) -> None:
        assert signed_in(cast.lead).post(ADD, typed("closed", dt.date(2026, 9, 14))).status_code == 403
