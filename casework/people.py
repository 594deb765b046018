"""Who may lead a child's case, work on it, hold it; and who may write in it and decide about it."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence

from django.db.models import Q, QuerySet

from attendance_portal.models import Membership
from attendance_portal.roles import Permission, Role
from attendance_portal.tenancy import current_authority
from casework.models import Case, CaseInvitation
from schools.models import Enrolment, School, SchoolMembership
from schools.stored.same_child import records_of

_LEADING_ROLES = (Role.OFFICER, Role.TEAM_LEADER, Role.VIRTUAL_SCHOOL, Role.PRACTITIONER)
_HOLDING_ROLES = (Role.OFFICER, Role.TEAM_LEADER)


def may_lead(case: Case, *, on: dt.date) -> QuerySet[Membership]:
    """Members who may be asked to lead: staff of the child's schools, officers, the virtual school, partners."""
    return _may_lead([case.pupil_id], on=on)


def may_return(case: Case, *, on: dt.date) -> QuerySet[Membership]:
    """Members who may hold or lead it again: as `may_lead`, and staff at the roll of another record of the child."""
    return _may_lead(records_of(case.pupil_id), on=on)


def why_not(member: Membership) -> str:
    """Why somebody outside `may_lead` does not hold or lead a case again, as it goes on after their name."""
    if not member.works:
        return "has left"
    if member.role == Role.SCHOOL_LEAD:
        return "is no longer at a school of the child’s"
    return "no longer leads cases"


def _may_lead(pupils: Sequence[uuid.UUID], *, on: dt.date) -> QuerySet[Membership]:
    schools = Enrolment.objects.on_roll(on).filter(pupil__in=pupils).values("school")
    staff = SchoolMembership.objects.on(on).filter(school__in=schools, membership__role=Role.SCHOOL_LEAD)
    return _working().filter(Q(role__in=_LEADING_ROLES) | Q(pk__in=staff.values("membership")))


def may_be_invited(case: Case, *, on: dt.date) -> QuerySet[Membership]:
    """As `may_lead`, but for those who lead the case or are invited to it already."""
    there = CaseInvitation.objects.standing().filter(case=case).values("membership")
    found = may_lead(case, on=on).exclude(pk__in=there)
    return found.exclude(pk=case.lead_practitioner_id) if case.lead_practitioner_id else found


def known_to(asker: Membership, people: QuerySet[Membership], *, also: uuid.UUID | None = None) -> QuerySet[Membership]:
    """Of these people those whom the asker is offered by name: a school's own people no other school's staff.

    Else the names tell that the child goes to another school, and to which (decision 0019). `also`: somebody named
    on the page already.
    """
    if not asker.is_of_a_school:
        return people
    colleagues = SchoolMembership.objects.on(asker.on).filter(school__in=School.objects.of(asker))
    return people.filter(~Q(role=Role.SCHOOL_LEAD) | Q(pk__in=colleagues.values("membership")) | Q(pk=also))


def may_hold() -> QuerySet[Membership]:
    """Members to whom a team leader may give cases of any school: officers and team leaders."""
    return _working().filter(role__in=_HOLDING_ROLES)


def _working() -> QuerySet[Membership]:
    members = Membership.objects.working().filter(authority=current_authority())
    return members.select_related("user").order_by("organisation", "user__name")


def may_write(case: Case, member: Membership) -> bool:
    """Whoever sees the case and may lead cases; a partner while holding or leading it or invited to it, not while
    only asked."""
    if not member.may(Permission.CASE_LEAD):
        return False
    return may_decide(case, member) or CaseInvitation.objects.standing().filter(case=case, membership=member).exists()


def may_take(case: Case, member: Membership) -> bool:
    """Whether the member may take of the case away as a file (a plan, a contract, a document): whoever works on it;
    others as they may take any file of children (decision 0019)."""
    return member.may(Permission.PUPIL_EXPORT) or may_write(case, member)


def may_decide(case: Case, member: Membership) -> bool:
    """Whether the member may close the case, open it again, hand it over and invite: as `may_write`, without those
    partners who are only invited."""
    if not member.may(Permission.CASE_LEAD):
        return False
    return member.role != Role.PRACTITIONER or member.pk in (case.lead_practitioner_id, case.holder_id)
