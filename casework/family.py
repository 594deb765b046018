"""The whole family on one page: a child and the siblings one may see, and their parents and carers.

What a member may not see leaves no gap and is in no count: children come from `visible_to` alone, contact details as
far as `schools.children.families` gives them, addresses to those who keep them or who visit.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from attendance_portal.models import Membership
from attendance_portal.panels import Panel
from attendance_portal.roles import Permission
from casework.models import Case
from casework.parts import Part
from casework.presenters import with_people
from schools.children.childs_year import enrolments_seen
from schools.children.families import FamilyMember, family_of, siblings_of, standing_links
from schools.models import Circumstance, Enrolment, Pupil
from schools.stored.same_child import groups_of, open_pairs

Keys = Sequence[uuid.UUID]


@dataclass(frozen=True)
class Child:
    """A child of the family, all records that the member sees read together, the first one shown.

    enrolments: of today, with their standing where figures are held; cases: the open ones, with their people;
    shared: the parents and carers on this page who are this child's too, none of the child the page is about.
    """

    pupil: Pupil
    records: Keys
    enrolments: Sequence[Enrolment]
    circumstances: Sequence[Circumstance]
    cases: Sequence[Case]
    shared: Sequence[str]

    @property
    def schools(self) -> str:
        return "; ".join(one.school.name for one in self.enrolments)


@dataclass(frozen=True)
class Adult:
    """A parent or carer, once each: what they are to the child, and the contact details this member may see."""

    one: FamilyMember
    contact: Mapping[str, str]


@dataclass(frozen=True)
class Family:
    """Children, the one the page is about first, and adults, as one member sees them."""

    children: Sequence[Child]
    adults: Sequence[Adult]

    @property
    def records(self) -> list[uuid.UUID]:
        """Every record shown, for the audit trail."""
        return [key for child in self.children for key in child.records]


def whole_family(records: Sequence[Pupil], member: Membership) -> Family:
    """The family of one child (`records_seen`), as far as the member may see it. Ten queries, however large it is."""
    people = family_of(records, member)
    groups = _grouped(records, member)
    shown = [pupil for group in groups for pupil in group]
    found = _Found.of(shown, [one.link.carer_id for one in people], member)
    names = {one.link.carer_id: one.carer.name for one in people}
    children = [found.child(group, names if at else {}) for at, group in enumerate(groups)]
    return Family(children, _adults(people, member))


def _grouped(records: Sequence[Pupil], member: Membership) -> list[list[Pupil]]:
    """The child's records, then those of each sibling: linked records are one child, shown once."""
    siblings = {one.pk: one for one in siblings_of(records, member)}
    same = groups_of(open_pairs()) if siblings else {}
    others = {key for pk in siblings for key in same.get(pk, ())} - siblings.keys()
    seen = (
        siblings | {one.pk: one for one in Pupil.objects.visible_to(member).filter(pk__in=others)}
        if others
        else siblings
    )
    groups, placed = [list(records)], set[uuid.UUID]()
    for pk, one in siblings.items():
        if pk not in placed:
            group = [one, *(seen[key] for key in same.get(pk, ()) if key in seen and key != pk)]
            placed |= {record.pk for record in group}
            groups.append(group)
    return groups


@dataclass(frozen=True)
class _Found:
    """What is held of all children of the page, by record."""

    enrolments: Mapping[uuid.UUID, list[Enrolment]]
    circumstances: Mapping[uuid.UUID, list[Circumstance]]
    cases: Mapping[uuid.UUID, list[Case]]
    carers: Mapping[uuid.UUID, list[int]]

    @classmethod
    def of(cls, pupils: Sequence[Pupil], carers: Sequence[int], member: Membership) -> _Found:
        seen = enrolments_seen(pupils, member).order_by().values("pk")
        on_roll = Enrolment.objects.on_roll(member.on).filter(pk__in=seen).select_related("school", "standing")
        circumstances = Circumstance.objects.on(member.on).filter(pupil__in=pupils).order_by("kind", "pk")
        cases = with_people(Case.objects.visible_to(member).open().filter(pupil__in=pupils), member.on)
        links = standing_links(member.on).filter(pupil__in=pupils, carer__in=carers)
        return cls(_by_record(on_roll.order_by("pk")), _by_record(circumstances), _by_record(cases), _carers(links))

    def child(self, group: Sequence[Pupil], names: Mapping[int, str]) -> Child:
        """names: of the parents and carers on the page, by key; none for the child the page is about."""
        keys = [one.pk for one in group]
        shared = {names[carer] for key in keys for carer in self.carers.get(key, ()) if carer in names}
        return Child(
            pupil=group[0],
            records=keys,
            enrolments=[one for key in keys for one in self.enrolments.get(key, ())],
            circumstances=[one for key in keys for one in self.circumstances.get(key, ())],
            cases=[one for key in keys for one in self.cases.get(key, ())],
            shared=sorted(shared),
        )


def _by_record(rows: Any) -> dict[uuid.UUID, list[Any]]:
    found: defaultdict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.pupil_id].append(row)
    return found


def _carers(links: Any) -> dict[uuid.UUID, list[int]]:
    found: defaultdict[uuid.UUID, list[int]] = defaultdict(list)
    for pupil, carer in links.values_list("pupil", "carer"):
        found[pupil].append(carer)
    return found


def _adults(people: Sequence[FamilyMember], member: Membership) -> list[Adult]:
    """Each person once: linked records of the child may both name them."""
    once = {one.link.carer_id: one for one in reversed(people)}
    return [Adult(one, _contact(one, member)) for one in reversed(once.values())]


def _contact(one: FamilyMember, member: Membership) -> dict[str, str]:
    """Contact details without the address where the member neither keeps addresses nor visits that home.

    Whoever leads cases may have to visit the home that the child lives in; where another parent lives is for those
    who keep the families' records alone.
    """
    keeps = member.may(Permission.FAMILY_CHANGE)
    visits = member.may(Permission.CASE_LEAD) and one.link.lives_with is True
    return one.contact if keeps or visits else {**one.contact, "address": ""}


def family_panel(pupils: Sequence[Pupil], member: Membership) -> Panel:
    """On a pupil's page, the way to the whole family, for those who may see cases."""
    may_see = member.may(Permission.CASE_SEE)
    ways = {pupil.pk: [reverse("family_view", args=[pupil.pk])] for pupil in pupils} if may_see else {}
    return Panel("Family view", "casework/panels/family.html", ways)


def family_part(case: Case, _: Membership) -> Part | None:
    """On a case's page, the same; from there one goes back to the case."""
    there, back = reverse("family_view", args=[case.pupil_id]), reverse("case_page", args=[case.pk])
    return Part("Family view", "casework/parts_family.html", f"{there}?next={back}")
