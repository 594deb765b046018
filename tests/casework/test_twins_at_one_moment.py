"""Two people begin the same thing for one child at one moment, or write into a case while another closes it."""

from __future__ import annotations

import pytest
from pytest_django import Settings

from casework import actions
from casework.actions import barriers, directory, out_of_school, plan_actions, plans, tracking
from casework.actions import referrals as referring
from casework.models import (
    AuthorityBarrier,
    Case,
    EducationEnquiry,
    Plan,
    PlanAction,
    Referral,
    Service,
    ServiceMember,
)
from tests.casework.plans import written
from tests.casework.test_directory import service
from tests.casework.test_leading_at_one_moment import Act, at_one_moment, close
from tests.cast import ON, Cast, in_scope, make_cast, open_to_the_cast


def begin_enquiry(case: Case, cast: Cast) -> None:
    out_of_school.begin_enquiry(case.pupil, why="Not seen.", begun_on=ON, on=ON, by=cast.officer)


def record_home_education(case: Case, cast: Cast) -> None:
    out_of_school.record_home_education(
        case.pupil, from_on=ON, primary_reason="lifestyle", school_before="academy", on=ON, by=cast.officer
    )


def record_part_time(case: Case, cast: Cast) -> None:
    tracking.record_part_time(
        case.pupil, school=cast.hill, from_on=ON, until_on=ON, sessions_a_week=6, reason="So", on=ON, by=cast.lead
    )


def record_health_plan(case: Case, cast: Cast) -> None:
    tracking.record_health_plan(case.pupil, provision="school", begun_on=ON, words="Video.", on=ON, by=cast.lead)


def refer(case: Case, cast: Cast) -> None:
    referring.refer_child(case.pupil, service=Service.objects.get(), reason="Damp.", on=ON, by=cast.lead)


def withdraw(case: Case, cast: Cast) -> None:
    referring.withdraw_referral(Referral.objects.get(), reason="Found a home.", on=ON, by=cast.lead)


def accept(case: Case, cast: Cast) -> None:
    referring.accept_referral(Referral.objects.get(), answer="", on=ON, by=cast.practitioner)


def end_the_service(case: Case, cast: Cast) -> None:
    directory.end_service(Service.objects.get(), on=ON, by=cast.team_leader)


def put_on_duty(name: str) -> Act:
    def add(case: Case, cast: Cast) -> None:
        person = cast.members[name]
        directory.add_service_member(Service.objects.get(), person=person, is_duty=True, on=ON, by=cast.team_leader)

    return add


def add_barrier(label: str) -> Act:
    return lambda case, cast: barriers.add_barrier(label=label, out_of_school=True, by=cast.admin)


def open_another(case: Case, cast: Cast) -> None:
    actions.open_case(case.pupil, reason="Severely absent.", on=ON, by=cast.lead)


def reopen(case: Case, cast: Cast) -> None:
    actions.reopen_case(case, reason="Absent again.", on=ON, by=cast.officer)


def take_the_action_out(case: Case, cast: Cast) -> None:
    plan_actions.remove_plan_action(PlanAction.objects.get(), by=cast.officer)


def put_forward(case: Case, cast: Cast) -> None:
    plans.put_plan_forward(Plan.objects.get(), on=ON, by=cast.officer)


@pytest.fixture
def cast(own_database: str, settings: Settings) -> Cast:
    """Amy has an open case, and there is a service for which the partner answers."""
    open_to_the_cast(settings)
    cast = make_cast()
    with in_scope(cast.eastshire):
        actions.open_case(cast.pupil, reason="Severely absent.", on=ON, by=cast.officer)
        service(cast, "Warm Homes", cast.practitioner)
    return cast


def test_of_twins_one_stands_and_the_other_is_told_so(cast: Cast) -> None:
    twins = (begin_enquiry, record_home_education, record_part_time, record_health_plan, refer)
    told = [at_one_moment(cast, act, act) for act in twins]
    assert [first for first, _ in told] == [""] * 5
    assert all("already" in second for _, second in told), told


def test_a_line_is_not_written_into_a_case_that_is_being_closed(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        refer(Case.objects.get(), cast)
        lines = Case.objects.get().entries.count()
    assert at_one_moment(cast, close, begin_enquiry) == ("", "")
    with in_scope(cast.eastshire):
        assert EducationEnquiry.objects.exists()
        assert Case.objects.get().entries.count() == lines + 1  # that it was closed
        actions.reopen_case(Case.objects.get(), reason="Absent again.", on=ON, by=cast.officer)
    assert at_one_moment(cast, close, withdraw) == ("", "")
    with in_scope(cast.eastshire):
        assert not Case.objects.get().entries.filter(words__contains="withdrawn").exists()


@pytest.mark.parametrize(
    ("first", "second", "refusal"),
    [(open_another, reopen, "another open case"), (reopen, open_another, "open case already")],
    ids=["opened, then reopened", "reopened, then opened"],
)
def test_a_case_opened_and_one_opened_again_settle_to_one(cast: Cast, first: Act, second: Act, refusal: str) -> None:
    with in_scope(cast.eastshire):
        close(Case.objects.get(), cast)
    refused, then = at_one_moment(cast, first, second)
    assert refused == "" and refusal in then
    with in_scope(cast.eastshire):
        assert Case.objects.open().count() == 1


def test_whoever_withdraws_while_another_accepts_is_told_and_neither_waits_for_ever(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        refer(Case.objects.get(), cast)
    first, second = at_one_moment(cast, withdraw, accept)
    assert first == "" and "answered or withdrawn already" in second


def test_a_service_ends_with_no_referral_left_behind_and_has_one_person_on_duty(cast: Cast) -> None:
    first, second = at_one_moment(cast, put_on_duty("officer"), put_on_duty("lead"))
    assert (first, second) == ("", "")
    with in_scope(cast.eastshire):
        assert ServiceMember.objects.get(is_duty=True).membership == cast.lead
    first, second = at_one_moment(cast, refer, end_the_service)
    assert first == "" and "wait for an answer" in second
    with in_scope(cast.eastshire):
        withdraw(Case.objects.get(), cast)
    first, second = at_one_moment(cast, end_the_service, refer)
    assert first == "" and "takes no referrals" in second
    with in_scope(cast.eastshire):
        assert not Referral.objects.waiting().exists()


def test_a_plan_is_not_put_forward_while_its_last_action_is_taken_out(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        written(Case.objects.get(), cast.officer)
    first, second = at_one_moment(cast, take_the_action_out, put_forward)
    assert first == "" and "at least one action" in second


def test_two_barriers_whose_words_make_one_code_do_not_take_each_others_place(cast: Cast) -> None:
    first, second = at_one_moment(cast, add_barrier("No place yet"), add_barrier("No place, yet"))
    assert first == "" and "called that already" in second
    with in_scope(cast.eastshire):
        assert AuthorityBarrier.objects.get().label == "No place yet"
