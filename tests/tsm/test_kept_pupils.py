"""Those kept for another time: bounded on the list's page and in the running order, all of them a page away."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from attendance_portal.models import AuditEvent, Membership
from schools.models import PupilAccess
from tests.cast import ON, Cast, in_scope, make_pupil
from tests.tsm.meetings import STARTS, arranged, stand, stand_at_hill
from tsm.actions import begin_meeting, drop_from_list
from tsm.lists import PupilFacts, in_brief
from tsm.models import Discussion, Meeting

SignedIn = Callable[[Membership], Client]
ROW = 'scope="row"'


@pytest.fixture
def meeting(cast: Cast) -> Meeting:
    """Thirty persistently absent pupils more than the cast's; the agenda has room for few."""
    with in_scope(cast.eastshire):
        stand_at_hill(cast)
        for number in range(30):
            stand(make_pupil(cast.hill, 100 + number, f"Pupil{number:02d}", "Pat", "7"), absent=15)
        return arranged(cast, minutes=20)


def begin(cast: Cast, meeting: Meeting) -> None:
    with in_scope(cast.eastshire):
        begin_meeting(meeting, by=cast.officer, at=STARTS)


class TestOnTheListsPage:
    def test_the_agenda_is_whole_and_twenty_of_the_others_are_on_a_page(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        client = signed_in(cast.officer)
        first = client.get(f"/meetings/{meeting.pk}/list/").content.decode()
        second = client.get(f"/meetings/{meeting.pk}/list/?page=2").content.decode()
        assert (first.count(ROW), second.count(ROW)) == (2 + 20, 2 + 12)
        for page in (first, second):
            assert "Amy Abbott" in page
        assert "1 to 20 of 32 pupils" in first
        assert 'href="?page=2#kept"' in first
        assert "Dan Dean" in second
        assert "Dan Dean" not in first

    def test_the_usual_reason_is_said_once_and_another_beside_the_name(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            drop_from_list(meeting, cast.pupil, reason="Discussed on Monday", by=cast.lead, at=STARTS)
        page = signed_in(cast.officer).get(f"/meetings/{meeting.pk}/list/?page=2").content.decode()
        assert page.count("the 20 minutes booked allow") == 1
        assert "Taken off this agenda: Discussed on Monday." in page

    def test_the_printed_agenda_says_how_many_are_kept_and_where(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        page = signed_in(cast.officer).get(f"/meetings/{meeting.pk}/list/").content.decode()
        assert "32 more pupils are kept for another time." in page
        assert page.index("govuk-!-display-none-print") < page.index("Pat Pupil05")

    def test_the_csv_file_has_everyone(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        text = signed_in(cast.officer).get(f"/meetings/{meeting.pk}/list/?format=csv&page=2").content.decode()
        assert text.count("\r\n") == 1 + 34

    def test_the_event_holds_those_who_were_shown(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        signed_in(cast.lead).get(f"/meetings/{meeting.pk}/list/")
        with in_scope(cast.eastshire):
            assert len(AuditEvent.objects.get(what="see_meeting_list").pupil_ids) == 22

    def test_one_line_says_what_sets_a_pupil_apart(self) -> None:
        known = {"pupil": "1", "name": "Amy", "year_group": 7, "possible": 100, "attended": 80, "absent": 20}
        facts = {"authorised": 20, "unauthorised": 0, "band": 3, "persistent": True, "severe": False}
        line = in_brief(PupilFacts(**known, **facts, undone_actions=2, barriers_out_of_school=("Housing",)))
        assert line == "No lead practitioner; 1 barrier out of school; 2 actions undone"
        led = in_brief(PupilFacts(**known, **facts, has_lead_practitioner=True, at_another_meeting=True))
        assert led == "No plan; at another multi-agency meeting"


class TestWhileTheMeetingIsUnderWay:
    def test_the_running_order_shows_twenty_and_leads_to_all(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        begin(cast, meeting)
        page = signed_in(cast.officer).get(f"/meetings/{meeting.pk}/hold/").content.decode()
        assert page.count("/hold/2") <= 20
        assert f'/meetings/{meeting.pk}/hold/kept/">All 32 kept for another time' in page
        assert "Dan Dean" not in page

    def test_everyone_is_a_page_away_and_may_be_minuted(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        begin(cast, meeting)
        page = signed_in(cast.lead).get(f"/meetings/{meeting.pk}/hold/kept/?page=2").content.decode()
        assert "Dan Dean" in page
        with in_scope(cast.eastshire):
            last = Discussion.objects.get(pupil=cast.pupils[3]).position
            assert len(AuditEvent.objects.get(what="see_kept_pupils").pupil_ids) == 12
        assert f"/meetings/{meeting.pk}/hold/{last}/" in page
        assert signed_in(cast.lead).get(f"/meetings/{meeting.pk}/hold/{last}/").status_code == 200

    def test_a_restricted_child_is_there_for_grant_holders_alone(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        begin(cast, meeting)
        with in_scope(cast.eastshire):
            dan = cast.pupils[3]
            dan.is_restricted = True
            dan.save()
            PupilAccess.objects.create(pupil=dan, membership=cast.officer, reason="Named", from_on=ON)
        where = f"/meetings/{meeting.pk}/hold/kept/?page=2"
        assert b"Dan Dean" in signed_in(cast.officer).get(where).content
        assert b"Dan Dean" not in signed_in(cast.lead).get(where).content

    def test_before_it_begins_there_is_no_such_page(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        answer = signed_in(cast.officer).get(f"/meetings/{meeting.pk}/hold/kept/")
        assert answer.status_code == 409
        assert b"has not begun" in answer.content
