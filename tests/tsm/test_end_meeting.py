"""The page before the end: what is still open is said, nothing is blocked, and going back loses nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from attendance_portal.models import AuditEvent, Membership
from casework.actions import change_review_date, open_case, record_lead_without_account
from schools.models import PupilAccess
from tests.cast import ON, Cast, in_scope
from tests.tsm.meetings import begun, stand
from tsm.models import AgreedAction, Discussion, Meeting
from tsm.remaining import still_open

SignedIn = Callable[[Membership], Client]


@pytest.fixture
def meeting(cast: Cast) -> Meeting:
    with in_scope(cast.eastshire):
        return begun(cast)


def left(cast: Cast, meeting: Meeting) -> dict[str, str]:
    with in_scope(cast.eastshire):
        found = still_open(meeting, cast.officer)
    return {each.what or each.name: each.words for each in (*found.pupils, *found.actions)}


class TestWhatIsStillOpen:
    def test_a_severely_absent_pupil_without_lead_or_plan(self, cast: Cast, meeting: Meeting) -> None:
        assert left(cast, meeting) == {"Amy Abbott": "no lead practitioner and no plan (a review date)"}
        with in_scope(cast.eastshire):
            Discussion.objects.filter(pupil=cast.pupil).update(lead_name="Nia Oak")
        assert left(cast, meeting) == {"Amy Abbott": "no plan (a review date)"}
        with in_scope(cast.eastshire):
            Discussion.objects.filter(pupil=cast.pupil).update(review_on=ON)
        assert left(cast, meeting) == {}

    def test_the_lead_and_plan_of_the_childs_case_count(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire):
            case = open_case(cast.pupil, reason="Absent.", on=ON, by=cast.officer)
            record_lead_without_account(case, name="Nia", agency="Housing", on=ON, by=cast.officer)
            change_review_date(case, review_on=ON, on=ON, by=cast.officer)
        assert left(cast, meeting) == {}

    def test_those_kept_for_another_time_are_not_named(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire):
            Discussion.objects.filter(pupil=cast.pupil).update(on_agenda=False)
        assert left(cast, meeting) == {}

    def test_actions_without_owner_or_date(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire):
            Discussion.objects.update(review_on=ON, lead_name="Nia")
            make = AgreedAction.objects.create
            make(meeting=meeting, pupil=cast.pupil, what="Call", agreed_on=ON)
            make(meeting=meeting, what="Write", owner_name="The nurse", agreed_on=ON)
            make(meeting=meeting, what="Visit", owner=cast.lead, due_on=ON, agreed_on=ON)
            make(meeting=meeting, what=" ", agreed_on=ON)
        assert left(cast, meeting) == {"Call": "no owner and no date", "Write": "no date"}

    def test_a_restricted_child_is_not_named_to_others(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire):
            AgreedAction.objects.create(meeting=meeting, pupil=cast.pupil, what="Call", agreed_on=ON)
            cast.pupil.is_restricted = True
            cast.pupil.save()
            PupilAccess.objects.create(pupil=cast.pupil, membership=cast.officer, reason="Named", from_on=ON)
            assert not still_open(meeting, cast.lead).anything
            assert still_open(meeting, cast.officer).anything

    def test_more_pupils_take_no_more_queries(
        self, cast: Cast, meeting: Meeting, django_assert_max_num_queries: Callable[..., object]
    ) -> None:
        with in_scope(cast.eastshire):
            for discussion in Discussion.objects.filter(meeting=meeting):
                AgreedAction.objects.create(meeting=meeting, pupil=discussion.pupil, what="Call", agreed_on=ON)
            Discussion.objects.update(group="severe")
            with django_assert_max_num_queries(5):
                assert len(still_open(meeting, cast.officer).pupils) == 4


class TestThePage:
    def test_it_says_what_is_open_and_blocks_nothing(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        client, where = signed_in(cast.lead), f"/meetings/{meeting.pk}/end/"
        page = client.get(where).content.decode()
        for words in ("Amy Abbott", "no lead practitioner and no plan", "End anyway", "Go back"):
            assert words in page
        answer = client.post(where)
        assert answer["Location"] == f"/meetings/{meeting.pk}/minutes/"
        with in_scope(cast.eastshire):
            assert Meeting.objects.get().stage == Meeting.Stage.TO_CONFIRM
            assert AuditEvent.objects.about_pupil(cast.pupil.pk).filter(what="see_end_meeting").count() == 1

    def test_with_nothing_open_it_says_so(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            Discussion.objects.update(review_on=ON, lead_name="Nia")
        page = signed_in(cast.officer).get(f"/meetings/{meeting.pk}/end/").content.decode()
        assert "End anyway" not in page
        assert "Every severely absent pupil" in page

    def test_the_button_on_the_meetings_page_saves_first(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        typed = {"successes": "Breakfast club", "began__successes": "", "then": "end"}
        answer = signed_in(cast.officer).post(f"/meetings/{meeting.pk}/hold/", typed)
        assert answer["Location"] == f"/meetings/{meeting.pk}/end/"
        with in_scope(cast.eastshire):
            assert Meeting.objects.get().successes == "Breakfast club"
            assert Meeting.objects.get().stage == Meeting.Stage.UNDER_WAY

    @pytest.mark.parametrize(
        ("name", "status"), [("stranger", 404), ("other_lead", 404), ("office", 403), ("practitioner", 403)]
    )
    def test_others_find_nothing(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn, name: str, status: int
    ) -> None:
        answer = signed_in(cast.members[name]).get(f"/meetings/{meeting.pk}/end/")
        assert answer.status_code == status
        assert b"Abbott" not in answer.content

    def test_a_meeting_that_has_not_begun_has_no_end(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            stand(cast.pupil, absent=60)
            Meeting.objects.update(stage=Meeting.Stage.ARRANGED, began_at=None)
        assert signed_in(cast.officer).get(f"/meetings/{meeting.pk}/end/").status_code == 409
