"""Reading referrals: who may make one, what each reader is shown of it, and where it appears."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from typing import Any, Final

from django.db.models import Q, QuerySet

from attendance_portal.models import Membership
from attendance_portal.panels import Panel
from attendance_portal.roles import Permission, Role
from casework.models import Case, Referral, Service
from casework.parts import Part
from casework.people import may_write
from schools.models import Pupil, School
from schools.stored.same_child import records_of

Stage = Referral.Stage
COLOURS: Final = {Stage.SENT: "yellow", Stage.ACCEPTED: "green", Stage.DECLINED: "red", Stage.WITHDRAWN: "grey"}
HEADINGS: Final = (
    "Child", "Year", "School", "Service", "Why", "Referred on", "Referred by", "Answer", "Answered on",
    "Answered by", "What was said",
)  # fmt: skip
NOT_SHOWN: Final = "No longer shown to you"


def may_refer(pupil: Pupil, member: Membership) -> bool:
    """Schools and the authority refer every child they see; a partner those whose case they write in."""
    if not member.may(Permission.CASE_LEAD):
        return False
    if member.role != Role.PRACTITIONER:
        return True
    cases = Case.objects.visible_to(member).open().filter(pupil__in=records_of(pupil))
    return any(may_write(case, member) for case in cases)


def may_withdraw(referral: Referral, member: Membership) -> bool:
    """Whoever referred the child, and the authority's own, before it is answered."""
    theirs = referral.made_by_id == member.pk or member.role in (Role.OFFICER, Role.TEAM_LEADER)
    return theirs and referral.stage == Stage.SENT and member.may(Permission.CASE_LEAD)


def may_answer(referral: Referral, member: Membership) -> bool:
    """Whoever answers for the service, while the referral waits."""
    waits = referral.stage == Stage.SENT and member.may(Permission.CASE_LEAD)
    return waits and Service.objects.of(member).filter(pk=referral.service_id).exists()


def with_people(referrals: QuerySet[Referral]) -> QuerySet[Referral]:
    """Referrals with all that their rows show."""
    return referrals.select_related(
        "pupil", "service", "school", "made_by__user", "answered_by__user", "withdrawn_by__user"
    )


def stage_tag(referral: Referral) -> dict[str, str]:
    """Where it stands, as a tag."""
    stage = Stage(referral.stage)
    return {"words": stage.label, "colour": COLOURS[stage]}


def year_shown(referral: Referral) -> str:
    """The year group as it was then."""
    year = referral.year_group
    return "Reception" if year == "0" else f"Year {year}" if year.isdigit() else year


def rows_for(referrals: Sequence[Referral], member: Membership) -> list[dict[str, Any]]:
    """Each with what this member may read of it, and the page it leads to.

    One query; for a school's people one more, and one where any was accepted.
    A service that did not take the child on reads the name no more, nor what was told of the child. One that did works
    on the case, of whichever record it is: it reads what it accepted.
    """
    pupils = {one.pupil_id for one in referrals}
    seen = set(Pupil.objects.visible_to(member).filter(pk__in=pupils).values_list("pk", flat=True))
    unknown = _other_schools(referrals, member)
    cases = {one.case_id for one in referrals if one.case_id}
    theirs = set(Case.objects.visible_to(member).filter(pk__in=cases).values_list("pk", flat=True)) if cases else set()
    return [_row(one, one.pupil_id in seen, unknown, sees_case=one.case_id in theirs) for one in referrals]


def _other_schools(referrals: Sequence[Referral], member: Membership) -> set[int]:
    """The schools named in these referrals which a school's own people are not told of (decision 0019)."""
    named = {one.school_id for one in referrals if one.school_id}
    if not named or not member.is_of_a_school:
        return set()
    return named - set(School.objects.of_or_before(member).filter(pk__in=named).values_list("pk", flat=True))


def _row(one: Referral, sees_child: bool, unknown: Collection[int] = (), *, sees_case: bool = False) -> dict[str, Any]:
    may_read = sees_child or sees_case or one.stage == Stage.SENT
    knows_school = may_read and one.school_id not in unknown
    return {
        "one": one,
        "may_read": may_read,
        "sees_child": sees_child,
        "sees_case": sees_case,
        "name": str(one.pupil) if may_read else NOT_SHOWN,
        "year": year_shown(one) if may_read else "",
        "school": str(one.school or "") if knows_school else "",
        "reason": one.reason if may_read else "",
        "tag": stage_tag(one),
        "said": one.answer or (one.withdrawn_why if may_read else ""),
    }


def file_row(row: dict[str, Any]) -> list[Any]:
    """A line of a list as a file."""
    one: Referral = row["one"]
    answered = one.answered_by or one.withdrawn_by
    return [
        row["name"],
        row["year"],
        row["school"],
        one.service.name,
        row["reason"],
        one.made_on,
        one.made_by.name,
        row["tag"]["words"],
        one.answered_on or one.withdrawn_on or "",
        answered.name if answered else "",
        row["said"],
    ]


# --- Where referrals appear ---------------------------------------------------------------------------------


def pupil_panel(pupils: Sequence[Pupil], member: Membership) -> Panel:
    """Each pupil's referrals, the latest first, for those who may see cases. One query."""
    template = "casework/panels/referrals.html"
    if not member.may(Permission.CASE_SEE):
        return Panel("Referrals", template)
    found: defaultdict[Any, list[dict[str, Any]]] = defaultdict(list)
    children = Pupil.objects.visible_to(member).filter(pk__in=[pupil.pk for pupil in pupils])
    made = list(with_people(Referral.objects.filter(pupil__in=children)).order_by("-made_on", "pk"))
    unknown = _other_schools(made, member)
    for one in made:
        found[one.pupil_id].append(_row(one, True, unknown))
    return Panel("Referrals", template, dict(found))


def referrals_part(case: Case, member: Membership) -> Part | None:
    """The child's referrals on the case's page: they were made before it or come of it. One query."""
    found = with_people(Referral.objects.filter(pupil=case.pupil_id)).order_by("-made_on", "pk")
    unknown = _other_schools(made := list(found), member)
    rows = [_row(one, True, unknown) for one in made]
    return Part("Referrals", "casework/parts_referrals.html", rows) if rows else None


def for_home(member: Membership, *, since: dt.date) -> QuerySet[Referral]:
    """Those that wait for this member's services, and those they made that were answered on that day or after.

    The longest waiting first, then by the day of the answer.
    """
    waiting = Q(pk__in=Referral.objects.received_by(member).waiting().values("pk"))
    answered = Q(pk__in=Referral.objects.made_by_member(member).filter(answered_on__gte=since).values("pk"))
    return with_people(Referral.objects.filter(waiting | answered)).order_by("answered_on", "made_on", "pk")
