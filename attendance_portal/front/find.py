"""Finding a child by name, UPN or the school's own number, among those that a person may see and no others."""

from __future__ import annotations

from django.db.models import F, Prefetch, Q, QuerySet

from attendance_portal.models import Membership
from attendance_portal.upn import tidy
from schools.children.restrictions import withheld_from
from schools.models import Enrolment, FormerUpn, Pupil, PupilNameKey, School
from schools.stored.names import KEY_LENGTH, search_parts
from schools.stored.same_child import groups_of, hidden_and_shown, open_pairs

MOST_PARTS = 6
PAGE_SIZE = 20


def children_found(member: Membership, typed: str) -> QuerySet[Pupil]:
    """The children whom `typed` may mean, by name, with the enrolments that this member may know of.

    Parts of names in any order, each by its first letters; a UPN, also a former one, and a school's own number
    only when whole. Children beyond this member's sight take no part in the search, so nothing tells of them.
    """
    enrolments = enrolments_known_to(member)
    upn = tidy(typed)
    by_number = Q(pk__in=enrolments.filter(local_id=typed).values("pupil"))
    by_upn = Q(upn=upn) | Q(pk__in=FormerUpn.objects.filter(upn=upn).values("pupil"))
    means = by_number | by_upn | _by_name(search_parts(typed)[:MOST_PARTS])
    found = Pupil.objects.visible_to(member).filter(_as_one(member, means))
    with_schools = enrolments.select_related("school", "standing").order_by(F("leaving_on").desc(nulls_first=True))
    named: QuerySet[Pupil] = found.order_by("sort_key", "pk")
    return named.prefetch_related(Prefetch("enrolments", with_schools, to_attr="known"))


def _as_one(member: Membership, means: Q) -> Q:
    """Linked records are one child: the first that the member sees stands for all, whichever of them was meant."""
    groups = groups_of(open_pairs())
    if not groups:
        return means
    seen = Pupil.objects.visible_to(member).filter(pk__in=list(groups))
    meant = list(seen.filter(means).values_list("pk", flat=True))
    hidden, shown = hidden_and_shown(meant, set(seen.values_list("pk", flat=True)), groups)
    return means & ~Q(pk__in=hidden) | Q(pk__in=shown)


def restricted_with(member: Membership, typed: str) -> Pupil | None:
    """The restricted record of exactly this UPN, where the member may break the glass to it.

    A former UPN tells nothing: an adopted child's must not lead to the new one.
    """
    return withheld_from(member).filter(upn=tidy(typed)).first()


def enrolments_known_to(member: Membership) -> QuerySet[Enrolment]:
    """The enrolments a member may know of: a school's own people only those at their schools."""
    enrolments = Enrolment.objects.all()
    return enrolments.filter(school__in=School.objects.of(member)) if member.is_of_a_school else enrolments


def _by_name(parts: list[str]) -> Q:
    """Children who have a part of their name for each part typed.

    The first letters are compared by equality, which finds them by index; what is left is then compared in full.
    """
    every = Q(pk__in=[]) if not parts else Q()
    for part in parts:
        keys = PupilNameKey.objects.filter(key=part[:KEY_LENGTH]).values("pupil")
        begins = Q(sort_key__startswith=part) | Q(sort_key__contains=f" {part}")
        every &= Q(pk__in=keys) & begins
    return every


def is_too_short(typed: str) -> bool:
    """Whether no part has three letters: then only whole short names can be found."""
    return all(len(part) < KEY_LENGTH for part in search_parts(typed))
