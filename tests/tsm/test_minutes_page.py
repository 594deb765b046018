"""Minutes: confirmed by both sides, frozen, opened again, as PDF, and what they do to the cases."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from pypdf import PdfReader
from pypdf.generic import ArrayObject, DictionaryObject

from attendance_portal.models import AuditEvent, Membership, Message
from attendance_portal.refusals import Refused
from casework.models import Case, CaseBarrier
from schools.children.restrictions import restrict_record
from schools.models import Carer, CarerLink, PupilAccess
from tests.cast import ON, Cast, in_scope, make_pupil
from tests.tsm.meetings import STARTS, begun, ended, stand
from tsm.actions import confirm_minutes, end_meeting, reopen_minutes, write_minutes
from tsm.actions.writing import Typed
from tsm.minutes import kept_by_reason, minutes_of, shown_minutes
from tsm.models import AgreedAction, Confirmation, Discussion, Meeting
from tsm.panels import pupil_panel, school_panel

SignedIn = Callable[[Membership], Client]
AFTER = STARTS + dt.timedelta(hours=1)


def typed(cast: Cast, meeting: Meeting) -> None:
    """Amy is minuted in full; the school's successes too."""
    discussion = Discussion.objects.get(meeting=meeting, pupil=cast.pupil)
    texts = {
        "said": "Gran, who took her to school, is ill.",
        "lead_practitioner": str(cast.practitioner.pk),
        "joint_action": "yes",
        "review_on": "2026-12-15",
        "legal_route": "none",
        "other_meeting": "Core group on Tuesdays",
        "action-8f1b0c9e-0000-4000-8000-000000000001-what": "Offer a place on the bus",
        "action-8f1b0c9e-0000-4000-8000-000000000001-side": "authority",
        "action-8f1b0c9e-0000-4000-8000-000000000001-owner": str(cast.officer.pk),
        "action-8f1b0c9e-0000-4000-8000-000000000001-due_on": "2026-12-01",
        "action-8f1b0c9e-0000-4000-8000-000000000002-due_on": "2026-12-01",
    }
    sent = {name: Typed([text], [""]) for name, text in texts.items()}
    sent["barriers"] = Typed(["transport", "carer-health"], [])
    write_minutes(meeting, discussion, sent, by=cast.lead, at=STARTS)
    whole = {"successes": Typed(["Breakfast club fills up."], [""])}
    write_minutes(meeting, None, whole, by=cast.officer, at=STARTS)


def minuted(cast: Cast) -> Meeting:
    meeting = begun(cast)
    typed(cast, meeting)
    end_meeting(meeting, by=cast.officer, at=AFTER)
    return meeting


def tags(element: Any) -> Iterator[str]:
    """The names of all structure elements of a PDF file."""
    if isinstance(element := element.get_object(), ArrayObject):
        for each in element:
            yield from tags(each)
    elif isinstance(element, DictionaryObject):
        if "/S" in element:
            yield str(element["/S"])
        if "/K" in element:
            yield from tags(element["/K"])


def confirmed(cast: Cast) -> Meeting:
    meeting = minuted(cast)
    confirm_minutes(meeting, by=cast.lead, at=AFTER)
    confirm_minutes(meeting, by=cast.officer, at=AFTER)
    return meeting


