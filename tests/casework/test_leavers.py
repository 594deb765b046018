"""People who leave, are away or change their school: what becomes of the cases that they held, led or helped in."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attendance_portal.front.staff.actions import deactivate_staff
from attendance_portal.front.staff.holdings import colleagues, holdings_of, needed_of_cover
from attendance_portal.models import AuditEvent, Membership, Message
from attendance_portal.refusals import Refused
from attendance_portal.roles import Role
from casework import actions, queues
from casework.actions import referrals as referring
from casework.actions.directory import add_service_member
from casework.models import Case, PlanAction, Service, ServiceMember
from casework.owners import may_settle
from casework.rule_board import promise
from schools.children.record_links import judge_records
from schools.children.restrictions import restrict_record
from schools.models import Circumstance, Enrolment, Pupil, PupilAccess
from tests.casework.plans import agreed
from tests.casework.test_directory import service
from tests.cast import ON, Cast, in_scope, make_member
from tests.schools.stored import AT
from tests.tsm.meetings import stand

SignedIn = Callable[[Membership], Client]
OUTCOME = Case.Outcome.values[0]


@pytest.fixture
def case(cast: Cast) -> Case:
    """Amy's, held by the officer and led by the partner."""
    with in_scope(cast.eastshire):
        made = actions.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)
        lead_by(made, cast.practitioner, cast.officer)
    return made


@pytest.fixture
def other_partner(cast: Cast) -> Membership:
    return make_member(cast.eastshire, "other@partner.example", "Otto Neal", Role.PRACTITIONER, "Family Support")


def lead_by(case: Case, member: Membership, by: Membership) -> None:
    actions.ask_to_lead(case, lead=member, on=ON, by=by)
    actions.accept_lead(case, on=ON, by=member)


def gone(member: Membership) -> None:
    """They left by a way that asked nobody, as accounts closed long ago did."""
    Membership.objects.filter(pk=member.pk).update(deactivated_at=AT)


def leaves(cast: Cast, member: Membership, to: Membership | None) -> None:
    member.refresh_from_db()
    deactivate_staff(member, to=to, by=cast.admin, on=ON, at=AT)


def lines(case: Case) -> list[str]:
    return list(case.entries.order_by("pk").values_list("words", flat=True))


def sees(member: Membership, case: Case) -> bool:
    child = Pupil.objects.visible_to(member).filter(pk=case.pupil_id).exists()
    assert Case.objects.visible_to(member).filter(pk=case.pk).exists() is child
    return child


def nobody_leads(member: Membership) -> bool:
    """As the queue has it."""
    found = queues.open_cases(member).filter(queues.conditions(member, days=28)["unallocated"])
    return bool(found.exists())


