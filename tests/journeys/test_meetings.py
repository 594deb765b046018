"""Journeys 3, 4 and 5: the timetable, the list that draws itself up, the meeting, its minutes and its actions."""

from __future__ import annotations

import datetime as dt
import io

import pytest
from pypdf import PdfReader

from casework.models import Case
from tests.cast import Cast, in_scope
from tests.journeys.steps import (
    HILL,
    ONLINE,
    SignedIn,
    action,
    arrange,
    autosave,
    date_of,
    letters,
    methods,
    read,
    send,
    send_file,
    today_is,
    words_of,
)
from tests.schools.stored import AUTUMN, store_autumn
from tsm.models import AgreedAction, Meeting

pytestmark = pytest.mark.django_db
TUESDAY = dt.date(2026, 11, 24)
THURSDAY = dt.date(2026, 11, 26)
NEXT_TERM = dt.date(2027, 1, 19)
SAID = "Gran, who took her to school, is ill."


settle = store_autumn


def hold(cast: Cast, signed_in: SignedIn, where: str) -> None:
    """Begin it; the officer writes of the first child and an action of the school; end it."""
    officer = signed_in(cast.officer)
    send(officer, f"{where}begin/")
    autosave(officer, f"{where}hold/1/", said=SAID, lead_practitioner=str(cast.lead.pk), review_on="2026-12-15")
    autosave(officer, f"{where}hold/1/", **action("Offer a place on the bus", cast.lead, dt.date(2026, 12, 1)))
    autosave(officer, f"{where}hold/", successes="Breakfast club fills up.")
    send(officer, f"{where}end/")


def confirm_both(cast: Cast, signed_in: SignedIn, where: str) -> None:
    for member in (cast.lead, cast.officer):
        send(signed_in(member), f"{where}minutes/confirm/")