class TestConfirming:
    def test_the_second_sides_word_confirms_whichever_comes_first(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            meeting = minuted(cast)
            confirm_minutes(meeting, by=cast.team_leader, at=AFTER)
            assert meeting.stage == Meeting.Stage.TO_CONFIRM
            confirm_minutes(meeting, by=cast.trust_lead, at=AFTER)
            assert meeting.stage == Meeting.Stage.CONFIRMED

    def test_one_side_cannot_confirm_twice(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            meeting = minuted(cast)
            confirm_minutes(meeting, by=cast.lead, at=AFTER)
            with pytest.raises(Refused, match="Your side has confirmed"):
                confirm_minutes(meeting, by=cast.trust_lead, at=AFTER)

    def test_a_meeting_under_way_has_nothing_to_confirm(self, cast: Cast) -> None:
        with in_scope(cast.eastshire), pytest.raises(Refused, match="cannot be confirmed now"):
            confirm_minutes(begun(cast), by=cast.lead, at=AFTER)

    def test_ending_drops_actions_without_words(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            minuted(cast)
            assert [action.what for action in AgreedAction.objects.all()] == ["Offer a place on the bus"]

    def test_both_sides_are_asked_and_then_told_by_link_alone(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            meeting = confirmed(cast)
            for subject in ("Minutes to confirm", "Minutes confirmed"):
                told = Message.objects.filter(subject__startswith=subject)
                assert {m.to_email for m in told} >= {cast.officer.user.email, cast.lead.user.email}
                for message in told:
                    assert f"/meetings/{meeting.pk}/minutes/" in message.body
                    assert message.calendar == ""
                    assert "Abbott" not in message.body

    def test_opening_again_asks_both_sides_anew(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            meeting = minuted(cast)
            confirm_minutes(meeting, by=cast.lead, at=AFTER)
            reopen_minutes(meeting, reason="The bus is not free.", by=cast.officer, at=AFTER)
            assert meeting.stage == Meeting.Stage.UNDER_WAY
            assert not Confirmation.objects.exists()
            end_meeting(meeting, by=cast.officer, at=AFTER)
        assert f"/meetings/{meeting.pk}/minutes/" in signed_in(cast.lead).get("/").content.decode()

    def test_why_they_were_opened_again_is_not_sent_by_mail(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            meeting = minuted(cast)
            reopen_minutes(meeting, reason="Amy Abbott lives with her gran.", by=cast.officer, at=AFTER)
            told = Message.objects.filter(subject__startswith="Minutes opened again")
            assert told and not [message for message in told if "Abbott" in message.body]
            assert meeting.entries.filter(words="Opened again: Amy Abbott lives with her gran.").exists()

    def test_what_both_confirmed_is_not_opened_again(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            meeting = confirmed(cast)
            with pytest.raises(Refused, match="no longer change"):
                reopen_minutes(meeting, reason="x", by=cast.officer, at=AFTER)


class TestFreezing:
    def test_later_registers_names_and_texts_change_nothing(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            meeting = confirmed(cast)
            before = shown_minutes(Meeting.objects.get(), cast.officer)
            stand(cast.pupil, possible=300, absent=1)
            cast.pupil.surname = "Zander"
            cast.pupil.save()
            Discussion.objects.filter(meeting=meeting).update(said="Changed in the database")
            AgreedAction.objects.update(what="Changed", done_on=ON, done_by=cast.officer)
            cast.hill.name = "Hill Trust Academy"
            cast.hill.save()
            assert shown_minutes(Meeting.objects.get(), cast.officer) == before
            assert before["pupils"][0]["name"] == "Amy Abbott"
            assert before["pupils"][0]["said"] == "Gran, who took her to school, is ill."
            assert before["figures"]["severe"] == 1

    def test_both_confirmations_are_in_the_frozen_text(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            sides = [each["side"] for each in confirmed(cast).frozen_minutes["confirmations"]]
            assert sides == ["School", "Authority"]

    def test_until_both_have_confirmed_nothing_is_frozen(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            meeting = minuted(cast)
            confirm_minutes(meeting, by=cast.lead, at=AFTER)
            assert Meeting.objects.get().frozen_minutes == {}

    def test_held_on_another_day_than_booked_they_say_both(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            meeting = minuted(cast)
            assert minutes_of(meeting)["when"] == "Tuesday 24 November 2026 at 10am"
            meeting.began_at = STARTS - dt.timedelta(days=1, hours=-4)
            held, booked = "Monday 23 November 2026 at 2pm", "Tuesday 24 November 2026 at 10am"
            assert minutes_of(meeting)["when"] == f"{held} (booked for {booked})"

    def test_those_not_discussed_keep_their_reason(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            kept = minutes_of(minuted(cast))["kept"]
            assert [each["name"] for each in kept] == ["Ben Brown", "Cora Clarke", "Dan Dean"]
            assert kept[0]["reason"] == "Not reached in the time."

    def test_each_reason_is_said_once_above_its_names(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            meeting = minuted(cast)
            Discussion.objects.filter(pupil=cast.pupils[3]).update(kept_because="Taken off this agenda: ill.")
            ((reason, names), (other, _)) = kept_by_reason(minutes_of(meeting)["kept"])
            assert (reason, other) == ("Not reached in the time.", "Taken off this agenda: ill.")
            shown = [(each["name"], each["year_group"], each["attendance"]) for each in names]
            assert shown == [("Ben Brown", "8", "80.0%"), ("Cora Clarke", "9", "90.0%")]

    def test_a_child_restricted_since_is_left_out_for_those_without_the_grant(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            meeting = confirmed(cast)
            cast.pupil.is_restricted = True
            cast.pupil.save()
            PupilAccess.objects.create(pupil=cast.pupil, membership=cast.officer, reason="Named", from_on=ON)
            meeting.refresh_from_db()
            assert shown_minutes(meeting, cast.lead)["pupils"] == []
            assert len(shown_minutes(meeting, cast.officer)["pupils"]) == 1

    def test_a_child_who_left_since_stays_in_the_schools_minutes(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            meeting = confirmed(cast)
            cast.pupil.enrolments.update(leaving_on=dt.date(2026, 12, 18))
            cast.lead.on = dt.date(2027, 9, 6)
            assert [each["name"] for each in shown_minutes(meeting, cast.lead)["pupils"]] == ["Amy Abbott"]


class TestWhatFollows:
    def test_a_case_is_opened_for_each_pupil_discussed(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            confirmed(cast)
            case = Case.objects.get()
            assert (case.pupil, case.holder) == (cast.pupil, cast.officer)
            assert str(case.review_on) == "2026-12-15"
            assert set(CaseBarrier.objects.values_list("barrier", flat=True)) == {"transport", "carer-health"}
            assert case.entries.filter(words__contains="Gran", source__contains="autumn term 2026/27").exists()
            assert Discussion.objects.get(pupil=cast.pupil).case == case
            assert case.other_meeting == "Core group on Tuesdays"
            words = "Discussed at another multi-agency meeting: Core group on Tuesdays."
            assert case.entries.filter(words=words).exists()

    def test_a_lead_who_was_not_there_is_asked(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            confirmed(cast)
            case = Case.objects.get()
            assert case.proposed_lead == cast.practitioner
            assert case.lead_practitioner is None
            assert PupilAccess.objects.filter(membership=cast.practitioner, pupil=cast.pupil).exists()

    def test_a_lead_who_was_there_leads_at_once(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            meeting = begun(cast)
            discussion = Discussion.objects.get(meeting=meeting, pupil=cast.pupil)
            sent = {"lead_practitioner": Typed([str(cast.lead.pk)], [""])}
            write_minutes(meeting, discussion, sent, by=cast.officer, at=STARTS)
            end_meeting(meeting, by=cast.officer, at=AFTER)
            confirm_minutes(meeting, by=cast.lead, at=AFTER)
            confirm_minutes(meeting, by=cast.officer, at=AFTER)
            assert Case.objects.get().lead_practitioner == cast.lead

    def test_an_open_case_is_updated_not_doubled(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            Case.objects.create(pupil=cast.pupil, reason="Before.", holder=cast.lead, opened_on=ON, opened_by=cast.lead)
            confirmed(cast)
            case = Case.objects.get()
            assert (case.reason, case.holder) == ("Before.", cast.lead)
            assert str(case.review_on) == "2026-12-15"

    def test_the_panels_of_the_pupil_and_the_school_show_it(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            meeting = confirmed(cast)
            row = pupil_panel(cast.pupils, cast.lead).by_pk[cast.pupil.pk][0]
            assert row["discussion"].meeting == meeting
            assert [action.what for action in row["actions"]] == ["Offer a place on the bus"]
            assert pupil_panel(cast.pupils, cast.practitioner).by_pk == {}
            assert school_panel([cast.hill], cast.lead).by_pk[cast.hill.pk] == [meeting]
            assert school_panel([cast.hill], cast.other_lead).by_pk == {}


class TestThePage:
    @pytest.fixture
    def meeting(self, cast: Cast) -> Meeting:
        with in_scope(cast.eastshire):
            return minuted(cast)

    def test_each_side_confirms_with_a_button(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        where = f"/meetings/{meeting.pk}/minutes/"
        for member in (cast.lead, cast.officer):
            client = signed_in(member)
            assert b"Confirm the minutes for your side" in client.get(where).content
            client.post(f"{where}confirm/")
        page = signed_in(cast.lead).get(where).content.decode()
        assert "Confirm the minutes for your side" not in page
        assert "Minutes confirmed" in page
        assert "Offer a place on the bus" in page

    @pytest.mark.parametrize("name", ["office", "manager", "auditor", "legal"])
    def test_readers_read_and_do_not_confirm(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn, name: str
    ) -> None:
        client = signed_in(cast.members[name])
        page = client.get(f"/meetings/{meeting.pk}/minutes/")
        assert page.status_code == 200
        assert b"Confirm the minutes" not in page.content
        assert client.post(f"/meetings/{meeting.pk}/minutes/confirm/").status_code == 403

    @pytest.mark.parametrize(
        ("name", "status"), [("stranger", 404), ("other_lead", 404), ("practitioner", 403), ("virtual_school", 403)]
    )
    def test_others_find_nothing(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn, name: str, status: int
    ) -> None:
        client = signed_in(cast.members[name])
        for page in ("minutes/", "minutes.pdf"):
            assert client.get(f"/meetings/{meeting.pk}/{page}").status_code == status
        assert client.post(f"/meetings/{meeting.pk}/minutes/confirm/").status_code in (403, 404)
        assert client.get(f"/meetings/{meeting.pk}/minutes/reopen/").status_code in (403, 404)
        with in_scope(cast.eastshire):
            assert not Confirmation.objects.exists()

    def test_signed_out_goes_to_sign_in(self, meeting: Meeting) -> None:
        assert Client().get(f"/meetings/{meeting.pk}/minutes.pdf").status_code == 302

    def test_opening_again_needs_a_reason(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        client, where = signed_in(cast.lead), f"/meetings/{meeting.pk}/minutes/reopen/"
        assert "Enter the reason" in client.post(where, {"reason": ""}).content.decode()
        answer = client.post(where, {"reason": "The bus is not free."})
        assert answer["Location"] == f"/meetings/{meeting.pk}/hold/"

    def test_reading_leaves_an_event_with_the_children(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        signed_in(cast.manager).get(f"/meetings/{meeting.pk}/minutes/")
        with in_scope(cast.eastshire):
            assert AuditEvent.objects.about_pupil(cast.pupil.pk).filter(what="see_minutes").count() == 1

    def test_before_it_began_there_are_no_minutes(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            other = ended(cast, starts_at=STARTS + dt.timedelta(days=7))
            Meeting.objects.filter(pk=other.pk).update(began_at=None)
        assert signed_in(cast.lead).get(f"/meetings/{other.pk}/minutes/").status_code == 404


class TestThePdf:
    def test_it_is_tagged_and_says_what_was_minuted(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            meeting = confirmed(cast)
        auditor = signed_in(cast.auditor)
        for page in ("", "minutes/"):  # reads, and takes nothing
            assert "minutes.pdf" not in auditor.get(f"/meetings/{meeting.pk}/{page}").content.decode()
            assert "minutes.pdf" in signed_in(cast.manager).get(f"/meetings/{meeting.pk}/{page}").content.decode()
        assert auditor.get(f"/meetings/{meeting.pk}/minutes.pdf").status_code == 403
        answer = signed_in(cast.lead).get(f"/meetings/{meeting.pk}/minutes.pdf")
        assert answer["Content-Type"] == "application/pdf"
        reader = PdfReader(io.BytesIO(answer.content))
        assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
        assert "/StructTreeRoot" in reader.trailer["/Root"]
        text = " ".join(page.extract_text() for page in reader.pages)
        for words in (
            "Hill Academy", "autumn term 2026/27", "Amy Abbott", "Gran, who took her to school, is ill.",
            "Offer a place on the bus", "Priya Nash", "Breakfast club fills up.", "Layla Hart", "Page 1 of",
        ):  # fmt: skip
            assert words in text, words

    def test_what_was_agreed_comes_before_those_not_discussed_who_share_one_reason(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            meeting = confirmed(cast)
        page = signed_in(cast.lead).get(f"/meetings/{meeting.pk}/minutes/").content.decode()
        content = signed_in(cast.lead).get(f"/meetings/{meeting.pk}/minutes.pdf").content
        text = " ".join(" ".join(one.extract_text() for one in PdfReader(io.BytesIO(content)).pages).split())
        for minutes in (page, text):
            order = [minutes.index(words) for words in ("Pupils discussed", "Agreed actions", "Not discussed")]
            assert order == sorted(order)
            assert "Core group on Tuesdays" in minutes
        assert page.count("Not reached in the time.") == 1
        assert "Ben Brown (Year 8, 80.0%)" in page

    def test_of_those_not_discussed_the_file_names_the_severely_absent_alone(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            meeting = minuted(cast)
            Discussion.objects.filter(pupil=cast.pupils[1]).update(group="severe")
        content = signed_in(cast.lead).get(f"/meetings/{meeting.pk}/minutes.pdf").content
        text = " ".join(" ".join(one.extract_text() for one in PdfReader(io.BytesIO(content)).pages).split())
        assert text.count("Not reached in the time.") == 1
        assert "Ben Brown (Year 8, 80.0%)" in text
        assert "Cora Clarke" not in text and "Dan Dean" not in text
        assert "1 persistently absent; 1 at risk of persistent absence" in text
        assert "is kept in the portal" in text

    def test_a_long_list_of_those_not_discussed_stays_a_tagged_list(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            meeting = minuted(cast)
            for number in range(150):
                pupil = make_pupil(cast.hill, 200 + number, f"Surname{number}", "Pat", "7")
                Discussion.objects.create(
                    meeting=meeting,
                    pupil=pupil,
                    enrolment=pupil.enrolments.get(),
                    position=10 + number,
                    group="severe",
                    on_agenda=False,
                    kept_because="Kept for another time: the 45 minutes booked allow 7 pupils.",
                    figures={"name": str(pupil), "year_group": "7", "attendance": "85.3%"},
                )
        content = signed_in(cast.lead).get(f"/meetings/{meeting.pk}/minutes.pdf").content
        reader = PdfReader(io.BytesIO(content))
        assert len(reader.pages) <= 4
        facts = 2 * (4 + 8)  # of the meeting and of Amy: a term and a description each
        assert list(tags(reader.trailer["/Root"]["/StructTreeRoot"])).count("/LI") == 150 + facts

    def test_the_same_minutes_give_the_same_file(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            meeting = confirmed(cast)
        first, second = (signed_in(cast.lead).get(f"/meetings/{meeting.pk}/minutes.pdf").content for _ in "12")
        assert first == second

    def test_a_draft_says_so(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            meeting = minuted(cast)
        content = signed_in(cast.lead).get(f"/meetings/{meeting.pk}/minutes.pdf").content
        assert "not yet confirmed by both sides" in PdfReader(io.BytesIO(content)).pages[0].extract_text()


@pytest.mark.django_db
def test_minutes_and_actions_tell_no_restricted_childs_home(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        meeting = minuted(cast)
        Discussion.objects.filter(pupil=cast.pupil).update(said="She stays at 14 Mill Lane.")
        action = AgreedAction.objects.get(what="Offer a place on the bus")
        AgreedAction.objects.filter(pk=action.pk).update(what="Ring 01632 960001")
        aunt = Carer.objects.create(name="Alice", telephone="01632 960001", address="14 Mill Lane, Northtown")
        CarerLink.objects.create(pupil=cast.vale_pupils[0], carer=aunt, relationship="Aunt", lives_with=True)
        by = {"holders": [cast.team_leader], "by": cast.team_leader, "on": ON}
        restrict_record(cast.vale_pupils[0], kind="other", reason="Kept safe", **by)
    for member, is_told in ((cast.officer, False), (cast.team_leader, True)):
        client = signed_in(member)
        pages = [
            f"/meetings/{meeting.pk}/minutes/",
            f"/actions/{action.pk}/",
            "/actions/?all=1",
            "/actions/?all=1&format=csv",
        ]
        said = [client.get(page).content.decode() for page in pages]
        printed = PdfReader(io.BytesIO(client.get(f"/meetings/{meeting.pk}/minutes.pdf").content))
        said.append(" ".join(page.extract_text() for page in printed.pages))
        assert [("Mill Lane" in each or "960001" in each) for each in said] == [is_told] * 5
