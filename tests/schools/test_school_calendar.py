"""A school's calendar: school_calendar, add_school_days, remove_school_days, school_terms, settle_difference."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attendance_portal.models import AuditEvent, Membership
from schools.models import CalendarEntry, CalendarSettlement, RegisterCoverage, Standing, TermDates
from tests.cast import Cast, in_scope
from tests.schools.calendars import make_entry, make_term, make_year
from tests.schools.files import all_present, long_file
from tests.schools.files import school_days as weekdays
from tests.schools.stored import store_autumn
from tests.schools.test_put_right import typed_day
from tests.schools.test_school_page import words_of
from tests.schools.test_uploads import store

SignedIn = Callable[[Membership], Client]
HILL = "/schools/999001/calendar/"
ADD, TERMS, SETTLE = f"{HILL}add/", f"{HILL}terms/", f"{HILL}settle/"
PAGES = (HILL, ADD, TERMS)
MONDAY = dt.date(2026, 9, 14)

pytestmark = pytest.mark.django_db


def typed(kind: str, first: dt.date, last: dt.date | None = None, **more: str) -> dict[str, str]:
    days = typed_day("first_on", first) | (typed_day("last_on", last) if last else {})
    return {"kind": kind, "half": "", "year_group": "", "reason": "", **days, **more}


@pytest.mark.parametrize("address", PAGES)
def test_a_visitor_is_sent_to_sign_in_and_strangers_find_nothing(cast: Cast, signed_in: SignedIn, address: str) -> None:
    assert Client().get(address).status_code == 302
    assert signed_in(cast.stranger).get(address).status_code == 404
    assert signed_in(cast.other_lead).get(address).status_code == 404
    assert signed_in(cast.lead).get(address).status_code == 200


@pytest.mark.parametrize("address", PAGES[1:])
def test_the_office_may_look_and_not_change(cast: Cast, signed_in: SignedIn, address: str) -> None:
    office = signed_in(cast.office)
    assert office.get(address).status_code == 403
    page = words_of(office, HILL)
    assert "Add an INSET day" not in page and "Calendar 2026/27" in page


def test_the_school_page_leads_to_the_calendar(cast: Cast, signed_in: SignedIn) -> None:
    assert f'href="{HILL}"' in signed_in(cast.lead).get("/schools/999001/").content.decode()


class TestWhatIsShown:
    def test_without_dates_the_page_says_what_counts_until_then(self, cast: Cast, signed_in: SignedIn) -> None:
        page = words_of(signed_in(cast.lead), HILL)
        assert "No term dates yet" in page and "the marks in the register say" in page

    def test_every_day_says_in_words_what_it_is(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            make_year()
            make_entry("inset", dt.date(2026, 8, 31), reason="Start of term", school=cast.hill)
            make_entry("unplanned", MONDAY, school=cast.hill, reason="No water")
            make_entry("closed", dt.date(2026, 12, 18), school=cast.hill, half="pm")
        page = words_of(signed_in(cast.lead), HILL)
        assert "Tuesday 1 September: open" in page
        assert "Monday 31 August: inset day: closed to pupils (Start of term)" in page
        assert "Monday 14 September: unplanned closure (No water)" in page
        assert "Monday 26 October: half term" in page
        assert "Monday 3 May: bank holiday" in page
        assert "Friday 18 December: open in the morning only" in page
        assert "Monday 21 December: holiday" in page
        assert "Saturday" not in page

    def test_the_sums_are_those_of_the_days(self, cast: Cast, signed_in: SignedIn) -> None:
        """Of the 70 weekdays of spring and summer half terms and terms: see `make_year`; one INSET day fewer."""
        with in_scope(cast.eastshire):
            make_term("summer", (dt.date(2027, 4, 12), dt.date(2027, 4, 30)))
            make_entry("inset", dt.date(2027, 4, 12), school=cast.hill)
        page = words_of(signed_in(cast.lead), HILL)
        assert "The school has 28 sessions in the year (two a day), with 1 INSET day and 0 days closed" in page
        assert "sessions are left" not in page  # the spring term is not known

    def test_a_year_group_on_leave_has_a_calendar_of_its_own(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            make_year()
            make_entry("closed", dt.date(2027, 6, 28), dt.date(2027, 7, 31), school=cast.hill, year_group="11")
        lead = signed_in(cast.lead)
        assert "Tuesday 29 June: open" in words_of(lead, HILL)
        assert "Tuesday 29 June: planned closure" in words_of(lead, f"{HILL}?year_group=11")
        assert "Planned closure, 28 June 2027 to 31 July 2027, Year 11" in words_of(lead, HILL)

    def test_a_saturday_that_is_open_is_shown(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            make_year()
            make_entry("open", dt.date(2026, 9, 19), school=cast.hill)
        page = words_of(signed_in(cast.lead), HILL)
        assert "Saturday 19 September: open" in page and "Sunday 20 September: weekend" in page

    def test_every_day_can_be_had_as_a_file(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            make_year()
            make_entry("inset", MONDAY, school=cast.hill, reason="=1+1")
        answer = signed_in(cast.lead).get(f"{HILL}?format=csv").content.decode()
        assert "2026-09-14,Monday,closed,closed,INSET day: closed to pupils,'=1+1" in answer
        assert "2026-09-15,Tuesday,open,open,Open," in answer

    def test_nonsense_in_the_address_shows_this_year(self, cast: Cast, signed_in: SignedIn) -> None:
        for query in ("?year=1066", "?year=x&year_group=99", "?format=csv"):
            assert "Calendar 2026/27" in words_of(signed_in(cast.lead), f"{HILL}{query}")

    def test_it_asks_no_more_of_the_database_with_more_days(self, cast: Cast, signed_in: SignedIn) -> None:
        store_autumn(cast)
        lead = signed_in(cast.lead)
        with in_scope(cast.eastshire):
            make_year()
        with CaptureQueriesContext(connection) as few:
            lead.get(HILL)
        with in_scope(cast.eastshire):
            for n in range(20):
                make_entry("inset", MONDAY + dt.timedelta(days=n), school=cast.hill, entered_by=cast.lead)
        with CaptureQueriesContext(connection) as many:
            lead.get(HILL)
        assert len(many) == len(few) <= 30


class TestKeeping:
    def test_an_inset_day_is_put_in_and_taken_out_by_the_school(self, cast: Cast, signed_in: SignedIn) -> None:
        lead = signed_in(cast.lead)
        assert lead.post(ADD, typed("inset", MONDAY, reason="Training")).url == f"{HILL}?year=2026"
        with in_scope(cast.eastshire):
            entry = CalendarEntry.objects.get()
            assert (entry.kind, entry.first_on, entry.last_on, entry.school) == ("inset", MONDAY, MONDAY, cast.hill)
            assert entry.entered_by == cast.lead
        lead.post(f"{HILL}{entry.pk}/remove/")
        with in_scope(cast.eastshire):
            assert not CalendarEntry.objects.exists()
            events = AuditEvent.objects.filter(what__in=["add_entries", "remove_entry"]).order_by("at")
            assert [event.words for event in events] == [
                "Put into the calendar of Hill Academy: INSET day, 14 September 2026.",
                "Took out of the calendar of Hill Academy: INSET day, 14 September 2026.",
            ]

    def test_a_day_told_again_after_its_opposite_is_as_told_last(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            make_year()
        lead = signed_in(cast.lead)
        afternoon = typed("open", MONDAY, half="pm")
        for told in (typed("closed", MONDAY), afternoon, typed("closed", MONDAY), typed("closed", MONDAY)):
            lead.post(ADD, told)
        assert "Monday 14 September: planned closure" in words_of(lead, HILL)
        lead.post(ADD, afternoon)
        assert "Monday 14 September: open in the afternoon only" in words_of(lead, HILL)
        with in_scope(cast.eastshire):
            kinds = list(CalendarEntry.objects.order_by("pk").values_list("kind", flat=True))
        assert kinds == ["closed", "open", "closed", "open"], "what stands and counts is not put in twice"

    def test_sending_the_form_twice_puts_it_in_once(self, cast: Cast, signed_in: SignedIn) -> None:
        for _ in range(2):
            signed_in(cast.lead).post(ADD, typed("closed", MONDAY, year_group="11"))
        with in_scope(cast.eastshire):
            assert CalendarEntry.objects.count() == 1

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            ({}, "Choose what it is"),
            (typed("inset", MONDAY, MONDAY - dt.timedelta(days=1)), "Last day must be the first day or after it"),
            (typed("unplanned", MONDAY), "Enter why the school was closed"),
            (typed("inset", MONDAY, year_group="5"), "Select a valid choice"),
            (typed("inset", dt.date(2006, 9, 1)), "First day must be on or after"),
        ],
    )
    def test_what_cannot_be_is_said_on_the_form(
        self, cast: Cast, signed_in: SignedIn, data: dict[str, str], sentence: str
    ) -> None:
        answer = signed_in(cast.lead).post(ADD, data)
        assert answer.status_code == 200 and sentence in answer.content.decode()

    def test_days_across_two_school_years_are_refused_in_a_sentence(self, cast: Cast, signed_in: SignedIn) -> None:
        answer = signed_in(cast.lead).post(ADD, typed("closed", dt.date(2026, 7, 20), dt.date(2026, 9, 1)))
        assert "put in each year" in answer.content.decode()

    def test_another_schools_entry_and_the_authoritys_cannot_be_taken_out(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            ours, all_of_us = make_entry("inset", MONDAY, school=cast.vale), make_entry("inset", MONDAY)
        lead = signed_in(cast.lead)
        for entry in (ours, all_of_us):
            assert lead.post(f"{HILL}{entry.pk}/remove/").status_code == 404
        assert lead.post(f"/schools/999002/calendar/{ours.pk}/remove/").status_code == 404
        with in_scope(cast.eastshire):
            assert CalendarEntry.objects.count() == 2

    def test_a_closure_changes_the_schools_figures_at_once(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            days = weekdays(dt.date(2026, 9, 7), 15)
            make_term("autumn", (dt.date(2026, 9, 7), dt.date(2026, 12, 18)))
            store(cast, long_file(all_present(cast.pupils, days[:5] + days[10:])))
            assert set(Standing.objects.values_list("missing", flat=True)) == {10}
            assert RegisterCoverage.objects.get(school=cast.hill).missing == 50
        signed_in(cast.lead).post(ADD, typed("unplanned", days[5], days[9], reason="Flood"))
        with in_scope(cast.eastshire):
            assert set(Standing.objects.values_list("missing", flat=True)) == {0}
            assert RegisterCoverage.objects.get(school=cast.hill).missing == 0

    def test_a_school_enters_its_own_terms_and_gives_them_up_again(self, cast: Cast, signed_in: SignedIn) -> None:
        lead = signed_in(cast.lead)
        with in_scope(cast.eastshire):
            make_year()
        own = typed_day("autumn_first", dt.date(2026, 9, 3)) | typed_day("autumn_last", dt.date(2026, 12, 18))
        lead.post(TERMS, own)
        page = words_of(lead, HILL)
        assert "Autumn term Thursday 3 September 2026" in page and "the school's own" in page
        assert "Spring term Monday 4 January 2027" in page
        assert 'value="3"' in lead.get(TERMS).content.decode()
        lead.post(TERMS, {})
        with in_scope(cast.eastshire):
            assert not TermDates.objects.filter(school=cast.hill).exists()
            assert TermDates.objects.filter(school=None).count() == 3


class TestDifferences:
    def stored(self, cast: Cast, closed: list[dt.date]) -> None:
        """The autumn's four weeks from 7 September, with # on some days."""
        days = weekdays(dt.date(2026, 9, 7), 20)
        marks = all_present(cast.pupils, days)
        for pupil in cast.pupils:
            marks[pupil] |= dict.fromkeys(closed, "##")
        store(cast, long_file(marks))

    def settle(self, client: Client, choice: str) -> str:
        page = client.get(HILL).content.decode()
        key = page.partition('name="difference" value="')[2].partition('"')[0]
        return str(
            client.post(f"{SETTLE}?year=2026", {"difference": key, "choice": choice}, follow=True).content.decode()
        )

    def test_an_open_day_on_which_the_register_is_closed_is_listed_and_the_calendar_changed(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            make_term("autumn", (dt.date(2026, 9, 7), dt.date(2026, 12, 18)))
            self.stored(cast, [dt.date(2026, 9, 18), dt.date(2026, 9, 21)])
        lead = signed_in(cast.lead)
        page = words_of(lead, HILL)
        assert "The calendar and the register differ" in page
        assert "18 to 21 September 2026 Every year group. The calendar says open, the register says closed" in page
        answer = self.settle(lead, "calendar")
        assert "18 to 21 September 2026: the calendar was changed." in answer
        assert "The calendar and the register differ" not in answer
        with in_scope(cast.eastshire):
            entry, settled = CalendarEntry.objects.get(), CalendarSettlement.objects.get()
            assert (entry.kind, entry.reason, settled.choice) == ("closed", "As the register says", "calendar")
            assert AuditEvent.objects.get(what="settle_difference").membership_id == cast.lead.pk

    def test_days_with_marks_that_the_calendar_is_changed_to_open_leave_the_weekend_between_closed(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            make_term("autumn", (dt.date(2026, 9, 15), dt.date(2026, 12, 18)))
            self.stored(cast, [])
        lead = signed_in(cast.lead)
        assert "7 to 14 September 2026 Every year group. The calendar says closed" in words_of(lead, HILL)
        assert "The calendar and the register differ" not in self.settle(lead, "calendar")
        with in_scope(cast.eastshire):
            assert set(Standing.objects.values_list("possible", "missing")) == {(40, 0)}

    def test_a_closed_day_with_marks_is_listed_until_the_register_is_put_right(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            make_term("autumn", (dt.date(2026, 9, 7), dt.date(2026, 12, 18)))
            make_entry("inset", MONDAY, school=cast.hill)
            self.stored(cast, [])
        lead = signed_in(cast.lead)
        assert "14 September 2026 Every year group. The calendar says closed, the register has marks" in words_of(
            lead, HILL
        )
        self.settle(lead, "register")
        page = words_of(lead, HILL)
        assert "To be corrected in the register" in page and "Layla Hart said on" in page
        assert "The calendar and the register differ" not in page
        with in_scope(cast.eastshire):
            assert CalendarEntry.objects.count() == 1
            self.stored(cast, [MONDAY])
        assert "To be corrected in the register" not in words_of(lead, HILL)

    def test_a_difference_of_one_year_group_is_told_of_it_alone(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            make_term("autumn", (dt.date(2026, 9, 7), dt.date(2026, 12, 18)))
            make_entry("closed", MONDAY, school=cast.hill, year_group="9")
            self.stored(cast, [])
        page = words_of(signed_in(cast.lead), HILL)
        assert "14 September 2026 Year 9. The calendar says closed, the register has marks" in page

    def test_a_reader_sees_the_difference_and_has_no_button(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            make_entry("inset", MONDAY, school=cast.hill)
            self.stored(cast, [])
        page = words_of(signed_in(cast.office), HILL)
        assert "the register has marks" in page and "Change the calendar" not in page

    @pytest.mark.parametrize(
        "data", [{}, {"difference": "made up", "choice": "calendar"}, {"choice": "calendar", "difference": ""}]
    )
    def test_what_is_no_longer_different_is_refused_in_a_sentence(
        self, cast: Cast, signed_in: SignedIn, data: dict[str, str]
    ) -> None:
        answer = signed_in(cast.lead).post(SETTLE, data)
        assert answer.status_code in {400, 409} and "no longer there" in answer.content.decode()
