"""Casework with 5,000 open cases in a county: the caseload, the queues, the rule board and a chronology.

By Django's test client: time over that of an empty signed-in page, and queries. That the numbers of queries stay the
same with more cases is tested elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from django.urls import reverse

from attendance_portal.models import Authority, Membership, User
from attendance_portal.roles import Role
from attendance_portal.tenancy import authority_scope
from benchmarks.pages import ON, banded_county, measure, member_of
from benchmarks.report import asked, run, say
from casework.models import Case, CaseEntry, Contact, Plan, PlanAction
from casework.plan_moves import AGREED
from casework.queues import QUEUES
from casework.standing_rules import RULES
from schools.models import Pupil, Standing

CASES: Final = 5_000
ENTRIES: Final = 8
"""Lines of history a case; with three contacts, and for two in three a plan of three actions."""


def absent_pupils(number: int) -> list[Pupil]:
    """The most absent of the county."""
    rows = Standing.objects.filter(persistent=True).order_by("-severe", "-unauthorised", "pk")
    return list(Pupil.objects.filter(pk__in=rows.values("pupil")[:number]))


def make_cases(number: int, holders: Sequence[Membership]) -> None:
    """Open cases of the most absent children, as a year of work leaves them."""
    cases = Case.objects.bulk_create(
        [_case(place, pupil, holders[place % len(holders)]) for place, pupil in enumerate(absent_pupils(number))]
    )
    CaseEntry.objects.bulk_create(
        CaseEntry(case=case, happened_on=_ago(7 * line), by=case.holder, words="Called at home and wrote it down.")
        for case in cases
        for line in range(ENTRIES)
    )
    Contact.objects.bulk_create(
        Contact(
            case=case, kind="call", with_whom="A parent", happened_on=_ago(20 * at), reached=at == 1, by=case.holder
        )
        for case in cases
        for at in range(3)
    )
    plans = Plan.objects.bulk_create([_plan(place, case) for place, case in enumerate(cases) if place % 3])
    PlanAction.objects.bulk_create(
        PlanAction(plan=plan, what="Call on Monday", owner=plan.drafted_by, due_on=_ago(10 - 9 * line))
        for plan in plans
        for line in range(3)
    )


def _ago(days: int) -> dt.date:
    return ON - dt.timedelta(days=days)


def _case(place: int, pupil: Pupil, holder: Membership) -> Case:
    leads = holder if place % 4 else None
    return Case(
        pupil=pupil, reason="Severely absent.", holder=holder, lead_practitioner=leads, opened_on=_ago(60 + place % 90),
        opened_by=holder, review_on=_ago(place % 60 - 40),
    )  # fmt: skip


def _plan(place: int, case: Case) -> Plan:
    day = _ago(40)
    return Plan(
        case=case, version=1, stage=AGREED, needs="Mornings.", change_for_child="Comes in by the side door.",
        review_on=_ago(place % 50 - 30), drafted_on=day, drafted_by=case.holder, agreed_on=day, agreed_by=case.holder,
    )  # fmt: skip


def _officers(authority: Authority) -> list[Membership]:
    users = User.objects.bulk_create(
        [User(email=f"officer{place}@county.example", name="Ada Lee") for place in range(20)]
    )
    members = [Membership(authority=authority, user=user, role=Role.OFFICER, organisation="Service") for user in users]
    return Membership.objects.bulk_create(members)


def pages(authority: Authority, number: int) -> tuple[Membership, dict[str, str]]:
    """The pages of a team leader; who opens them."""
    with authority_scope(authority):
        leader = member_of(authority, Role.TEAM_LEADER)
        make_cases(number, [leader, *_officers(authority)])
        case = Case.objects.filter(holder=leader).order_by("pk")[0]
    say(f"Casework with {number} open cases, by a team leader")
    return leader, {
        "home": reverse("home"),
        "every open case": reverse("cases") + "?all=1",
        **{f"queue: {queue.title}": f"{reverse('queues')}?queue={queue.code}" for queue in QUEUES},
        "caseload": reverse("caseload"),
        "rule board": reverse("rule_board"),
        **{f"rule: {rule.code}": reverse("rule_list", args=[rule.code]) for rule in RULES},
        "case": reverse("case_page", args=[case.pk]),
        "chronology": reverse("chronology", args=[case.pupil_id]),
    }


def main() -> None:
    """Measure and tell."""
    small = asked(__doc__).small
    measure(*pages(banded_county(small), 60 if small else CASES))


if __name__ == "__main__":
    run(main)
