"""The list that draws itself up, its agenda, and changes by hand with a reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.refusals import Refused
from casework.actions import (
    change_barriers,
    change_other_meeting,
    change_review_date,
    open_case,
    record_lead_without_account,
)
from schools.models import Circumstance, Enrolment, PupilAccess, Register, Standing
from schools.register.marks import WIDTH, column_of, number_of
from tests.cast import ON, Cast, in_scope, make_pupil
from tests.tsm.meetings import AT, STARTS, arranged, stand, stand_at_hill
from tsm.actions import add_to_list, begin_meeting, drop_from_list, end_meeting, follow_the_rule_again
from tsm.models import AgreedAction, Discussion, ListChange, Meeting
from tsm.preparation import CARRIED, prepare

SignedIn = Callable[[Membership], Client]


@pytest.fixture
def meeting(cast: Cast) -> Meeting:
    with in_scope(cast.eastshire):
        stand_at_hill(cast)
        return arranged(cast)


def names(meeting: Meeting, member: Membership) -> list[str]:
    return [each.facts.name for each in prepare(meeting, [member], on=ON).listed]


def reasons(meeting: Meeting, member: Membership) -> dict[str, str]:
    return {each.facts.name: each.reasons for each in prepare(meeting, [member], on=ON).listed}


class TestDrawingUp:
    def test_severe_then_persistent_then_at_risk_and_nobody_else(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire):
            assert names(meeting, cast.officer) == ["Amy Abbott", "Ben Brown", "Cora Clarke", "Dan Dean"]

    def test_leavers_are_on_no_list(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire):
            Standing.objects.filter(pupil=cast.pupil).update(is_on_roll=False)
            assert "Amy Abbott" not in names(meeting, cast.officer)

    def test_a_restricted_child_is_on_it_for_grant_holders_alone(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire):
            cast.pupil.is_restricted = True
            cast.pupil.save()
            PupilAccess.objects.create(pupil=cast.pupil, membership=cast.officer, reason="Named", from_on=ON)
            assert "Amy Abbott" in names(meeting, cast.officer)
            assert "Amy Abbott" not in names(meeting, cast.lead)

    def test_the_case_and_circumstances_are_among_the_reasons(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire):
            case = open_case(cast.pupil, reason="Absent.", on=ON, by=cast.officer)
            change_barriers(case, barriers=["housing", "bullying"], on=ON, by=cast.officer)
            Circumstance.objects.create(pupil=cast.pupil, kind="ehc-plan", from_on=ON, source="SEND team")
            said = reasons(meeting, cast.officer)["Amy Abbott"]
            assert "60 of 100 sessions (60.0%)" in said
            assert "Barriers out of school: Housing or homelessness." in said
            assert "EHC plan" in said
            record_lead_without_account(case, name="Nia", agency="Housing", on=ON, by=cast.officer)
            change_review_date(case, review_on=ON, on=ON, by=cast.officer)
            assert "A lead practitioner and a plan are in place." in reasons(meeting, cast.officer)["Amy Abbott"]

    def test_one_at_another_meeting_is_named_last_of_their_group(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire):
            for pupil, absent in ((cast.pupil, 80), (cast.pupils[1], 60), (cast.pupils[2], 55)):
                stand(pupil, absent=absent)
            case = open_case(cast.pupil, reason="Absent.", on=ON, by=cast.officer)
            change_other_meeting(case, other_meeting="Core group", on=ON, by=cast.officer)
            assert names(meeting, cast.officer) == ["Ben Brown", "Cora Clarke", "Amy Abbott", "Dan Dean"]
            said = reasons(meeting, cast.officer)["Amy Abbott"]
            assert "Is already discussed at another multi-agency meeting." in said
            change_other_meeting(case, other_meeting="", on=ON, by=cast.officer)
            assert names(meeting, cast.officer)[0] == "Amy Abbott"

    def test_the_agenda_fits_the_time_and_the_rest_keeps_its_reason(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            stand_at_hill(cast)
            prepared = prepare(arranged(cast, minutes=20), [cast.officer], on=ON)
            assert [item.listed.facts.name for item in prepared.agenda.items] == ["Amy Abbott", "Ben Brown"]
            assert prepared.agenda.minutes_used <= 20
            assert all("20 minutes booked" in kept.reason for kept in prepared.agenda.kept)

    def test_an_undone_action_brings_its_pupil_back_next_term(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            stand_at_hill(cast)
            before = arranged(cast)
            begin_meeting(before, by=cast.officer, at=STARTS)
            ella = cast.pupils[4]
            for pupil in (cast.pupil, ella):
                AgreedAction.objects.create(meeting=before, pupil=pupil, what="Call home", agreed_on=ON)
            end_meeting(before, by=cast.officer, at=STARTS)
            following = arranged(cast, starts_at=STARTS + dt.timedelta(days=60))
            drawn = {each.facts.name: each for each in prepare(following, [cast.officer], on=ON).listed}
            assert "1 action is undone from the last meeting." in drawn["Amy Abbott"].reasons
            assert drawn["Ella Evans"].added_because == CARRIED
            AgreedAction.objects.filter(pupil=ella).update(done_on=ON, done_by=cast.lead)
            assert "Ella Evans" not in names(following, cast.officer)

    def test_ten_times_the_pupils_take_no_more_queries(
        self, cast: Cast, meeting: Meeting, django_assert_max_num_queries: Callable[..., object]
    ) -> None:
        with in_scope(cast.eastshire):
            for number in range(40):
                stand(make_pupil(cast.hill, 100 + number, f"Pupil{number}", "Pat", "7"), absent=20)
            with django_assert_max_num_queries(8):
                assert len(prepare(meeting, [cast.officer], on=ON).listed) == 44


class TestChangingItByHand:
    def test_one_added_comes_with_the_reason_and_is_called_first(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire):
            add_to_list(meeting, cast.pupils[4], reason="Moved house", by=cast.lead, at=AT)
            drawn = {each.facts.name: each for each in prepare(meeting, [cast.lead], on=ON).listed}
            assert drawn["Ella Evans"].added_because == "Moved house"

    def test_one_dropped_stays_on_the_list_with_the_reason(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire):
            drop_from_list(meeting, cast.pupil, reason="Discussed on Monday", by=cast.lead, at=AT)
            prepared = prepare(meeting, [cast.lead], on=ON)
            assert prepared.listed[-1].facts.name == "Amy Abbott"
            assert "Discussed on Monday" in prepared.agenda.kept[-1].reason
            follow_the_rule_again(meeting, cast.pupil, by=cast.officer, at=AT)
            assert names(meeting, cast.lead)[0] == "Amy Abbott"

    def test_a_pupil_of_another_school_cannot_be_added(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire), pytest.raises(Refused, match="not on the school's roll"):
            add_to_list(meeting, cast.vale_pupils[0], reason="x", by=cast.officer, at=AT)

    def test_once_the_meeting_has_begun_the_list_stands(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire):
            begin_meeting(meeting, by=cast.officer, at=STARTS)
            with pytest.raises(Refused, match="settled"):
                drop_from_list(meeting, cast.pupil, reason="x", by=cast.officer, at=STARTS)


class TestThePages:
    @pytest.mark.parametrize("name", ["lead", "office", "trust_lead", "officer", "team_leader", "manager", "auditor"])
    def test_those_who_may_see_it(self, cast: Cast, meeting: Meeting, signed_in: SignedIn, name: str) -> None:
        page = signed_in(cast.members[name]).get(f"/meetings/{meeting.pk}/list/")
        assert page.status_code == 200
        assert "Amy Abbott" in page.content.decode()

    @pytest.mark.parametrize(
        ("name", "status"), [("stranger", 404), ("other_lead", 404), ("practitioner", 403), ("virtual_school", 403)]
    )
    def test_others_find_nothing(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn, name: str, status: int
    ) -> None:
        for page in ("", "add/", f"{cast.pupil.pk}/drop/"):
            answer = signed_in(cast.members[name]).get(f"/meetings/{meeting.pk}/list/{page}")
            assert answer.status_code == status
            assert b"Abbott" not in answer.content

    def test_looking_leaves_one_event_with_all_children(
        self, cast: Cast, meeting: Meeting, signed_in: SignedIn
    ) -> None:
        signed_in(cast.lead).get(f"/meetings/{meeting.pk}/list/")
        with in_scope(cast.eastshire):
            event = AuditEvent.objects.get(what="see_meeting_list")
            assert set(event.pupil_ids) == {pupil.pk for pupil in cast.pupils[:4]}

    def test_it_downloads_as_csv(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        text = signed_in(cast.officer).get(f"/meetings/{meeting.pk}/list/?format=csv").content.decode()
        assert "Position,UPN,Name" in text
        assert text.count("\r\n") == 5

    def test_finding_a_pupil_and_adding_them(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        lead, ella = signed_in(cast.lead), cast.pupils[4]
        where = f"/meetings/{meeting.pk}/list/add/"
        assert "Ella Evans" in lead.get(f"{where}?find=ella+ev").content.decode()
        assert "No pupil on this school" in lead.get(f"{where}?find=Finn").content.decode()
        lead.post(where, {"pupil": str(ella.pk), "reason": "Moved house"})
        with in_scope(cast.eastshire):
            assert ListChange.objects.get().reason == "Moved house"
        other = lead.post(where, {"pupil": str(cast.vale_pupils[0].pk), "reason": "x"})
        assert other.status_code == 200

    def test_taking_one_off_needs_a_reason(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        where = f"/meetings/{meeting.pk}/list/{cast.pupil.pk}/drop/"
        client = signed_in(cast.officer)
        assert "Enter the reason" in client.post(where, {"reason": ""}).content.decode()
        client.post(where, {"reason": "Discussed on Monday"})
        page = client.get(f"/meetings/{meeting.pk}/list/").content.decode()
        assert "Discussed on Monday" in page
        client.post(f"/meetings/{meeting.pk}/list/{cast.pupil.pk}/undo/")
        assert "Discussed on Monday" not in client.get(f"/meetings/{meeting.pk}/list/").content.decode()

    def test_the_office_looks_but_changes_nothing(self, cast: Cast, meeting: Meeting, signed_in: SignedIn) -> None:
        client = signed_in(cast.office)
        assert b"Take off" not in client.get(f"/meetings/{meeting.pk}/list/").content
        assert client.get(f"/meetings/{meeting.pk}/list/add/").status_code == 403

    def test_the_page_takes_a_constant_number_of_queries(
        self,
        cast: Cast,
        meeting: Meeting,
        signed_in: SignedIn,
        django_assert_max_num_queries: Callable[..., object],
    ) -> None:
        with in_scope(cast.eastshire):
            for number in range(30):
                stand(make_pupil(cast.hill, 100 + number, f"Pupil{number}", "Pat", "7"), absent=20)
        client = signed_in(cast.officer)
        with django_assert_max_num_queries(22):
            client.get(f"/meetings/{meeting.pk}/list/")


class TestBeginning:
    def test_what_was_on_the_list_is_frozen_with_its_figures(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire):
            begin_meeting(meeting, by=cast.lead, at=STARTS)
            stand(cast.pupil, absent=10, possible=200)
            first = Discussion.objects.get(meeting=meeting, position=1)
            assert first.figures["name"] == "Amy Abbott"
            assert (first.figures["missed"], first.figures["possible"]) == (60, 100)
            assert meeting.figures["severe"] == 1
            assert meeting.figures["persistent"] == 3
            assert [band["count"] for band in meeting.figures["bands"]] == [1, 1, 2, 0, 1]
            assert meeting.as_at == ON

    def test_a_restricted_child_counts_in_the_totals_and_comes_last(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire):
            cast.pupil.is_restricted = True
            cast.pupil.save()
            PupilAccess.objects.create(pupil=cast.pupil, membership=cast.officer, reason="Named", from_on=ON)
            begin_meeting(meeting, by=cast.lead, at=STARTS)
            assert meeting.figures["severe"] == 1
            assert Discussion.objects.get(pupil=cast.pupil).position == 4
            seen = Discussion.objects.visible_to(cast.lead).filter(meeting=meeting)
            assert list(seen.values_list("position", flat=True)) == [1, 2, 3]

    def test_those_expected_are_filled_in_as_attendees(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire):
            begin_meeting(meeting, by=cast.officer, at=STARTS)
            present = list(meeting.attendees.values_list("name", "organisation"))
            assert present[0] == ("Olive Frost", "Eastshire attendance service")
            assert {name for name, _ in present} == {"Olive Frost", "Layla Hart", "Tariq Lowe"}

    def test_it_begins_once(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire):
            begin_meeting(meeting, by=cast.officer, at=STARTS)
            with pytest.raises(Refused, match="begun already"):
                begin_meeting(meeting, by=cast.lead, at=STARTS)

    def test_the_terms_and_weeks_come_from_the_registers(self, cast: Cast, meeting: Meeting) -> None:
        with in_scope(cast.eastshire):
            _register(cast, present=40, absent=20)
            begin_meeting(meeting, by=cast.officer, at=STARTS)
            terms = meeting.figures["terms"]
            assert [term["label"] for term in terms] == ["Autumn 2026/27"]
            assert terms[0]["attendance"] == "66.7%"
            first = Discussion.objects.get(meeting=meeting, position=1)
            assert sum(attended for _, attended, _ in first.figures["weeks"]) == 40


def _register(cast: Cast, *, present: int, absent: int) -> None:
    """Amy's marks from Monday 7 September 2026, weekends left out."""
    from_codes = ["/"] * present + ["O"] * absent
    marks = bytearray(WIDTH)
    day = dt.date(2026, 9, 7)
    while from_codes:
        if day.weekday() < 5:
            for half in (0, 1):
                marks[column_of(day, half)] = number_of(from_codes.pop(0))
        day += dt.timedelta(days=1)
    Register.objects.create(
        enrolment=Enrolment.objects.get(pupil=cast.pupil),
        school=cast.hill,
        year=2026,
        year_group="7",
        marks=bytes(marks),
    )
