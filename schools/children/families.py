"""A child's family: parents and carers as people of their own, entered and changed, and siblings through them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from schools.children.told_homes import Home, told_among
from schools.models import Carer, CarerLink, Pupil, School
from schools.stored.same_child import records_of

CONTACT = ("email", "telephone", "address")
OF_THE_LINK = ("relationship", "parental_responsibility", "lives_with", "must_not_know", "must_not_know_why")
MOST_OFFERED = 30


@dataclass(frozen=True)
class FamilyMember:
    """A parent or carer of a child. `withheld`: what of `CONTACT` would tell where a restricted child lives."""

    link: CarerLink
    withheld: frozenset[str] = frozenset()

    @property
    def carer(self) -> Carer:
        return self.link.carer

    @property
    def contact(self) -> dict[str, str]:
        """E-mail, telephone and address as far as they may be shown."""
        return {name: "" if name in self.withheld else getattr(self.carer, name) for name in CONTACT}


def standing_links(on: dt.date) -> QuerySet[CarerLink]:
    """The links between carers and children that have not ended."""
    links: QuerySet[CarerLink] = CarerLink.objects.filter(Q(until_on=None) | Q(until_on__gte=on))
    return links


def family_of(records: Sequence[Pupil], member: Membership) -> list[FamilyMember]:
    """The child's parents and carers. Two queries; three where a hidden home has a name."""
    links = list(standing_links(member.on).filter(pupil__in=records).select_related("carer", "pupil").order_by("pk"))
    homes = _homes_by_carer(member) if links else {}
    return [FamilyMember(link, _withheld(link.carer, homes)) for link in links]


def _withheld(carer: Carer, homes: Mapping[int, Home]) -> frozenset[str]:
    """All contact details of whoever lives with such a child; of another what says the same, as where they live too."""
    if carer.pk in homes:
        return frozenset(CONTACT)
    told = told_among(list(homes.values()), [getattr(carer, name) for name in CONTACT])
    return frozenset(CONTACT[at] for at in told)


def _hidden_homes(member: Membership) -> QuerySet[CarerLink]:
    """The links of restricted children whom the member does not hold with those they live with."""
    unseen = Pupil.objects.filter(is_restricted=True).exclude(
        pk__in=Pupil.objects.not_withheld_from(member).values("pk")
    )
    found: QuerySet[CarerLink] = standing_links(member.on).filter(pupil__in=unseen).exclude(lives_with=False)
    return found


def would_tell_a_home(pupil: Pupil, texts: Iterable[str], member: Membership) -> bool:
    """Whether texts kept of a child tell where a restricted one lives whom the member does not hold, as of today.

    They may where the two have a parent or carer in common, now or before, and where the contact details of somebody
    the restricted child lives with stand in them. Four queries at most, two where nobody is restricted.
    """
    hidden = _hidden_homes(member)
    homes = homes_hidden_from(member)
    if not homes:
        return False
    family = CarerLink.objects.filter(pupil__in=records_of(pupil)).values("carer")
    return bool(told_among(homes, ["\n".join(texts)])) or hidden.filter(carer__in=family).exists()


def homes_told(texts: Sequence[str], member: Membership) -> set[int]:
    """Which of these texts, by their places, hold contact details of somebody with whom a restricted child lives whom
    the member does not hold. Two queries at most."""
    return told_among(homes_hidden_from(member), texts)


def homes_hidden_from(member: Membership) -> list[Home]:
    """The contact details of everybody with whom such a child lives. One query; two where a home has a name."""
    return list(_homes_by_carer(member).values())


def _homes_by_carer(member: Membership) -> dict[int, Home]:
    kept = _hidden_homes(member).values_list("carer", *(f"carer__{name}" for name in ("telephone", "email", "address")))
    homes = {carer: Home(*contact) for carer, *contact in kept.order_by("carer").distinct()}
    if not any(home.has_a_name for home in homes.values()):
        return homes
    of_schools = School.objects.values_list("name", "area", "address")
    places = (member.authority.name, *{place for school in of_schools for place in school if place})
    return {carer: replace(home, places=places) for carer, home in homes.items()}


def siblings_of(records: Sequence[Pupil], member: Membership) -> QuerySet[Pupil]:
    """Children of the same carers, those the member may see."""
    links = standing_links(member.on)
    carers = links.filter(pupil__in=records).values("carer")
    theirs = links.filter(carer__in=carers).values("pupil")
    seen = Pupil.objects.visible_to(member).filter(pk__in=theirs)
    found: QuerySet[Pupil] = seen.exclude(pk__in=[one.pk for one in records]).order_by("sort_key", "pk")
    return found


def carers_offered(pupil: Pupil, member: Membership) -> list[CarerLink]:
    """People held already who may be a carer of this child too: those of children of the same surname."""
    fellows = Pupil.objects.visible_to(member).filter(surname__iexact=pupil.surname).exclude(pk=pupil.pk)
    held = standing_links(member.on).filter(pupil=pupil).values("carer")
    links = standing_links(member.on).filter(pupil__in=fellows).exclude(carer__in=held)
    return list(links.select_related("carer", "pupil").order_by("carer__name", "pk")[:MOST_OFFERED])


@transaction.atomic
def add_carer(
    pupil: Pupil, *, carer: Carer | None, person: Mapping[str, str], link: Mapping[str, Any], by: Membership
) -> None:
    """Put a parent or carer to a child: a person held already, or a new one (`person`: name and contact details)."""
    is_new = carer is None
    carer = carer or Carer.objects.create(**person)
    CarerLink.objects.update_or_create(pupil=pupil, carer=carer, defaults={**link, "until_on": None})
    words = "Added a parent or carer." if is_new else "Put a parent or carer of another child to this one too."
    record("add_carer", by=by, words=words, subject=pupil, pupils=[pupil])


@transaction.atomic
def change_carer(one: CarerLink, *, person: Mapping[str, str], link: Mapping[str, Any], by: Membership) -> None:
    """Change what is held of a person, for every child of theirs, and what they are to this child."""
    Carer.objects.filter(pk=one.carer_id).update(**person)
    CarerLink.objects.filter(pk=one.pk).update(**link)
    record("change_carer", by=by, words="Changed a parent or carer.", subject=one.pupil, pupils=_children_of(one))


@transaction.atomic
def end_carer(one: CarerLink, *, reason: str, by: Membership, on: dt.date) -> None:
    """The person is no carer of this child any more, or never was. What was held is kept."""
    if not CarerLink.objects.filter(pk=one.pk, until_on=None).update(until_on=on - dt.timedelta(days=1)):
        raise Refused("This was ended before.")
    words = "Took a parent or carer off a child's record."
    record("end_carer", by=by, words=words, subject=one.pupil, pupils=[one.pupil_id], reason=reason)


def _children_of(one: CarerLink) -> list[uuid.UUID]:
    return list(CarerLink.objects.filter(carer=one.carer_id).values_list("pupil", flat=True))
