"""The weekly letter of what is due in one's cases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from celery import current_app

from attendance_portal.front.home.plans import plan_actions_to_do
from attendance_portal.front.home.sections import Asker
from attendance_portal.front.home.work import cases_to_review
from attendance_portal.models import AuditEvent, Authority, Membership, Message
from attendance_portal.roles import Role
from attendance_portal.tasks import for_every_authority
from casework import actions
from casework.actions.referrals import refer_child
from casework.caseload import caseload
from casework.digest import due_of_each, write_digests
from casework.models import Case, CaseDigest, Plan, PlanAction
from casework.queues import conditions, in_queue
from casework.tasks import remind_every_authority
from schools.models import Pupil
from tests.casework.test_directory import service
from tests.cast import ON, Cast, in_scope, make_member

DAY = dt.timedelta(days=1)
NEXT = ON + 30 * DAY


@pytest.fixture
def in_eastshire(cast: Cast) -> Iterator[None]:
    with in_scope(cast.eastshire):
        yield


def case_of(cast: Cast, pupil: Pupil, review_on: dt.date | None) -> Case:
    case = actions.open_case(pupil, reason="Severely absent.", on=ON - 30 * DAY, by=cast.officer)
    if review_on:
        actions.change_review_date(case, review_on=review_on, on=ON - 30 * DAY, by=cast.officer)
    return case


def plan_of(cast: Cast, case: Case, review_on: dt.date) -> Plan:
    made: Plan = Plan.objects.create(
        case=case, version=1, stage="agreed", needs="x", change_for_child="y", review_on=review_on,
        drafted_on=ON, drafted_by=cast.officer,
    )  # fmt: skip
    return made


def letters() -> dict[str, str]:
    """What was written, by address: fails where somebody was written to twice."""
    found = list(Message.objects.filter(subject__startswith="Your cases").values_list("to_email", "body"))
    assert len(found) == len(dict(found))
    return dict(found)


@pytest.mark.usefixtures("in_eastshire")
class TestTheLetter:
    def test_it_counts_what_is_overdue_due_and_offered_and_names_no_child(self, cast: Cast) -> None:
        for pupil, day in zip(cast.pupils, (-1, 0, 7, 8, None), strict=True):
            case = case_of(cast, pupil, ON + day * DAY if day is not None else None)
        actions.ask_to_lead(case, lead=cast.lead, on=ON, by=cast.officer)
        assert write_digests(on=ON) == 2
        found = letters()
        officer, lead = found[cast.officer.user.email], found[cast.lead.user.email]
        assert "- 1 review is overdue\n- 2 reviews are due by 27 November 2026\n" in officer
        assert "- 1 case waits for an answer whether to lead\n" in lead and "review" not in lead
        assert "/cases/\n" in officer
        secrets = [word for pupil in cast.pupils for word in (pupil.surname, pupil.forename, pupil.upn)]
        assert not [word for body in found.values() for word in secrets if word in body]
        assert AuditEvent.objects.get(what="write_digests").pupil_ids == []

    def test_run_again_the_same_day_it_writes_to_nobody_and_a_week_later_again(self, cast: Cast) -> None:
        case_of(cast, cast.pupil, ON - DAY)
        assert [write_digests(on=day) for day in (ON, ON, ON + 7 * DAY)] == [1, 0, 1]
        assert CaseDigest.objects.count() == 2

    def test_a_person_with_two_places_gets_one_letter(self, cast: Cast) -> None:
        case_of(cast, cast.pupil, ON - DAY)
        again = Membership.objects.create(authority=cast.eastshire, user=cast.officer.user, role=Role.TEAM_LEADER)
        case = case_of(cast, cast.pupils[1], ON - DAY)
        actions.hand_over_case(case, holder=again, on=ON, by=cast.officer)
        assert write_digests(on=ON) == 1
        assert "- 2 reviews are overdue\n" in letters()[cast.officer.user.email]

    def test_who_has_nothing_due_or_works_here_no_more_gets_none(self, cast: Cast) -> None:
        case_of(cast, cast.pupil, ON + 30 * DAY)
        assert write_digests(on=ON) == 0
        Case.objects.update(review_on=ON)
        Membership.objects.filter(pk=cast.officer.pk).update(deactivated_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
        assert write_digests(on=ON) == 0

    def test_what_somebody_said_they_would_do_in_a_plan_that_counts(self, cast: Cast) -> None:
        case = case_of(cast, cast.pupil, None)
        for stage, version in (("agreed", 2), ("replaced", 1)):
            plan = Plan.objects.create(
                case=case, version=version, stage=stage, needs="x", change_for_child="y", review_on=NEXT,
                drafted_on=ON, drafted_by=cast.officer,
            )  # fmt: skip
            for days in (-1, 7, 8):
                PlanAction.objects.create(plan=plan, what="Ring the bus", owner=cast.lead, due_on=ON + days * DAY)
        assert write_digests(on=ON) == 1
        told = letters()[cast.lead.user.email]
        assert "- 1 action of a plan is overdue\n- 1 action of a plan is due by 27 November 2026\n" in told

    def test_what_somebody_without_an_account_is_to_do_is_told_to_the_lead_else_to_the_holder(self, cast: Cast) -> None:
        """So on the home page, once it is overdue and before."""
        case = case_of(cast, cast.pupil, None)
        PlanAction.objects.create(
            plan=plan_of(cast, case, NEXT), what="Ring Mary", owner_name="Nurse Joy", agency="CAMHS", due_on=ON + DAY
        )
        told = "- 1 action of a plan is due by 27 November 2026\n"

        def shown(member: Membership) -> list[str]:
            return [item.hint for section in plan_actions_to_do(Asker(member)) for item in section.items]

        assert write_digests(on=ON) == 1 and told in letters()[cast.officer.user.email]
        hint = [f"{cast.pupil}, for Nurse Joy, CAMHS to do"]
        assert (shown(cast.officer), shown(cast.lead)) == (hint, [])
        actions.ask_to_lead(case, lead=cast.lead, on=ON, by=cast.officer)
        actions.accept_lead(case, on=ON, by=cast.lead)
        assert [(one.name, due["actions_overdue"]) for one, due in due_of_each(on=ON + 2 * DAY)] == [("Layla Hart", 1)]
        assert (shown(cast.officer), shown(cast.lead)) == ([], hint)
        Membership.objects.filter(pk=cast.lead.pk).update(deactivated_at=dt.datetime(2026, 11, 1, tzinfo=dt.UTC))
        assert [one.name for one, _ in due_of_each(on=ON)] == ["Olive Frost"] and shown(cast.officer) == hint
        Membership.objects.filter(pk=cast.officer.pk).update(away_from=ON, covered_by=cast.team_leader)
        assert shown(cast.team_leader) == hint

    def test_a_plans_review_is_told_where_it_comes_before_the_cases_or_the_case_has_none(self, cast: Cast) -> None:
        """So on the home page, in the queue and in the caseload."""
        for pupil, day in zip(cast.pupils, (NEXT, None), strict=False):
            plan_of(cast, case_of(cast, pupil, day), ON - DAY)
        assert write_digests(on=ON) == 1
        assert "- 2 reviews are overdue\n" in letters()[cast.officer.user.email]
        cast.officer.on = cast.team_leader.on = ON
        [shown] = cases_to_review(Asker(cast.officer))
        assert {item.status for item in shown.items} == {"Review overdue since 19 Nov"}
        overdue = conditions(cast.officer, days=28)["review-overdue"]
        rows = in_queue(Case.objects.open(), overdue, cast.officer)
        assert [one.review_due_on for one in rows] == [ON - DAY] * 2
        assert [load.overdue for load in caseload(cast.team_leader) if load.person == cast.officer] == [2]

    def test_referrals_that_wait_are_told_to_who_is_on_duty(self, cast: Cast) -> None:
        homes = service(cast, "Warm Homes", cast.practitioner)
        refer_child(cast.pupil, service=homes, reason="Rent.", on=ON, by=cast.lead)
        assert write_digests(on=ON) == 1
        told = letters()[cast.practitioner.user.email]
        assert "- 1 referral waits for your service’s answer\n" in told
        assert "/referrals/\n" in told and "/cases/" not in told and "you hold" not in told

    def test_while_somebody_is_away_their_stand_in_is_told(self, cast: Cast) -> None:
        case_of(cast, cast.pupil, ON - DAY)
        away = {"away_from": ON - DAY, "away_until": ON + DAY, "covered_by": cast.team_leader}
        Membership.objects.filter(pk=cast.officer.pk).update(**away)
        assert write_digests(on=ON) == 1 and list(letters()) == [cast.team_leader.user.email]
        assert write_digests(on=ON + 2 * DAY) == 1 and cast.officer.user.email in letters()

    def test_a_restricted_child_whom_they_do_not_hold_is_not_counted(self, cast: Cast) -> None:
        case_of(cast, cast.pupil, ON - DAY)
        Pupil.objects.filter(pk=cast.pupil.pk).update(is_restricted=True)
        assert due_of_each(on=ON) == [] and write_digests(on=ON) == 0

    def test_what_is_due_from_a_partner_who_is_away_goes_to_the_stand_in_who_sees_it_else_to_the_holder(
        self, cast: Cast
    ) -> None:
        case = case_of(cast, cast.pupil, ON - DAY)
        actions.invite(case, member=cast.practitioner, why="Knows Amy.", on=ON, by=cast.officer)
        plan = plan_of(cast, case, NEXT)
        PlanAction.objects.create(plan=plan, what="Visit", owner=cast.practitioner, due_on=ON - DAY)
        other = make_member(cast.eastshire, "other@partner.example", "Otto Neal", Role.PRACTITIONER, "Housing")

        def told(cover: Membership | None) -> dict[str, int]:
            Membership.objects.filter(pk=cast.practitioner.pk).update(away_from=ON, covered_by=cover)
            return {one.name: due["actions_overdue"] for one, due in due_of_each(on=ON) if due["actions_overdue"]}

        assert told(cast.team_leader) == {"Tom Leigh": 1}
        assert told(other) == told(cast.auditor) == told(None) == {"Olive Frost": 1}
        Membership.objects.filter(pk=cast.officer.pk).update(away_from=ON, covered_by=cast.team_leader)
        assert told(other) == {"Tom Leigh": 1}
        Membership.objects.filter(pk=cast.officer.pk).update(covered_by=None)
        assert told(None) == {"Priya Nash": 1}


def test_the_clock_calls_it_each_monday_for_every_authority(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        case_of(cast, cast.pupil, ON - DAY)
    with in_scope(cast.westshire):
        actions.open_case(cast.fen_pupils[0], reason="x", on=ON, by=cast.stranger)
        Case.objects.update(review_on=ON)
    entry = current_app.conf.beat_schedule["write of what is due in cases"]
    assert entry["task"] == remind_every_authority.name and str(entry["schedule"]).startswith("<crontab: 0 7 * * mon")
    remind_every_authority()
    for authority, member in ((cast.eastshire, cast.officer), (cast.westshire, cast.stranger)):
        with in_scope(authority):
            assert list(letters()) == [member.user.email]


def test_what_goes_wrong_in_one_authority_keeps_no_other_from_its_turn(cast: Cast) -> None:
    asked: list[str] = []

    def work(authority: Authority) -> None:
        asked.append(authority.slug)
        if authority == cast.eastshire:
            raise ValueError("Something is wrong here")

    with pytest.raises(ValueError, match="wrong here"):
        for_every_authority(work)
    assert asked == [cast.eastshire.slug, cast.westshire.slug]
