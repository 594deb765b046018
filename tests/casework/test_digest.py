"""The weekly letter of what is due in one's cases."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from celery import current_app

from attendance_portal.models import AuditEvent, Membership, Message
from attendance_portal.roles import Role
from casework import actions
from casework.digest import due_of_each, write_digests
from casework.models import Case, CaseDigest, Plan, PlanAction
from casework.tasks import remind_every_authority
from schools.models import Pupil
from tests.cast import ON, Cast, in_scope, make_member

DAY = dt.timedelta(days=1)


@pytest.fixture
def in_eastshire(cast: Cast) -> Iterator[None]:
    with in_scope(cast.eastshire):
        yield


def case_of(cast: Cast, pupil: Pupil, review_on: dt.date | None) -> Case:
    case = actions.open_case(pupil, reason="Severely absent.", on=ON - 30 * DAY, by=cast.officer)
    if review_on:
        actions.change_review_date(case, review_on=review_on, on=ON - 30 * DAY, by=cast.officer)
    return case


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
                case=case, version=version, stage=stage, needs="x", change_for_child="y", review_on=ON,
                drafted_on=ON, drafted_by=cast.officer,
            )  # fmt: skip
            for days in (-1, 7, 8):
                PlanAction.objects.create(plan=plan, what="Ring the bus", owner=cast.lead, due_on=ON + days * DAY)
        assert write_digests(on=ON) == 1
        told = letters()[cast.lead.user.email]
        assert "- 1 action of a plan is overdue\n- 1 action of a plan is due by 27 November 2026\n" in told

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
        plan = Plan.objects.create(
            case=case, version=1, stage="agreed", needs="x", change_for_child="y", review_on=ON,
            drafted_on=ON, drafted_by=cast.officer,
        )  # fmt: skip
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
