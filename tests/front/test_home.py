"""The home page: what needs each person first, and nothing that is not theirs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from attendance_portal.models import AuditEvent, Invitation, Membership
from casework.models import Case
from schools.models import Pupil, PupilAccess, SchoolMembership, Standing, Upload
from tests.cast import ON, Cast, in_scope, make_pupil
from tests.front.changed import moved
from tests.tsm.meetings import AT, STARTS, arranged, ended, stand, stand_at_hill
from tsm.models import AgreedAction, Meeting

SignedIn = Callable[[Membership], Client]
ROLES = [
    "lead",
    "office",
    "trust_lead",
    "officer",
    "team_leader",
    "legal",
    "virtual_school",
    "manager",
    "auditor",
    "admin",
    "practitioner",
]


@pytest.fixture
def in_eastshire(cast: Cast) -> Iterator[None]:
    with in_scope(cast.eastshire):
        yield


def page(signed_in: SignedIn, member: Membership) -> str:
    response = signed_in(member).get("/")
    assert response.status_code == 200
    return response.content.decode()


def upload(cast: Cast, stage: str, name: str = "autumn.csv", **others: object) -> Upload:
    values = {"school": cast.hill, "file_name": name, "stored_as": "x", "size": 10, "sha256": "0" * 64, "stage": stage}
    made: Upload = Upload.objects.create(**(values | others))
    return made


def action(
    cast: Cast, meeting: Meeting, owner: Membership | None, what: str, due_on: dt.date, **others: object
) -> None:
    AgreedAction.objects.create(
        meeting=meeting, owner=owner, what=what, due_on=due_on, agreed_on=ON, side="school", **others
    )


def open_case(cast: Cast, holder: Membership, review_on: dt.date | None = None, **others: object) -> Case:
    values = {"pupil": cast.pupil, "reason": "Absence", "review_on": review_on, "opened_on": ON}
    made: Case = Case.objects.create(**(values | {"holder": holder, "opened_by": holder} | others))
    return made


@pytest.mark.usefixtures("in_eastshire")
class TestEveryone:
    @pytest.mark.parametrize("name", ROLES)
    def test_the_page_is_there_with_nothing_to_do(self, cast: Cast, signed_in: SignedIn, name: str) -> None:
        assert "What needs you" in page(signed_in, cast.members[name])

    def test_who_is_signed_out_is_sent_to_sign_in(self, cast: Cast, client: Client) -> None:
        response = client.get("/")
        assert response.status_code == 302
        assert "login" in response["Location"]

    @pytest.mark.parametrize("name", ["lead", "officer", "team_leader", "manager", "virtual_school", "auditor"])
    def test_the_number_of_queries_does_not_grow(
        self, cast: Cast, signed_in: SignedIn, name: str, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        meeting = ended(cast)
        client = signed_in(cast.members[name])
        _work(cast, meeting, cast.pupils[:1])
        with django_assert_max_num_queries(60) as few:
            client.get("/")
        _work(cast, meeting, [make_pupil(cast.hill, 100 + at, "Young", f"Una{at}", "9") for at in range(12)])
        with django_assert_max_num_queries(len(few)):
            client.get("/")
        assert len(few) <= 40

    def test_one_event_holds_the_children_that_were_named(self, cast: Cast, signed_in: SignedIn) -> None:
        moved(cast.pupil)
        page(signed_in, cast.lead)
        event = AuditEvent.objects.get(what="home")
        assert event.pupil_ids == [cast.pupil.pk]

    def test_a_page_that_names_no_child_leaves_no_event(self, cast: Cast, signed_in: SignedIn) -> None:
        page(signed_in, cast.lead)
        assert not AuditEvent.objects.filter(what="home").exists()


def _work(cast: Cast, meeting: Meeting, pupils: list[Pupil]) -> None:
    """More of everything that the page shows."""
    for at, pupil in enumerate(pupils):
        moved(pupil)
        stand(pupil, absent=60)
        upload(cast, "read", f"{pupil.pk}.csv")
        for owner in (cast.lead, cast.officer, cast.virtual_school):
            action(cast, meeting, owner, f"Action {at}", ON, pupil=pupil)
        Case.objects.create(
            pupil=pupil, reason="Absence", holder=cast.officer, review_on=ON, opened_on=ON, opened_by=cast.officer
        )
        arranged(cast, starts_at=STARTS + dt.timedelta(hours=len(pupils) + at))


@pytest.mark.usefixtures("in_eastshire")
class TestOfASchool:
    def test_files_to_confirm_and_refused_ones_come_first(self, cast: Cast, signed_in: SignedIn) -> None:
        upload(cast, "read", "october.csv", sent_at=AT)
        upload(cast, "refused", "broken.pdf", sent_at=AT + dt.timedelta(hours=1))
        html = page(signed_in, cast.office)
        assert "october.csv" in html
        assert "Waiting for you" in html
        assert "broken.pdf" in html

    def test_a_refused_file_goes_away_when_another_is_sent(self, cast: Cast, signed_in: SignedIn) -> None:
        upload(cast, "refused", "broken.pdf", sent_at=AT)
        upload(cast, "accepted", "whole.csv", sent_at=AT + dt.timedelta(hours=1))
        assert "broken.pdf" not in page(signed_in, cast.lead)

    def test_another_schools_files_are_not_there(self, cast: Cast, signed_in: SignedIn) -> None:
        upload(cast, "read", "october.csv")
        assert "october.csv" not in page(signed_in, cast.other_lead)

    def test_the_next_meeting_is_one_click_away_with_its_list(self, cast: Cast, signed_in: SignedIn) -> None:
        arranged(cast)
        html = page(signed_in, cast.lead)
        assert "Hill Academy: Tuesday 24 November at 10am" in html
        assert "See who is on its list" in html
        assert "Next meeting" not in page(signed_in, cast.other_lead)

    def test_minutes_wait_for_the_lead_and_not_for_the_office(self, cast: Cast, signed_in: SignedIn) -> None:
        ended(cast)
        assert "Minutes to confirm" in page(signed_in, cast.lead)
        assert "Minutes to confirm" not in page(signed_in, cast.office)

    def test_actions_come_overdue_first(self, cast: Cast, signed_in: SignedIn) -> None:
        meeting = ended(cast)
        action(cast, meeting, cast.lead, "Ring the family", ON + dt.timedelta(days=3))
        action(cast, meeting, cast.lead, "Write the plan", ON - dt.timedelta(days=3))
        html = page(signed_in, cast.lead)
        assert html.index("Write the plan") < html.index("Ring the family")
        assert "Overdue since 17 Nov" in html

    def test_an_action_of_someone_else_is_not_theirs(self, cast: Cast, signed_in: SignedIn) -> None:
        action(cast, ended(cast), cast.officer, "Visit the home", ON)
        assert "Visit the home" not in page(signed_in, cast.lead)

    def test_an_action_of_the_school_without_an_account_is_shown_to_its_lead(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        action(cast, ended(cast), None, "Meet at the gate", ON, owner_name="Mr Moss")
        html = page(signed_in, cast.lead)
        assert "Meet at the gate" in html
        assert "for Mr Moss to do" in html
        assert "Meet at the gate" not in page(signed_in, cast.officer)

    def test_the_figures_of_one_school_are_tiles(self, cast: Cast, signed_in: SignedIn) -> None:
        stand_at_hill(cast)
        html = page(signed_in, cast.lead)
        assert "igures this year" in html
        assert "80.2%" in html  # attended 401 of 500
        assert "missed 10% or more: 60.0%" in html

    def test_the_figures_are_those_of_the_schools_page_and_its_list(self, cast: Cast, signed_in: SignedIn) -> None:
        stand_at_hill(cast)
        Standing.objects.filter(pupil=cast.pupils[1]).update(is_in_official_figures=False)
        html = page(signed_in, cast.lead)
        assert '>3</p><p class="portal-tile__label"><a class="govuk-link" href="' in html
        assert "/schools/999001/pupils/?absence=persistent" in html

    def test_figures_come_before_what_is_to_do(self, cast: Cast, signed_in: SignedIn) -> None:
        stand_at_hill(cast)
        html = page(signed_in, cast.lead)
        assert html.index("igures this year") < html.index("What needs you") < html.index("What changed")

    def test_a_trusts_lead_has_one_line_a_school(self, cast: Cast, signed_in: SignedIn) -> None:
        stand_at_hill(cast)
        html = page(signed_in, cast.trust_lead)
        assert "Your 2 schools: figures this year" in html
        assert "Hill Academy" in html
        assert "Vale Primary School" in html

    def test_old_data_are_said_to_be_out_of_date(self, cast: Cast, signed_in: SignedIn) -> None:
        stand(cast.pupil, as_at=ON - dt.timedelta(days=14))
        assert "Last data 6 November 2026, 10 weekdays ago." in page(signed_in, cast.lead)

    def test_data_of_this_week_are_not(self, cast: Cast, signed_in: SignedIn) -> None:
        stand(cast.pupil, as_at=ON - dt.timedelta(days=7))
        assert "Registers out of date" not in page(signed_in, cast.lead)


@pytest.mark.usefixtures("in_eastshire")
class TestOfAnOfficer:
    def test_meetings_of_the_week_stand_with_the_day(self, cast: Cast, signed_in: SignedIn) -> None:
        arranged(cast, starts_at=AT + dt.timedelta(hours=3))
        html = page(signed_in, cast.officer)
        assert "Hill Academy: today at midday" in html
        assert ">Today<" in html

    def test_a_meeting_nobody_recorded_is_asked_after(self, cast: Cast, signed_in: SignedIn) -> None:
        meeting = arranged(cast)
        Meeting.objects.filter(pk=meeting.pk).update(starts_at=AT - dt.timedelta(days=2))
        assert "Its date has passed: say what came of it." in page(signed_in, cast.officer)

    def test_schools_without_a_meeting_are_due(self, cast: Cast, signed_in: SignedIn) -> None:
        arranged(cast)
        html = page(signed_in, cast.officer)
        due = html[html.index("Schools to arrange a meeting with") :]
        due = due[: due.index("</section>")]
        assert "Vale Primary School" in due
        assert "Hill Academy" not in due

    def test_a_team_leader_without_schools_answers_for_all(self, cast: Cast, signed_in: SignedIn) -> None:
        assert "Vale Primary School" in page(signed_in, cast.team_leader)

    def test_cases_whose_review_is_due(self, cast: Cast, signed_in: SignedIn) -> None:
        open_case(cast, cast.officer, ON - dt.timedelta(days=1))
        html = page(signed_in, cast.officer)
        assert "Amy Abbott" in html
        assert "Review overdue since 19 Nov" in html

    def test_who_else_is_asked_to_lead_does_not_change_the_order_of_reviews(
        self, cast: Cast, signed_in: SignedIn
    ) -> None:
        asked = {"proposed_lead": cast.practitioner, "proposed_on": ON, "proposed_by": cast.officer}
        open_case(cast, cast.officer, ON - dt.timedelta(days=1), **asked)
        open_case(cast, cast.officer, ON - dt.timedelta(days=8), pupil=cast.pupils[1])
        html = page(signed_in, cast.officer)
        assert html.index("Review overdue since 12 Nov") < html.index("Review overdue since 19 Nov")

    def test_a_case_to_review_next_term_does_not_need_them_now(self, cast: Cast, signed_in: SignedIn) -> None:
        open_case(cast, cast.officer, ON + dt.timedelta(days=60))
        assert "Amy Abbott" not in page(signed_in, cast.officer)

    def test_who_covers_sees_the_actions_of_who_is_away(self, cast: Cast, signed_in: SignedIn) -> None:
        action(cast, ended(cast), cast.officer, "Visit the home", ON)
        Membership.objects.filter(pk=cast.officer.pk).update(away_from=ON, covered_by=cast.team_leader)
        html = page(signed_in, cast.team_leader)
        assert "Visit the home" in html
        assert "for Olive Frost to do" in html


@pytest.mark.usefixtures("in_eastshire")
class TestOfOthers:
    def test_a_practitioner_sees_the_case_offered_to_them(self, cast: Cast, signed_in: SignedIn) -> None:
        PupilAccess.objects.create(pupil=cast.pupil, membership=cast.practitioner, reason="Case", from_on=ON)
        open_case(cast, cast.officer, proposed_lead=cast.practitioner, proposed_on=ON, proposed_by=cast.officer)
        assert "Say if you take it on" in page(signed_in, cast.practitioner)

    def test_the_manager_sees_where_the_terms_meetings_stand(self, cast: Cast, signed_in: SignedIn) -> None:
        arranged(cast)
        html = page(signed_in, cast.manager)
        assert "Due, none arranged" in html
        assert "2 schools: figures this year" in html

    def test_the_auditor_sees_refusals(self, cast: Cast, signed_in: SignedIn) -> None:
        assert "Attempts that were refused" in page(signed_in, cast.auditor)

    def test_the_administrator_sees_staff_and_no_child(self, cast: Cast, signed_in: SignedIn) -> None:
        Invitation.objects.create(membership=cast.office, token_hash="x", expires_at=AT)
        SchoolMembership.objects.filter(capacity="named-officer").delete()
        moved(cast.pupil)
        html = page(signed_in, cast.admin)
        assert "Invitations not taken up" in html
        assert "Schools without a named officer" in html
        assert "Amy" not in html
        assert "What changed" not in html


class TestTheStranger:
    def test_the_stranger_finds_nothing_of_eastshire(self, cast: Cast, signed_in: SignedIn) -> None:
        with in_scope(cast.eastshire):
            meeting = ended(cast)
            action(cast, meeting, cast.officer, "Visit the home", ON)
            moved(cast.pupil)
        html = page(signed_in, cast.stranger)
        assert "Fen School" in html
        for word in ("Hill Academy", "Vale", "Amy", "Abbott", "Visit the home"):
            assert word not in html


@pytest.mark.usefixtures("in_eastshire")
class TestARestrictedChild:
    @pytest.mark.parametrize("name", ["lead", "officer", "team_leader", "manager"])
    def test_a_restricted_child_is_named_to_nobody_without_a_grant(
        self, cast: Cast, signed_in: SignedIn, name: str
    ) -> None:
        meeting = ended(cast)
        moved(cast.pupil)
        action(cast, meeting, cast.members[name], "Ring the family of Amy", ON, pupil=cast.pupil)
        open_case(cast, cast.members[name], ON)
        type(cast.pupil).objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
        html = page(signed_in, cast.members[name])
        assert "Amy" not in html
        PupilAccess.objects.create(pupil=cast.pupil, membership=cast.members[name], reason="Named", from_on=ON)
        assert "Amy Abbott" in page(signed_in, cast.members[name])