class TestWhoLeads:
    def test_one_who_has_left_leads_nothing_on_board_queue_and_case(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            stand(cast.pupil, absent=80, severe=True, persistent=True)
            assert (promise(cast.officer).severe, promise(cast.officer).lead_alone) == (1, 1)
            assert not nobody_leads(cast.officer)
            gone(cast.practitioner)
            assert promise(cast.officer).lead_alone == 0 and nobody_leads(cast.officer)
            assert not Case.objects.get().has_lead
        officer = signed_in(cast.officer)
        assert b"Amy Abbott" in officer.get("/rule-board/severe-no-lead/").content
        assert b"Without a lead practitioner" in officer.get("/").content
        assert b"(has left)" in officer.get(f"/cases/{case.pk}/").content

    def test_an_account_that_was_closed_everywhere_leads_nothing_either(self, cast: Cast, case: Case) -> None:
        with in_scope(cast.eastshire):
            type(cast.practitioner.user).objects.filter(pk=cast.practitioner.user_id).update(is_active=False)
            assert nobody_leads(cast.officer) and not Case.objects.get().has_lead

    def test_a_named_person_without_an_account_leads(self, cast: Cast, case: Case) -> None:
        with in_scope(cast.eastshire):
            actions.record_lead_without_account(case, name="Nia Oak", agency="Housing", on=ON, by=cast.officer)
            assert not nobody_leads(cast.officer) and case.has_lead


class TestLeaving:
    def test_the_lead_ends_that_day_and_whoever_takes_over_is_asked(
        self, cast: Cast, case: Case, other_partner: Membership
    ) -> None:
        with in_scope(cast.eastshire):
            leaves(cast, cast.practitioner, other_partner)
            case = Case.objects.get()
            assert (case.lead_practitioner, case.proposed_lead, case.holder) == (None, other_partner, cast.officer)
            assert nobody_leads(cast.officer)
            assert "Priya Nash, who led the case, has left. Nobody leads it until somebody accepts." in lines(case)
            assert not PupilAccess.objects.filter(membership=cast.practitioner, until_on=None).exists()
            done = set(AuditEvent.objects.about_pupil(cast.pupil.pk).values_list("what", flat=True))
            assert {"lead_ends", "ask_to_lead", "accept_lead"} <= done
            actions.accept_lead(case, on=ON, by=other_partner)
            assert not nobody_leads(cast.officer)

    def test_who_was_asked_already_is_asked_still_and_who_was_asked_and_leaves_is_not(
        self, cast: Cast, case: Case, other_partner: Membership
    ) -> None:
        with in_scope(cast.eastshire):
            actions.ask_to_lead(case, lead=cast.lead, note="Call after six.", on=ON, by=cast.officer)
            leaves(cast, cast.practitioner, other_partner)
            case = Case.objects.get()
            assert (case.lead_practitioner, case.proposed_lead) == (None, cast.lead)
            leaves(cast, cast.lead, cast.trust_lead)
            case = Case.objects.get()
            assert (case.proposed_lead, case.proposed_note) == (cast.trust_lead, "Call after six.")
            actions.accept_lead(case, on=ON, by=cast.trust_lead)
            actions.ask_to_lead(case, lead=cast.officer, on=ON, by=cast.trust_lead)
            leaves(cast, cast.officer, cast.team_leader)
            case = Case.objects.get()
            assert (case.lead_practitioner, case.holder) == (cast.trust_lead, cast.team_leader)
            assert case.proposed_lead == cast.team_leader

    def test_who_leads_already_is_not_asked_again_and_nobody_who_left_stays_asked(
        self, cast: Cast, case: Case, other_partner: Membership
    ) -> None:
        with in_scope(cast.eastshire):
            actions.ask_to_lead(case, lead=other_partner, on=ON, by=cast.officer)
            leaves(cast, other_partner, cast.practitioner)
            case = Case.objects.get()
            assert (case.lead_practitioner, case.proposed_lead) == (cast.practitioner, None)

    def test_actions_of_plans_go_to_who_works_on_the_case_and_else_to_its_holder(
        self, cast: Cast, case: Case, other_partner: Membership
    ) -> None:
        with in_scope(cast.eastshire):
            plan = agreed(case, cast.officer)
            PlanAction.objects.filter(plan=plan).update(owner=cast.practitioner)
            held = holdings_of(cast.practitioner, on=ON)
            assert held.counts["Actions in plans not yet done"] == 1
            leaves(cast, cast.practitioner, other_partner)  # asked to lead, and working on the case no more than that
            assert PlanAction.objects.get(plan=plan).owner == cast.officer
            words = "Priya Nash has left, so Olive Frost is to do this: Meet Amy at the gate"
            assert words in lines(case)
            leaves(cast, cast.officer, cast.team_leader)
            told = AuditEvent.objects.filter(what="hand_on_plan_actions").latest("pk")
            assert told.words == "1 action in plans of Olive Frost is now somebody else's to do."
            one = PlanAction.objects.get(plan=plan)
            assert (one.owner, one.agency) == (cast.team_leader, cast.team_leader.organisation)
            assert AuditEvent.objects.filter(what="hand_on_plan_actions").count() == 2

    def test_nobody_leaves_a_service_behind_and_where_nobody_takes_over_the_holder_does_a_plan_s_actions(
        self, cast: Cast, case: Case
    ) -> None:
        with in_scope(cast.eastshire):
            service(cast, "Warm Homes", cast.virtual_school)
            with pytest.raises(Refused, match="Choose who takes it over"):
                leaves(cast, cast.virtual_school, None)
            plan = agreed(case, cast.officer)
            PlanAction.objects.filter(plan=plan).update(owner=cast.lead)
            leaves(cast, cast.lead, None)
            assert PlanAction.objects.get(plan=plan).owner == cast.officer

    def test_duty_for_a_service_is_taken_over_and_what_others_answer_for_too_is_left_to_them(
        self, cast: Cast, case: Case, other_partner: Membership
    ) -> None:
        with in_scope(cast.eastshire):
            homes, shared = service(cast, "Warm Homes", cast.practitioner), service(cast, "Shared", cast.officer)
            add_service_member(shared, person=cast.practitioner, is_duty=False, on=ON, by=cast.admin)
            sent = referring.refer_child(cast.pupils[1], service=homes, reason="Damp.", on=ON, by=cast.lead)
            label = "Services they are on duty for, or answer for alone"
            assert holdings_of(cast.practitioner, on=ON).counts[label] == 1
            Case.objects.filter(pk=case.pk).update(holder=cast.practitioner)
            with CaptureQueriesContext(connection) as queries:
                leaves(cast, cast.practitioner, other_partner)
            locked = [one["sql"] for one in queries if re.search("FOR (NO KEY )?UPDATE", one["sql"])]
            of_service, of_case = ('FROM "casework_service"', 'FROM "casework_case"')
            kinds = [kind for sql in locked for kind in (of_service, of_case) if kind in sql]
            # As whoever refers a child does: the other way round two at one moment wait for each other.
            assert kinds == sorted(kinds, reverse=True) and set(kinds) == {of_service, of_case}
            standing = ServiceMember.objects.standing()
            assert [one.membership for one in standing.filter(service=homes, is_duty=True)] == [other_partner]
            assert [one.membership for one in standing.filter(service=shared)] == [cast.officer]
            assert Service.objects.of(other_partner).get() == homes
            assert referring.accept_referral(sent, answer="", on=ON, by=other_partner).holder == other_partner

    def test_the_case_of_a_restricted_child_goes_to_who_holds_the_record_and_opens_it_to_nobody(
        self, cast: Cast, case: Case
    ) -> None:
        """The administrator who ends the account holds the record, and does not come to give sight of it by that."""
        second = make_member(cast.eastshire, "second@eastshire.example", "Sally Ford", Role.OFFICER, "Eastshire")
        with in_scope(cast.eastshire):
            holders = [cast.officer, cast.admin, cast.team_leader]
            restrict_record(cast.pupil, kind="other", reason="Risk", holders=holders, by=cast.team_leader, on=ON)
            leaves(cast, cast.officer, second)
            assert Case.objects.get().holder == cast.team_leader and sees(cast.team_leader, case)
            assert not sees(second, case)
            assert Message.objects.filter(
                to_email=cast.team_leader.user.email, subject__contains="hold a case"
            ).exists()


class TestOpenedAgain:
    def closed(self, case: Case, by: Membership) -> Case:
        actions.close_case(case, outcome=OUTCOME, reason="Back in school.", on=ON, by=by)
        return Case.objects.get()

    def test_it_goes_back_to_nobody_who_has_left(self, cast: Cast, case: Case) -> None:
        with in_scope(cast.eastshire):
            case = self.closed(case, cast.officer)
            gone(cast.officer)
            gone(cast.practitioner)
            actions.reopen_case(case, reason="Absent again.", on=ON, by=cast.team_leader)
            case = Case.objects.get()
            assert (case.holder, case.lead_practitioner, case.has_lead) == (cast.team_leader, None, False)
            assert lines(case)[-4:] == [
                "Case opened again. Absent again.",
                "Olive Frost, who held the case, has left.",
                "Tom Leigh holds the case.",
                "Priya Nash, who led the case, has left. Nobody leads it until somebody accepts.",
            ]
            for left in (cast.officer, cast.practitioner):
                assert not PupilAccess.objects.filter(membership=left, until_on=None).exists()

    def test_it_goes_back_to_no_lead_of_a_school_that_the_child_left(self, cast: Cast, case: Case) -> None:
        with in_scope(cast.eastshire):
            lead_by(case, cast.lead, cast.practitioner)
            actions.hand_over_case(case, holder=cast.lead, on=ON, by=cast.officer)
            case = self.closed(case, cast.officer)
            Enrolment.objects.filter(pupil=cast.pupil).update(school=cast.vale)
            actions.reopen_case(case, reason="Absent again.", on=ON, by=cast.other_lead)
            case = Case.objects.get()
            assert (case.holder, case.lead_practitioner) == (cast.other_lead, None)
            assert sees(cast.other_lead, case) and not sees(cast.lead, case)
            assert lines(case)[-3] == f"{cast.lead.name}, who held the case, is no longer at a school of the child’s."
            assert f"{cast.lead.name}, who led the case, is no longer at a school of the child’s." in lines(case)[-1]

    def test_it_goes_back_to_the_lead_of_a_school_at_whose_roll_another_record_of_the_child_is(
        self, cast: Cast, case: Case
    ) -> None:
        with in_scope(cast.eastshire):
            lead_by(case, cast.lead, cast.practitioner)
            case = self.closed(case, cast.officer)
            Enrolment.objects.filter(pupil=cast.pupil).update(school=cast.vale)
            judge_records(cast.pupil, cast.pupils[1], verdict="same", evidence="", reason="So", by=cast.officer, at=AT)
            actions.reopen_case(case, reason="Absent again.", on=ON, by=cast.other_lead)
            assert Case.objects.get().lead_practitioner == cast.lead

    def test_those_who_still_work_here_return(self, cast: Cast, case: Case) -> None:
        with in_scope(cast.eastshire):
            case = self.closed(case, cast.officer)
            actions.reopen_case(case, reason="Absent again.", on=ON, by=cast.team_leader)
            assert (case.holder, case.lead_practitioner) == (cast.officer, cast.practitioner)
            assert sees(cast.practitioner, case)


class TestWhoHoldsSees:
    @pytest.mark.parametrize("name", ["other_lead", "virtual_school", "practitioner"])
    def test_for_as_long_as_they_hold_it(self, cast: Cast, name: str) -> None:
        member = cast.members[name]
        with in_scope(cast.eastshire):
            case = actions.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)
            assert not sees(member, case)
            actions.hand_over_case(case, holder=member, on=ON, by=cast.officer)
            assert sees(member, case)
            actions.hand_over_case(case, holder=cast.officer, on=ON, by=member)
            assert not sees(member, case)
            actions.hand_over_case(case, holder=member, on=ON, by=cast.officer)
            actions.close_case(case, outcome=OUTCOME, reason="Back.", on=ON, by=member)
            assert not sees(member, case)

    def test_whoever_opened_it_sees_it_after_the_child_has_left_their_school_or_cohort(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            amy, ben = cast.pupils[:2]
            in_need = Circumstance.objects.create(pupil=ben, kind="child-in-need", from_on=ON, source="List")
            by_lead = actions.open_case(amy, reason="x", on=ON, by=cast.lead)
            by_virtual_school = actions.open_case(ben, reason="x", on=ON, by=cast.virtual_school)
            Enrolment.objects.filter(pupil=amy).update(school=cast.vale)
            in_need.delete()
            assert sees(cast.lead, by_lead) and sees(cast.virtual_school, by_virtual_school)
            assert not sees(cast.office, by_lead)

    def test_a_restricted_record_is_opened_by_holding_to_nobody(self, cast: Cast, case: Case) -> None:
        with in_scope(cast.eastshire):
            keeper = cast.team_leader
            restrict_record(cast.pupil, kind="other", reason="Risk", holders=[keeper], by=keeper, on=ON)
            case = Case.objects.get()
            actions.hand_over_case(case, holder=cast.other_lead, on=ON, by=keeper)
            assert not sees(cast.other_lead, case) and not sees(cast.officer, case) and sees(keeper, case)


class TestCovering:
    @pytest.mark.parametrize(
        ("name", "may"), [("auditor", False), ("manager", False), ("legal", False), ("officer", True)]
    )
    def test_no_role_that_reads_cases_writes_by_standing_in(
        self, cast: Cast, case: Case, signed_in: SignedIn, name: str, may: bool
    ) -> None:
        cover = cast.members[name]
        Membership.objects.filter(pk=cast.practitioner.pk).update(away_from=ON, covered_by=cover)
        with in_scope(cast.eastshire):
            plan = agreed(case, cast.officer)
            action = add_action(plan.pk, cast.practitioner)
            assert may_settle(action, cover) is may
        answer = signed_in(cover).post(f"/plans/actions/{action.pk}/", {"became": "done", "outcome": "Done."})
        assert answer.status_code == (302 if may else 403)
        with in_scope(cast.eastshire):
            action.refresh_from_db()
            assert bool(action.done_on) is may

    def test_who_cannot_work_on_cases_is_not_offered_to_stand_in_for_who_does(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            offered = colleagues(cast.practitioner, on=ON, needs=needed_of_cover(cast.practitioner))
            assert cast.officer in offered and cast.virtual_school in offered
            assert not {cast.auditor, cast.manager, cast.legal, cast.admin} & set(offered)
            assert cast.office in colleagues(cast.lead, on=ON, needs=needed_of_cover(cast.lead))


def add_action(plan_pk: object, owner: Membership) -> PlanAction:
    PlanAction.objects.filter(plan=plan_pk).update(owner=owner)
    one: PlanAction = PlanAction.objects.select_related("plan__case", "owner").get(plan=plan_pk)
    return one


class TestMinutes:
    def test_who_left_between_the_meeting_and_its_minutes_comes_to_hold_and_lead_nothing(self, cast: Cast) -> None:
        with in_scope(cast.eastshire):
            for left in (cast.officer, cast.practitioner):
                gone(left)
                left.refresh_from_db()
            minuted = actions.Minuted(reason="Severely absent.", words="", holder=cast.officer, lead=cast.practitioner)
            case = actions.update_case_from_minutes(cast.pupil, minuted, on=ON, by=cast.team_leader, source="Meeting")
            assert (case.holder, case.lead_practitioner, case.proposed_lead) == (cast.team_leader, None, None)
            assert "Priya Nash, who was to lead the case, has left or may not lead cases." in lines(case)
            minuted = actions.Minuted(reason="x", words="", holder=cast.officer, lead=cast.legal)
            actions.update_case_from_minutes(cast.pupil, minuted, on=ON, by=cast.legal, source="Meeting")
            assert Case.objects.get().lead_practitioner is None


class TestReferrals:
    def test_whoever_made_one_and_sees_the_child_no_more_finds_no_form_to_take_it_back(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            homes = service(cast, "Warm Homes", cast.lead)
            made = referring.refer_child(cast.pupil, service=homes, reason="Damp.", on=ON, by=cast.lead)
            Enrolment.objects.filter(pupil=cast.pupil).update(school=cast.vale)
        address = f"/referrals/{made.pk}/withdraw/"
        assert signed_in(cast.lead).get(address).status_code == 404
        assert signed_in(cast.lead).post(address, {"reason": "x"}).status_code == 404
        assert signed_in(cast.officer).get(address).status_code == 200