class TestTheTimetable:
    def test_an_officer_arranges_a_meeting_that_is_due(self, cast: Cast, signed_in: SignedIn) -> None:
        officer = signed_in(cast.officer)
        assert "Due" in read(officer, "/meetings/")
        where = arrange(officer, cast, TUESDAY)
        assert "Tuesday 24 November 2026" in read(officer, where)
        told = letters(cast)
        assert {one.to_email for one in told} == {m.user.email for m in (cast.officer, cast.lead, cast.trust_lead)}
        assert methods(told) == {"REQUEST"}

    def test_a_meeting_is_moved_taken_over_and_cancelled_and_each_time_told(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        officer, leader = signed_in(cast.officer), signed_in(cast.team_leader)
        where = arrange(officer, cast, TUESDAY)
        before = len(letters(cast))
        send(officer, f"{where}move/", **date_of("held_on", THURSDAY), begins="2pm", minutes="30", **ONLINE)
        moved = letters(cast)[before:]
        assert methods(moved) == {"REQUEST"} and "26 November 2026 at 2pm" in moved[0].body
        send(leader, f"{where}take-over/", officer=str(cast.team_leader.pk))
        taken = letters(cast)[before + len(moved) :]
        assert {cast.officer.user.email, cast.team_leader.user.email} <= {one.to_email for one in taken}
        send(leader, f"{where}cancel/", reason="The school is closed.")
        cancelled = letters(cast)[before + len(moved) + len(taken) :]
        assert methods(cancelled) == {"CANCEL"} and "The school is closed." in cancelled[0].body
        history = read(officer, where)
        assert "Cancelled" in history and "in place of Olive Frost" in history

    def test_a_meeting_nobody_came_to_is_booked_again(self, cast: Cast, signed_in: SignedIn) -> None:
        officer = signed_in(cast.officer)
        where = arrange(officer, cast, TUESDAY)
        today_is(cast, TUESDAY + dt.timedelta(days=1))
        send(officer, f"{where}not-attended/", reason="The lead was ill.")
        before = len(letters(cast))
        again = arrange(officer, cast, THURSDAY, at=f"{where}arrange-again/")
        assert again != where
        told = letters(cast)[before:]
        assert cast.lead.user.email in {one.to_email for one in told} and methods(told) == {"REQUEST"}
        assert "Arranged again" in read(officer, where)

    def test_no_message_names_a_child(self, cast: Cast, signed_in: SignedIn) -> None:
        where = arrange(signed_in(cast.officer), cast, TUESDAY)
        hold(cast, signed_in, where)
        confirm_both(cast, signed_in, where)
        sent = letters(cast)
        assert len(sent) > 6
        for one in sent:
            assert not [p for p in cast.pupils if p.surname in one.subject + one.body + one.calendar], one.subject


class TestTheList:
    def test_it_draws_itself_up_with_reasons_in_the_guidances_order(self, cast: Cast, signed_in: SignedIn) -> None:
        where = arrange(signed_in(cast.officer), cast, TUESDAY)
        words = read(signed_in(cast.lead), f"{where}list/")
        assert words.index("Amy Abbott") < words.index("Cora Clarke") < words.index("Dan Dean")
        assert "Ella Evans" not in words and "Ben Brown" not in words
        assert "20 of 40 missed" in words

    def test_one_is_added_and_one_dropped_with_reasons(self, cast: Cast, signed_in: SignedIn) -> None:
        where = arrange(signed_in(cast.officer), cast, TUESDAY)
        lead = signed_in(cast.lead)
        assert "Ella Evans" in read(lead, f"{where}list/add/?find=evans")
        send(lead, f"{where}list/add/?find=evans", pupil=str(cast.pupils[4].pk), reason="Her father left.")
        words = send(lead, f"{where}list/{cast.pupils[3].pk}/drop/", reason="Was in hospital.")
        assert "Ella Evans" in words and "Her father left." in words
        assert words.index("Kept for another time") < words.rindex("Dan Dean") and "Was in hospital." in words


class TestTheMeeting:
    def test_it_saves_as_they_type_and_two_lose_nothing(self, cast: Cast, signed_in: SignedIn) -> None:
        officer, lead = signed_in(cast.officer), signed_in(cast.lead)
        where = arrange(officer, cast, TUESDAY)
        send(officer, f"{where}begin/")
        autosave(officer, f"{where}hold/1/", said=SAID)
        both = autosave(lead, f"{where}hold/1/", said="The tutor rings at eight.")["said"]["value"]
        assert SAID in both and "The tutor rings at eight." in both
        polled = officer.get(f"{where}hold/1/", headers={"X-Background": "1"}).json()["fields"]
        assert polled["said"]["value"] == both

    def test_the_save_button_does_the_same_without_scripts(self, cast: Cast, signed_in: SignedIn) -> None:
        officer = signed_in(cast.officer)
        where = arrange(officer, cast, TUESDAY)
        send(officer, f"{where}begin/")
        words = send(officer, f"{where}hold/1/", said=SAID, began__said="")
        assert SAID in words

    def test_attendees_and_the_whole_school_are_in_the_minutes(self, cast: Cast, signed_in: SignedIn) -> None:
        where = arrange(signed_in(cast.officer), cast, TUESDAY)
        hold(cast, signed_in, where)
        minutes = read(signed_in(cast.lead), f"{where}minutes/")
        for words in (SAID, "Offer a place on the bus", "Breakfast club fills up.", "Layla Hart", "Olive Frost"):
            assert words in minutes, words


class TestTheMinutes:
    def test_a_register_sent_later_changes_neither_figures_nor_text(self, cast: Cast, signed_in: SignedIn) -> None:
        officer = signed_in(cast.officer)
        where = arrange(officer, cast, TUESDAY)
        hold(cast, signed_in, where)
        confirm_both(cast, signed_in, where)
        before = read(officer, f"{where}minutes/")
        with in_scope(cast.eastshire):
            marks = {cast.pupil: dict.fromkeys(AUTUMN, "/\\"), cast.pupils[4]: dict.fromkeys(AUTUMN, "OO")}
        lead = signed_in(cast.lead)
        assert "60 half-days changed" in send(lead, f"{send_file(lead, cast, marks)}store/")
        assert read(officer, f"{where}minutes/") == before
        assert "20 of 40" in before
        assert officer.post(f"{where}hold/1/", {"said": "Changed", "began__said": SAID}).status_code == 409

    def test_both_sides_confirm_and_get_a_tagged_pdf(self, cast: Cast, signed_in: SignedIn) -> None:
        where = arrange(signed_in(cast.officer), cast, TUESDAY)
        hold(cast, signed_in, where)
        send(signed_in(cast.lead), f"{where}minutes/confirm/")
        with in_scope(cast.eastshire):
            assert Meeting.objects.get().stage == Meeting.Stage.TO_CONFIRM
        send(signed_in(cast.officer), f"{where}minutes/confirm/")
        for member in (cast.lead, cast.officer):
            answer = signed_in(member).get(f"{where}minutes.pdf")
            reader = PdfReader(io.BytesIO(answer.content))
            assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
            text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
            assert SAID in text and "Offer a place on the bus" in text

    def test_the_pdf_comes_to_both_by_a_letter_with_the_minutes_address(self, cast: Cast, signed_in: SignedIn) -> None:
        where = arrange(signed_in(cast.officer), cast, TUESDAY)
        hold(cast, signed_in, where)
        before = len(letters(cast))
        confirm_both(cast, signed_in, where)
        told = letters(cast)[before:]
        assert {cast.lead.user.email, cast.officer.user.email} <= {one.to_email for one in told}
        assert all("/minutes" in one.body for one in told if "onfirmed" in one.subject)

    def test_a_case_stands_behind_the_child(self, cast: Cast, signed_in: SignedIn) -> None:
        where = arrange(signed_in(cast.officer), cast, TUESDAY)
        hold(cast, signed_in, where)
        confirm_both(cast, signed_in, where)
        with in_scope(cast.eastshire):
            case = Case.objects.get(pupil=cast.pupil)
        page = read(signed_in(cast.officer), f"/cases/{case.pk}/")
        assert "Layla Hart" in page and "15 December 2026" in page
        assert signed_in(cast.stranger).get(f"/cases/{case.pk}/").status_code == 404


class TestTheActions:
    def test_one_stands_on_its_owners_home_until_done(self, cast: Cast, signed_in: SignedIn) -> None:
        lead = signed_in(cast.lead)
        where = arrange(signed_in(cast.officer), cast, TUESDAY)
        hold(cast, signed_in, where)
        assert "Offer a place on the bus" in read(lead, "/")
        with in_scope(cast.eastshire):
            agreed = AgreedAction.objects.get()
        send(lead, f"/actions/{agreed.pk}/", settled="done", outcome="She has a place.")
        assert "Offer a place on the bus" not in read(lead, "/")

    def test_one_undone_brings_the_child_back_next_term(self, cast: Cast, signed_in: SignedIn) -> None:
        """Given an action undone and a child long back in school, the child is on next term's list because of it."""
        officer, lead = signed_in(cast.officer), signed_in(cast.lead)
        where = arrange(officer, cast, TUESDAY)
        hold(cast, signed_in, where)
        confirm_both(cast, signed_in, where)
        with in_scope(cast.eastshire):
            well = {cast.pupil: dict.fromkeys(AUTUMN, "/\\")}
        send(lead, f"{send_file(lead, cast, well)}store/")
        today_is(cast, dt.date(2027, 1, 8))
        again = arrange(officer, cast, NEXT_TERM)
        assert "Offer a place on the bus" in read(officer, again)
        words = read(lead, f"{again}list/")
        assert "Amy Abbott" in words and "undone from the last meeting" in words

    def test_one_brought_back_by_an_action_and_taken_off_stays_with_the_reason(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        """Given a child on the list for an undone action alone, when taken off, then they are kept, not gone."""
        officer, lead = signed_in(cast.officer), signed_in(cast.lead)
        hold(cast, signed_in, arrange(officer, cast, TUESDAY))
        with in_scope(cast.eastshire):
            well = {cast.pupil: dict.fromkeys(AUTUMN, "/\\")}
        send(lead, f"{send_file(lead, cast, well)}store/")
        again = arrange(officer, cast, THURSDAY)
        assert "Amy Abbott" in read(lead, f"{again}list/")
        send(lead, f"{again}list/{cast.pupil.pk}/drop/", reason="Back for three weeks.")
        words = read(lead, f"{again}list/")
        assert "Amy Abbott" in words and "Back for three weeks." in words

    def test_the_stranger_and_another_schools_lead_find_nothing(self, cast: Cast, signed_in: SignedIn) -> None:
        where = arrange(signed_in(cast.officer), cast, TUESDAY)
        hold(cast, signed_in, where)
        with in_scope(cast.eastshire):
            agreed = AgreedAction.objects.get()
        shut = [where, f"{where}list/", f"{where}minutes/", f"{where}minutes.pdf", f"/actions/{agreed.pk}/", HILL]
        for member in (cast.stranger, cast.other_lead):
            client = signed_in(member)
            assert {address: client.get(address).status_code for address in shut} == dict.fromkeys(shut, 404)
            assert "Abbott" not in words_of(client.get("/find/?q=abbott")).replace("abbott", "")
