"""The timetable, arranging and changing a meeting in the browser."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from attendance_portal.models import AuditEvent, Membership
from schools.models import Pupil, School, SchoolMembership
from tests.cast import ON, SINCE, Cast, in_scope
from tests.tsm.meetings import STARTS, arranged, ended, stand_at_hill
from tsm.models import AgreedAction, Meeting

SignedIn = Callable[[Membership], Client]
FORM = {
    "held_on_day": "1",
    "held_on_month": "12",
    "held_on_year": "2026",
    "begins": "2:30pm",
    "minutes": "45",
    "mode": "online",
    "link": "https://call.example/hill",
    "room": "",
}
ARRANGE = "/schools/999001/meetings/arrange/"


@pytest.fixture
def meeting(cast: Cast) -> Meeting:
    with in_scope(cast.eastshire):
        stand_at_hill(cast)
        return arranged(cast)


class TestMySchools:
    def test_the_officer_sees_where_each_of_their_schools_stands(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        page = signed_in(cast.officer).get("/meetings/").content.decode()
        assert "Tuesday 24 November 2026 at 10am" in page
        assert ARRANGE not in page
        assert "/schools/999002/meetings/arrange/" in page
        assert "Missed last term" in page

    def test_a_lead_sees_their_school_alone_and_arranges_nothing(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        page = signed_in(cast.other_lead).get("/meetings/?all=1").content.decode()
        assert "Vale Primary School" in page
        assert "Hill Academy" not in page
        assert "arrange/" not in page

    def test_a_team_leader_sees_all_on_asking(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        client = signed_in(cast.team_leader)
        assert "Hill Academy" not in client.get("/meetings/").content.decode()
        assert "Hill Academy" in client.get("/meetings/?all=1").content.decode()

    def test_covering_brings_a_school_onto_the_page(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            SchoolMembership.objects.create(
                membership=cast.team_leader, school=cast.hill, capacity="cover", from_on=SINCE
            )
        assert "Hill Academy" in signed_in(cast.team_leader).get("/meetings/").content.decode()

    def test_the_stranger_sees_nothing_of_eastshire(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        page = signed_in(cast.stranger).get("/meetings/?all=1").content.decode()
        assert "Fen School" in page
        assert "Hill Academy" not in page

    @pytest.mark.parametrize("name", ["practitioner", "virtual_school", "admin"])
    def test_others_are_refused(self, cast: Cast, signed_in: SignedIn, name: str) -> None:
        assert signed_in(cast.members[name]).get("/meetings/").status_code == 403

    def test_signed_out_goes_to_sign_in(self) -> None:
        assert Client().get("/meetings/").status_code == 302

    def test_it_downloads_as_csv(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        text = signed_in(cast.officer).get("/meetings/?format=csv").content.decode()
        assert "999001,Hill Academy,Olive Frost,Arranged" in text

    def test_many_schools_take_no_more_queries(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn, django_assert_max_num_queries: Callable[..., object]
    ) -> None:
        with in_scope(cast.eastshire):
            for number in range(30):
                school = School.objects.create(urn=f"9991{number:02d}", name=f"School {number}", phase="primary")
                SchoolMembership.objects.create(
                    membership=cast.officer, school=school, capacity="named-officer", from_on=SINCE
                )
        client = signed_in(cast.officer)
        with django_assert_max_num_queries(16):
            assert client.get("/meetings/").content.decode().count("<tr") == 33


class TestArrangeMeeting:
    def test_the_form_comes_filled_but_for_the_link(self, cast: Cast, signed_in: SignedIn) -> None:
        page = signed_in(cast.officer).get(ARRANGE).content.decode()
        assert 'value="4"' in page
        assert f'value="{cast.officer.pk}" selected' in page

    def test_arranging_goes_to_the_meetings_page(self, cast: Cast, signed_in: SignedIn) -> None:
        answer = signed_in(cast.officer).post(ARRANGE, FORM | {"officer": str(cast.officer.pk)})
        with in_scope(cast.eastshire):
            meeting = Meeting.objects.get()
        assert answer["Location"] == f"/meetings/{meeting.pk}/"
        assert meeting.starts_at.isoformat() == "2026-12-01T14:30:00+00:00"
        assert meeting.place == "https://call.example/hill"

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"begins": "half past"}, "Enter the time like 10:00 or 2:30pm"),
            ({"begins": "25:00"}, "Enter the time like 10:00 or 2:30pm"),
            ({"held_on_day": "31"}, "Date must be a real date"),
            ({"held_on_day": "31", "held_on_month": "2"}, "Date must be a real date"),
            ({"held_on_day": "28"}, "28 November 2026 is a Saturday. Choose a school day."),
            ({"held_on_day": "29"}, "29 November 2026 is a Sunday. Choose a school day."),
            ({"mode": ""}, "Choose how you will meet"),
            ({"link": ""}, "Give the link of the online meeting"),
            ({"minutes": "ages"}, "Enter the length in whole minutes"),
        ],
    )
    def test_what_is_wrong_is_said(self, cast: Cast, signed_in: SignedIn, changed: dict[str, str], words: str) -> None:
        typed = FORM | {"officer": str(cast.officer.pk), "held_on_month": "11"} | changed
        page = signed_in(cast.officer).post(ARRANGE, typed).content.decode()
        assert "There is a problem" in page
        assert words in page

    def test_a_time_that_has_passed_is_said_beside_the_date(self, cast: Cast, signed_in: SignedIn) -> None:
        typed = FORM | {"officer": str(cast.officer.pk), "held_on_month": "10"}
        answer = signed_in(cast.officer).post(ARRANGE, typed)
        assert answer.status_code == 200
        page = answer.content.decode()
        assert "There is a problem" in page and "Choose a time that is still to come." in page
        with in_scope(cast.eastshire):
            assert not Meeting.objects.exists()

    def test_a_time_that_clashes_is_said_beside_the_date(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        client, typed = signed_in(cast.officer), FORM | {"officer": str(cast.officer.pk)}
        client.post(ARRANGE, typed)
        for address in (ARRANGE, f"/meetings/{meeting.pk}/move/"):
            answer = client.post(address, typed)
            assert answer.status_code == 200
            assert "another meeting arranged at that time" in answer.content.decode()
        with in_scope(cast.eastshire):
            assert Meeting.objects.count() == 2
            assert Meeting.objects.get(pk=meeting.pk).starts_at == STARTS

    def test_another_authoritys_school_and_officer_are_not_there(self, cast: Cast, signed_in: SignedIn) -> None:
        assert signed_in(cast.stranger).get(ARRANGE).status_code == 404
        page = signed_in(cast.officer).post(ARRANGE, FORM | {"officer": str(cast.stranger.pk)})
        assert "Select a valid choice" in page.content.decode()

    @pytest.mark.parametrize("name", ["lead", "office", "manager", "auditor", "legal", "practitioner"])
    def test_only_officers_arrange(self, cast: Cast, signed_in: SignedIn, name: str) -> None:
        assert signed_in(cast.members[name]).get(ARRANGE).status_code == 403


class TestMeetingPage:
    @pytest.mark.parametrize("name", ["lead", "office", "officer", "team_leader", "manager", "auditor", "legal"])
    def test_those_who_may_see_it(self, cast: Cast, meeting: Meeting, signed_in: SignedIn, name: str) -> None:
        page = signed_in(cast.members[name]).get(f"/meetings/{meeting.pk}/").content.decode()
        assert "https://call.example/hill" in page
        assert ("Begin the meeting" in page) == (name in ("lead", "officer", "team_leader"))
        assert ("Cancel it" in page) == (name in ("officer", "team_leader"))

    def test_undone_actions_name_only_children_one_may_see_and_leave_an_event(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            before = ended(cast)
            later = arranged(cast, starts_at=STARTS + dt.timedelta(days=7))
            what = {"meeting": before, "what": "Visit at home", "owner": cast.officer, "agreed_on": ON}
            AgreedAction.objects.create(**what, pupil=cast.pupil)
        client, where = signed_in(cast.officer), f"/meetings/{later.pk}/"
        assert "Amy Abbott" in client.get(where).content.decode()
        with in_scope(cast.eastshire):
            assert AuditEvent.objects.get(what="see_meeting").pupil_ids == [cast.pupil.pk]
            Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
        page = client.get(where).content.decode()
        assert "Visit at home" in page and "Abbott" not in page

    @pytest.mark.parametrize(
        "page", ["", "move/", "cancel/", "take-over/", "not-attended/", "arrange-again/", "hold/", "hold/1/"]
    )
    def test_the_stranger_and_another_schools_lead_find_nothing(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn, page: str
    ) -> None:
        assert signed_in(cast.stranger).get(f"/meetings/{meeting.pk}/{page}").status_code == 404
        assert signed_in(cast.other_lead).get(f"/meetings/{meeting.pk}/{page}").status_code in (403, 404)

    @pytest.mark.parametrize("page", ["begin/", "end/", "minutes/confirm/"])
    def test_nor_can_they_press_its_buttons(self, cast: Cast, meeting: Meeting, signed_in: SignedIn, page: str) -> None:
        for member in (cast.stranger, cast.other_lead):
            assert signed_in(member).post(f"/meetings/{meeting.pk}/{page}").status_code == 404
        with in_scope(cast.eastshire):
            assert Meeting.objects.get().stage == Meeting.Stage.ARRANGED

    def test_signed_out_goes_to_sign_in(self, meeting: Meeting) -> None:
        assert Client().get(f"/meetings/{meeting.pk}/").status_code == 302

    def test_moving_cancelling_and_arranging_again(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        client, where = signed_in(cast.officer), f"/meetings/{meeting.pk}/"
        client.post(f"{where}move/", FORM)
        assert "Tuesday 1 December 2026 at 2:30pm" in client.get(where).content.decode()
        client.post(f"{where}take-over/", {"officer": str(cast.team_leader.pk)})
        assert "Tom Leigh holds the meeting" in client.get(where).content.decode()
        client.post(f"{where}cancel/", {"reason": "The school is closed."})
        assert "Cancelled: The school is closed." in client.get(where).content.decode()
        again = client.post(f"{where}arrange-again/", FORM | {"officer": str(cast.officer.pk)})
        assert "in place of" in client.get(again["Location"]).content.decode()
        assert "Arranged again" in client.get(where).content.decode()

    def test_not_attended_is_refused_before_its_time(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        client, where = signed_in(cast.officer), f"/meetings/{meeting.pk}/"
        early = client.post(f"{where}not-attended/", {"reason": "Nobody came."}).content.decode()
        assert "The time of this meeting has not come." in early and "Nobody came.</textarea>" in early
        with in_scope(cast.eastshire):
            cast.eastshire.demo_today = ON.replace(day=25)
            cast.eastshire.save()
        client.post(f"{where}not-attended/", {"reason": "Nobody came."})
        assert "Not attended: Nobody came." in client.get(where).content.decode()


class TestHoldMeeting:
    def test_the_whole_meeting_in_the_browser(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        officer, where = signed_in(cast.officer), f"/meetings/{meeting.pk}/"
        assert officer.get(f"{where}hold/").status_code == 409
        asked = officer.get(f"{where}begin/").content.decode()
        for words in ("Tuesday 24 November 2026 at 10am", "booked for another day", "Begin now: the figures freeze"):
            assert words in asked
        with in_scope(cast.eastshire):
            assert Meeting.objects.get().stage == Meeting.Stage.ARRANGED
        assert officer.post(f"{where}begin/")["Location"] == f"{where}hold/"
        assert officer.get(f"{where}begin/").status_code == 409
        page = officer.get(f"{where}hold/").content.decode()
        for words in ("Amy Abbott", "Layla Hart", "Running order", "Persistently absent", "Save"):
            assert words in page
        name = "attendee-8f1b0c9e-0000-4000-8000-000000000003-name"
        typed = {"trends": "Mondays are low.", "began__trends": "", name: "Nia Oak", f"began__{name}": ""}
        signed_in(cast.lead).post(f"{where}hold/", typed)
        page = officer.get(f"{where}hold/").content.decode()
        assert "Mondays are low." in page
        assert "Nia Oak" in page
        assert officer.post(f"{where}end/")["Location"] == f"{where}minutes/"
        minutes = officer.get(f"{where}minutes/").content.decode()
        assert "Mondays are low." in minutes
        assert "Nia Oak" in minutes

    def test_a_name_that_is_cleared_was_not_there(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        lead, where = signed_in(cast.lead), f"/meetings/{meeting.pk}/"
        lead.post(f"{where}begin/")
        with in_scope(cast.eastshire):
            trust = meeting.attendees.get(name="Tariq Lowe")
        name = f"attendee-{trust.pk}-name"
        lead.post(f"{where}hold/", {name: "", f"began__{name}": "Tariq Lowe"})
        lead.post(f"{where}end/")
        with in_scope(cast.eastshire):
            assert not meeting.attendees.filter(pk=trust.pk).exists()

    def test_the_page_takes_a_constant_number_of_queries(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn, django_assert_max_num_queries: Callable[..., object]
    ) -> None:
        officer, where = signed_in(cast.officer), f"/meetings/{meeting.pk}/"
        officer.post(f"{where}begin/")
        with django_assert_max_num_queries(16):
            officer.get(f"{where}hold/")
        with django_assert_max_num_queries(16):
            officer.get(f"{where}hold/1/")
