"""What a member has in hand, and who could take it over."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet

from attendance_portal.models import Membership
from attendance_portal.roles import Permission
from casework.models import Case, PlanAction, ServiceMember
from schools.children.restrictions import held_alone_by
from schools.directory.staff import schools_of
from schools.models import Pupil, School, SchoolMembership
from tsm.models import AgreedAction, Meeting

NAMED_OFFICER = SchoolMembership.Capacity.NAMED_OFFICER
LED = "Cases led, or asked to lead"


@dataclass(frozen=True)
class Holdings:
    """What someone who leaves would leave behind."""

    schools: list[SchoolMembership]
    cases_held: QuerySet[Case]
    cases_led: QuerySet[Case]
    plan_actions: QuerySet[PlanAction]
    services: QuerySet[ServiceMember]
    actions: QuerySet[AgreedAction]
    meetings: QuerySet[Meeting]
    restricted: QuerySet[Pupil]

    @property
    def counts(self) -> dict[str, int]:
        """How many of each, in words for the page. No child is named."""
        return self.work | {"Restricted records that nobody else could lift": self.restricted.count()}

    @property
    def work(self) -> dict[str, int]:
        """The same of what one colleague takes over; restricted records go to somebody who may hold them."""
        return {
            "Schools": len(self.schools),
            "Cases held": self.cases_held.count(),
            LED: self.cases_led.count(),
            "Actions in plans not yet done": self.plan_actions.count(),
            "Services they are on duty for, or answer for alone": self.services.count(),
            "Agreed actions not yet done": self.actions.count(),
            "Meetings to hold": self.meetings.count(),
        }

    @property
    def needs(self) -> frozenset[Permission]:
        """What whoever takes the work over must be allowed to do; empty when nothing has to be taken over."""
        is_named = any(row.capacity == NAMED_OFFICER for row in self.schools)
        asked = {
            Permission.MEETING_ARRANGE: is_named or self.meetings.exists(),
            # Actions of plans go to the holder of their case where nobody takes over.
            Permission.CASE_LEAD: any(rows.exists() for rows in (self.cases_held, self.cases_led, self.services)),
            Permission.ACTION_DO: self.actions.exists(),
        }
        return frozenset(permission for permission, is_needed in asked.items() if is_needed)


def holdings_of(member: Membership, *, on: dt.date) -> Holdings:
    """What this member has in hand on a day. Call it in the authority's scope."""
    asked = Case.objects.open().filter(proposed_lead=member)
    return Holdings(
        schools=schools_of(member, on=on),
        cases_held=Case.objects.open().filter(holder=member),
        cases_led=Case.objects.open().filter(lead_practitioner=member) | asked,
        plan_actions=PlanAction.objects.in_hand().filter(owner=member),
        services=ServiceMember.objects.left_alone_by(member),
        actions=AgreedAction.objects.undone().filter(owner=member),
        meetings=Meeting.objects.filter(officer=member, stage=Meeting.Stage.ARRANGED),
        restricted=held_alone_by(member, on=on),
    )


def needed_of_cover(member: Membership) -> frozenset[Permission]:
    """What whoever stands in for this member must be allowed to do. At a school the office may do so for its lead."""
    if member.is_of_a_school:
        return frozenset()
    return member.permissions & {Permission.MEETING_ARRANGE, Permission.CASE_LEAD}


def colleagues(member: Membership, *, on: dt.date, needs: frozenset[Permission]) -> list[Membership]:
    """Those who could take over or cover, by name: working, there that day, allowed what is needed.

    Staff of a school are followed only by staff of all the same schools: nobody else may see its children.
    """
    people = Membership.objects.working().with_people().filter(authority=member.authority)
    able = [
        one
        for one in people.exclude(pk=member.pk).order_by("user__name")
        if needs <= one.permissions and one.is_of_a_school == member.is_of_a_school and not one.is_away(on)
    ]
    if not member.is_of_a_school:
        return able
    theirs = {row.school_id for row in schools_of(member, on=on)}
    return [one for one in able if theirs <= _school_ids(one, on)]


def _school_ids(member: Membership, on: dt.date) -> set[int]:
    member.on = on
    return set(School.objects.of(member).values_list("pk", flat=True))
