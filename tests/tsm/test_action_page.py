"""Agreed actions: done, no longer needed, taken up again; whose they are and who sees them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.refusals import Refused
from schools.models import PupilAccess
from tests.cast import ON, Cast, in_scope
from tests.tsm.meetings import STARTS, arranged, begun, ended
from tsm.actions import give_up_action, mark_done, take_up_again
from tsm.models import AgreedAction
from tsm.panels import actions_for

SignedIn = Callable[[Membership], Client]


@pytest.fixture
def action(cast: Cast) -> AgreedAction:
    with in_scope(cast.eastshire):
        meeting = begun(cast)
        made = AgreedAction.objects.create(
            meeting=meeting,
            pupil=cast.pupil,
            what="Offer a place on the bus",
            side="authority",
            owner=cast.officer,
            due_on=dt.date(2026, 11, 19),
            agreed_on=ON,
        )
        meeting.stage = "to-confirm"
        meeting.save()
        return made


class TestWhatBecomesOfIt:
    def test_done_with_its_outcome(self, cast: Cast, action: AgreedAction) -> None:
        with in_scope(cast.eastshire):
            mark_done(action, outcome="She rides since Monday.", on=ON, by=cast.officer)
            assert (action.done_on, action.done_by, action.outcome) == (ON, cast.officer, "She rides since Monday.")
            assert not AgreedAction.objects.undone().exists()
            assert AuditEvent.objects.about_pupil(cast.pupil.pk).filter(what="mark_done").count() == 1

    def test_it_is_settled_once(self, cast: Cast, action: AgreedAction) -> None:
        with in_scope(cast.eastshire):
            give_up_action(action, reason="She moved.", on=ON, by=cast.lead)
            with pytest.raises(Refused, match="already"):
                mark_done(action, outcome="x", on=ON, by=cast.officer)

    def test_it_may_be_taken_up_again(self, cast: Cast, action: AgreedAction) -> None:
        with in_scope(cast.eastshire):
            mark_done(action, outcome="x", on=ON, by=cast.officer)
            take_up_again(action, on=ON, by=cast.lead)
            assert list(AgreedAction.objects.undone()) == [action]
            with pytest.raises(Refused, match="still to be done"):
                take_up_again(action, on=ON, by=cast.lead)

    def test_while_the_meeting_is_under_way_it_is_still_being_typed(self, cast: Cast, action: AgreedAction) -> None:
        with in_scope(cast.eastshire):
            action.meeting.stage = "under-way"
            action.meeting.save()
            assert actions_for([cast.officer]) == {cast.officer.pk: []}
            with pytest.raises(Refused, match="under way"):
                mark_done(action, outcome="x", on=ON, by=cast.officer)


class TestWhoseItIs:
    def test_it_is_on_its_owners_list_alone(self, cast: Cast, action: AgreedAction) -> None:
        with in_scope(cast.eastshire):
            lists = actions_for([cast.officer, cast.lead])
            assert [row["action"] for row in lists[cast.officer.pk]] == [action]
            assert lists[cast.officer.pk][0]["is_late"]
            assert lists[cast.lead.pk] == []

    def test_an_owner_who_may_not_see_the_child_sees_no_name(
        self, cast: Cast, action: AgreedAction, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            AgreedAction.objects.update(owner=cast.practitioner)
        client = signed_in(cast.practitioner)
        for page in ("/actions/", f"/actions/{action.pk}/", "/actions/?format=csv"):
            content = client.get(page).content.decode()
            assert "Offer a place on the bus" in content
            assert "Abbott" not in content
        with in_scope(cast.eastshire):
            PupilAccess.objects.create(pupil=cast.pupil, membership=cast.practitioner, reason="x", from_on=ON)
        assert "Abbott" in client.get(f"/actions/{action.pk}/").content.decode()

    def test_it_is_shown_on_the_next_meetings_page(self, cast: Cast, action: AgreedAction, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            following = arranged(cast, starts_at=STARTS + dt.timedelta(days=60))
        page = signed_in(cast.lead).get(f"/meetings/{following.pk}/").content.decode()
        assert "Still to do from earlier meetings" in page
        assert "Offer a place on the bus" in page


class TestThePage:
    @pytest.mark.parametrize("name", ["officer", "lead", "trust_lead", "team_leader"])
    def test_the_owner_and_the_meetings_people_settle_it(
        self, cast: Cast, action: AgreedAction, signed_in: SignedIn, name: str
    ) -> None:
        answer = signed_in(cast.members[name]).post(
            f"/actions/{action.pk}/", {"settled": "done", "outcome": "She rides."}
        )
        assert answer.status_code == 302
        with in_scope(cast.eastshire):
            assert AgreedAction.objects.get().done_by == cast.members[name]

    @pytest.mark.parametrize("name", ["office", "legal"])
    def test_others_of_the_school_and_authority_only_read(
        self, cast: Cast, action: AgreedAction, signed_in: SignedIn, name: str
    ) -> None:
        client = signed_in(cast.members[name])
        page = client.get(f"/actions/{action.pk}/")
        assert b"What became of this action" not in page.content
        client.post(f"/actions/{action.pk}/", {"settled": "done", "outcome": "x"})
        with in_scope(cast.eastshire):
            assert AgreedAction.objects.get().done_on is None

    @pytest.mark.parametrize("name", ["stranger", "other_lead", "practitioner", "virtual_school"])
    def test_those_it_does_not_concern_find_nothing(
        self, cast: Cast, action: AgreedAction, signed_in: SignedIn, name: str
    ) -> None:
        client = signed_in(cast.members[name])
        assert client.get(f"/actions/{action.pk}/").status_code == 404
        assert b"Offer a place" not in client.get("/actions/?all=1").content

    def test_signed_out_goes_to_sign_in(self, action: AgreedAction) -> None:
        assert Client().get(f"/actions/{action.pk}/").status_code == 302

    def test_without_an_outcome_it_asks_for_one(self, cast: Cast, action: AgreedAction, signed_in: SignedIn) -> None:
        page = signed_in(cast.officer).post(f"/actions/{action.pk}/", {"settled": "done", "outcome": ""})
        assert "Enter what came of it" in page.content.decode()

    def test_no_longer_needed_and_taken_up_again(self, cast: Cast, action: AgreedAction, signed_in: SignedIn) -> None:
        client = signed_in(cast.officer)
        client.post(f"/actions/{action.pk}/", {"settled": "given-up", "outcome": "She moved."})
        assert "No longer needed" in client.get(f"/actions/{action.pk}/").content.decode()
        client.post(f"/actions/{action.pk}/", {"again": "1"})
        with in_scope(cast.eastshire):
            assert AgreedAction.objects.undone().exists()

    def test_a_meeting_without_actions_shows_none(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            ended(cast)
        assert "No actions" in signed_in(cast.officer).get("/actions/").content.decode()
