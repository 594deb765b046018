"""Who works on a case beside its lead: invited, for as long as that stands; and what a partner sees of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from attendance_portal.front.staff.actions import deactivate_staff
from attendance_portal.models import AuditEvent, Membership, Message
from attendance_portal.refusals import Refused
from casework import actions
from casework.models import Case, CaseInvitation, PlanAction
from casework.owners import of_theirs
from casework.people import may_be_invited, may_decide, may_write
from schools.children.restrictions import lift_restriction, restrict_record
from schools.models import PupilAccess
from tests.casework.plans import agreed
from tests.cast import ON, Cast, in_scope, make_member
from tests.schools.stored import AT

SignedIn = Callable[[Membership], Client]
OUTCOME = Case.Outcome.values[0]


@pytest.fixture
def case(cast: Cast) -> Case:
    with in_scope(cast.eastshire):
        return actions.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)


@pytest.fixture
def invitation(cast: Cast, case: Case) -> CaseInvitation:
    with in_scope(cast.eastshire):
        return actions.invite(case, member=cast.practitioner, why="Knows the family.", on=ON, by=cast.officer)


def sees(member: Membership) -> bool:
    return Case.objects.visible_to(member).exists()


def lead_by(case: Case, member: Membership, by: Membership) -> None:
    actions.ask_to_lead(case, lead=member, on=ON, by=by)
    actions.accept_lead(case, on=ON, by=member)


class TestWhatAPartnerSees:
    """Each in the scope of Eastshire, where the partner sees a case only while working on it."""

    def test_invited_they_see_and_write_and_decide_nothing(self, cast: Cast, invitation: CaseInvitation) -> None:
        with in_scope(cast.eastshire):
            assert sees(cast.practitioner)
            assert may_write(invitation.case, cast.practitioner) and not may_decide(invitation.case, cast.practitioner)
            words = "Priya Nash was invited to work on the case: Knows the family."
            assert invitation.case.entries.get(words=words).by == cast.officer

    def test_no_longer_invited_they_see_nothing(self, cast: Cast, invitation: CaseInvitation) -> None:
        with in_scope(cast.eastshire):
            actions.end_invitation(invitation, on=ON, by=cast.officer)
            assert not sees(cast.practitioner)
            assert not PupilAccess.objects.filter(until_on=None).exists()
            with pytest.raises(Refused, match="ended already"):
                actions.end_invitation(invitation, on=ON, by=cast.officer)

    def test_the_child_whom_they_may_see_for_another_reason_stays_and_the_case_does_not(
        self, cast: Cast, invitation: CaseInvitation
    ) -> None:
        with in_scope(cast.eastshire):
            PupilAccess.objects.create(pupil=cast.pupil, membership=cast.practitioner, reason="Plan", from_on=ON)
            actions.end_invitation(invitation, on=ON, by=cast.officer)
            assert PupilAccess.objects.on(ON).get(membership=cast.practitioner).reason == "Plan"
            assert not sees(cast.practitioner)

    def test_who_has_led_before_does_not_see_the_child_s_next_case(self, cast: Cast, case: Case) -> None:
        with in_scope(cast.eastshire):
            lead_by(case, cast.practitioner, cast.officer)
            lead_by(case, cast.lead, cast.practitioner)
            assert not sees(cast.practitioner) and not may_write(case, cast.practitioner)
            PupilAccess.objects.create(pupil=cast.pupil, membership=cast.practitioner, reason="Plan", from_on=ON)
            assert not sees(cast.practitioner)

    def test_a_partner_who_holds_a_case_sees_it_until_another_holds_it(self, cast: Cast, case: Case) -> None:
        with in_scope(cast.eastshire):
            actions.hand_over_case(case, holder=cast.practitioner, on=ON, by=cast.officer)
            assert sees(cast.practitioner) and may_decide(case, cast.practitioner)
            actions.hand_over_case(case, holder=cast.officer, on=ON, by=cast.officer)
            assert not sees(cast.practitioner)

    def test_closing_ends_every_invitation_and_opening_again_restores_none(
        self, cast: Cast, invitation: CaseInvitation
    ) -> None:
        case = invitation.case
        with in_scope(cast.eastshire):
            actions.close_case(case, outcome=OUTCOME, reason="Back in school.", on=ON, by=cast.officer)
            assert not sees(cast.practitioner)
            actions.reopen_case(case, reason="Absent again.", on=ON, by=cast.officer)
            assert not sees(cast.practitioner)
            assert not CaseInvitation.objects.standing().exists()
            actions.invite(case, member=cast.practitioner, why="Again.", on=ON, by=cast.officer)
            assert sees(cast.practitioner)

    def test_who_comes_to_lead_is_invited_no_longer_and_leaves_with_the_lead(
        self, cast: Cast, invitation: CaseInvitation
    ) -> None:
        case = invitation.case
        with in_scope(cast.eastshire):
            lead_by(case, cast.practitioner, cast.officer)
            assert not CaseInvitation.objects.standing().exists()
            lead_by(case, cast.lead, cast.practitioner)
            assert not sees(cast.practitioner)

    def test_what_they_were_to_do_by_the_plan_is_the_holder_s_to_do_once_they_see_it_no_more(
        self, cast: Cast, invitation: CaseInvitation
    ) -> None:
        case = invitation.case
        with in_scope(cast.eastshire):
            plan = agreed(case, cast.officer)
            PlanAction.objects.filter(plan=plan).update(owner=cast.practitioner, agency="Family Support")
            actions.hand_over_case(case, holder=cast.team_leader, on=ON, by=cast.officer)
            assert PlanAction.objects.to_do().get().owner == cast.practitioner  # who is invited goes on
            actions.end_invitation(invitation, on=ON, by=cast.officer)
            one = PlanAction.objects.to_do().filter(of_theirs(cast.team_leader)).get()
            assert (one.owner, one.agency) == (cast.team_leader, cast.team_leader.organisation)
            told = "Priya Nash works on the case no longer, so Tom Leigh is to do this: Meet Amy at the gate"
            assert case.entries.filter(words=told, source="Plan").exists()

    def test_whoever_leaves_the_service_is_invited_no_longer(self, cast: Cast, invitation: CaseInvitation) -> None:
        with in_scope(cast.eastshire):
            deactivate_staff(cast.practitioner, to=None, holder=None, by=cast.admin, on=ON, at=AT)
            assert not CaseInvitation.objects.standing().exists()
            assert invitation.case.entries.filter(words="Priya Nash works on the case no longer.").exists()


@pytest.mark.parametrize("holds", [True, False], ids=["holds the record", "does not"])
def test_sight_of_a_restricted_child_is_given_by_those_alone_who_hold_the_record(
    cast: Cast, case: Case, holds: bool
) -> None:
    with in_scope(cast.eastshire):
        keeper = cast.team_leader
        by = keeper if holds else cast.officer
        restrict_record(cast.pupil, kind="other", reason="Risk", holders=[keeper], by=keeper, on=ON)
        case = Case.objects.get()
        actions.invite(case, member=cast.practitioner, why="Knows Amy.", on=ON, by=by)
        assert sees(cast.practitioner) is holds
        lift_restriction(case.pupil, reason="No risk.", by=keeper, on=ON)
        assert sees(cast.practitioner)


def test_who_works_on_the_case_already_cannot_be_invited(cast: Cast, invitation: CaseInvitation) -> None:
    case = invitation.case
    with in_scope(cast.eastshire):
        lead_by(case, cast.lead, cast.officer)
        for member in (cast.practitioner, cast.lead):
            assert member not in may_be_invited(case, on=ON)
            with pytest.raises(Refused, match="already"):
                actions.invite(case, member=member, why="x", on=ON, by=cast.officer)


def test_a_note_goes_with_a_handover_and_asking_can_be_taken_back(cast: Cast, case: Case) -> None:
    with in_scope(cast.eastshire):
        actions.ask_to_lead(case, lead=cast.practitioner, note="Call after six.", on=ON, by=cast.officer)
        assert case.entries.filter(words="Priya Nash was asked to lead the case. Call after six.").exists()
        actions.take_back_asking(case, on=ON, by=cast.officer)
        assert not sees(cast.practitioner) and Case.objects.get().proposed_note == ""
        with pytest.raises(Refused, match="Nobody is asked"):
            actions.take_back_asking(case, on=ON, by=cast.officer)
        with pytest.raises(Refused, match="not asked"):
            actions.accept_lead(case, on=ON, by=cast.practitioner)


class TestThePages:
    def test_the_case_names_everyone_who_works_on_it_with_agency_and_since_when(
        self, cast: Cast, invitation: CaseInvitation, signed_in: SignedIn
    ) -> None:
        page = signed_in(cast.officer).get(f"/cases/{invitation.case_id}/").content.decode()
        part = page.split("Who works on this case</h2>")[1].split("</section>")[0]
        for words in (
            "Olive Frost",
            "Eastshire attendance service",
            "Priya Nash",
            "Family Support",
            "20 November 2026",
        ):
            assert words in part
        assert "Knows the family." in part and "Invite somebody" in part

    def test_invited_in_the_browser_they_write_and_may_leave(self, cast: Cast, case: Case, signed_in: SignedIn) -> None:
        officer, partner, where = signed_in(cast.officer), signed_in(cast.practitioner), f"/cases/{case.pk}/"
        assert partner.get(where).status_code == 404
        officer.post(f"{where}invite/", {"invited": str(cast.practitioner.pk), "why": "Knows the family."})
        page = partner.get(where).content.decode()
        assert "Write what happened" in page and "Close the case" not in page and "Invite somebody" not in page
        assert "Amy Abbott" in partner.get("/cases/").content.decode()
        for shut in ("invite/", "lead/", "lead/take-back/", "close/", "reopen/"):
            assert partner.get(f"{where}{shut}").status_code == 403, shut
        with in_scope(cast.eastshire):
            end = f"{where}invited/{CaseInvitation.objects.get().pk}/end/"
            letter = Message.objects.get(to_email="practitioner@partner.example")
            assert "Amy" not in letter.subject + letter.body
        assert "Stop working on this case?" in partner.get(end).content.decode()
        assert partner.post(end)["Location"] == "/cases/"
        assert partner.get(where).status_code == 404
        assert officer.post(end).status_code == 409

    def test_a_handover_needs_a_note_which_whoever_is_asked_reads(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        officer, where = signed_in(cast.officer), f"/cases/{case.pk}/"
        asked = {"who": "account", "lead": str(cast.practitioner.pk)}
        nia = {"who": "name", "lead_name": "Nia Oak", "lead_agency": "Housing"}
        assert "Enter the day on which they agreed" in officer.post(f"{where}lead/", nia).content.decode()
        nia |= {"agreed_on_day": "19", "agreed_on_month": "11", "agreed_on_year": "2026"}
        officer.post(f"{where}lead/", nia)
        page = officer.post(f"{where}lead/", asked).content.decode()
        assert "Enter what they should know to take the case over" in page
        officer.post(f"{where}lead/", {**asked, "note": "Call after six."})
        partner = signed_in(cast.practitioner)
        assert "Call after six." in partner.get(f"{where}lead/answer/").content.decode()
        assert "Take back asking Priya Nash" in officer.get(f"{where}lead/take-back/").content.decode()
        officer.post(f"{where}lead/take-back/")
        assert partner.get(f"{where}lead/answer/").status_code == 404

    def test_nobody_leads_in_place_of_another_without_having_agreed_and_a_note_and_who_led_is_told(
        self, cast: Cast, case: Case, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            lead_by(case, cast.practitioner, cast.officer)
        officer, where = signed_in(cast.officer), f"/cases/{case.pk}/lead/"
        nia = {"who": "name", "lead_name": "Nia Oak", "agreed_on_day": "19", "agreed_on_month": "11"}
        nia |= {"agreed_on_year": "2026"}
        assert "Enter why they take over" in officer.post(where, nia).content.decode()
        officer.post(where, nia | {"lead_note": "Priya is on leave."})
        with in_scope(cast.eastshire):
            words = "Nia Oak is the lead practitioner. Nia Oak agreed to it on 19 November 2026. Priya is on leave."
            assert case.entries.latest("pk").words == words
            told = Message.objects.get(to_email=cast.practitioner.user.email, subject__startswith="Somebody else leads")
            assert cast.pupil.surname not in told.body

    @pytest.mark.parametrize(
        ("name", "status"),
        [("stranger", 404), ("other_lead", 404), ("virtual_school", 404), ("office", 403), ("auditor", 403)],
    )
    def test_others_neither_invite_nor_end(
        self, cast: Cast, invitation: CaseInvitation, signed_in: SignedIn, name: str, status: int
    ) -> None:
        client, where = signed_in(cast.members[name]), f"/cases/{invitation.case_id}/"
        for page in ("invite/", f"invited/{invitation.pk}/end/", "lead/take-back/"):
            assert client.get(f"{where}{page}").status_code == status, page
            assert client.post(f"{where}{page}").status_code == status, page
        with in_scope(cast.eastshire):
            assert CaseInvitation.objects.standing().count() == 1

    def test_another_partner_finds_nothing_anywhere(
        self, cast: Cast, invitation: CaseInvitation, signed_in: SignedIn
    ) -> None:
        with in_scope(cast.eastshire):
            other = make_member(cast.eastshire, "other@partner.example", "Otto Neal", "practitioner", "Housing")
        client = signed_in(other)
        for page in ("/", "/cases/", "/cases/?all=1", "/cases/?all=1&format=csv", "/queues/", "/queues/?format=csv",
                     "/find/?q=abbott"):  # fmt: skip
            assert b"Abbott" not in client.get(page).content, page
        for page in ("", "entry/", "invite/", f"invited/{invitation.pk}/end/"):
            assert client.get(f"/cases/{invitation.case_id}/{page}").status_code == 404, page
        assert client.get(f"/pupils/{cast.pupil.pk}/").status_code == 404

    def test_a_session_does_not_open_the_api_and_the_api_tells_of_no_case(
        self, cast: Cast, invitation: CaseInvitation, signed_in: SignedIn
    ) -> None:
        client = signed_in(cast.practitioner)
        assert client.get("/api/v1/pupils").status_code == 401
        description = Client().get("/api/v1/openapi.json").content.decode()
        assert "/marks" in description and "/cases" not in description and "invitation" not in description

    def test_each_leaves_an_event_of_the_child(self, cast: Cast, invitation: CaseInvitation) -> None:
        with in_scope(cast.eastshire):
            actions.end_invitation(invitation, on=ON, by=cast.officer)
            told = AuditEvent.objects.about_pupil(cast.pupil.pk).values_list("what", flat=True)
            assert {"invite", "end_invitation"} <= set(told)
