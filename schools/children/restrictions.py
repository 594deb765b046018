"""Restricted records: restrict, name the few who hold one, lift it, and break the glass for a day.

A restricted child is in no list but those of the named few (architecture section 10). Whoever else must see the
record at once says why, and those who hold it are told at once.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from attendance_portal import messages
from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from attendance_portal.roles import PERMISSIONS, Permission, Role
from attendance_portal.tenancy import current_authority_id
from schools.models import BrokenGlass, Enrolment, HandOver, Pupil, PupilAccess, Restriction, SchoolMembership
from schools.stored.same_child import records_of
from schools.stored.turns import hold_linked_records

HOLDS: Final = "Holds the restricted record"
BROKE: Final = "Broke the glass for the day"
ONE_DAY = dt.timedelta(days=1)
# Who may be named beside the staff of the child's schools and those who were given sight of the child already.
_NAMEABLE = (Role.TEAM_LEADER, Role.ADMIN, Role.OFFICER, Role.LEGAL, Role.VIRTUAL_SCHOOL, Role.MANAGER)


def restrictable_by(member: Membership) -> QuerySet[Pupil]:
    """Every child of the authority but the restricted ones that this member does not hold.

    Breaking the glass is to see, and never to hold: else anybody could lift what was kept from them.
    """
    if not member.may(Permission.RECORD_RESTRICT):
        return Pupil.objects.none()
    return Pupil.objects.filter(is_restricted=False) | held_by(member)


def held_by(member: Membership) -> QuerySet[Pupil]:
    """The restricted children whom this member is named to hold; those of a broken glass left out."""
    grants = PupilAccess.objects.on(member.on).filter(membership=member).exclude(reason=BROKE).values("pupil")
    found: QuerySet[Pupil] = Pupil.objects.filter(is_restricted=True, pk__in=grants)
    return found


def holders_changed_by(member: Membership) -> QuerySet[Pupil]:
    """As `restrictable_by`; and for an administrator a record too that nobody who works here could lift any more."""
    found = restrictable_by(member)
    return found | _stuck(member.on) if member.role == Role.ADMIN else found


def _stuck(on: dt.date) -> QuerySet[Pupil]:
    held = _grants(on).filter(membership__in=_able().order_by().values("pk"))
    found: QuerySet[Pupil] = Pupil.objects.filter(is_restricted=True).exclude(pk__in=held.values("pupil"))
    return found


def _grants(on: dt.date) -> QuerySet[PupilAccess]:
    """Those that make somebody hold a restricted record: a glass that was broken does not."""
    found: QuerySet[PupilAccess] = PupilAccess.objects.on(on).exclude(reason=BROKE)
    return found


def _able() -> QuerySet[Membership]:
    """Those who work here and may lift a restriction that they hold."""
    return _people().filter(role__in=[role for role in Role if Permission.RECORD_RESTRICT in PERMISSIONS[role]])


def held_alone_by(member: Membership, *, on: dt.date) -> QuerySet[Pupil]:
    """The restricted children whose record nobody else who works here could lift, were this member to leave."""
    if not member.may(Permission.RECORD_RESTRICT):
        return Pupil.objects.none()
    others = _grants(on).filter(membership__in=_able().exclude(pk=member.pk).order_by().values("pk"))
    mine = Pupil.objects.filter(is_restricted=True, pk__in=_grants(on).filter(membership=member).values("pupil"))
    found: QuerySet[Pupil] = mine.exclude(pk__in=others.values("pupil"))
    return found


def successors_of(member: Membership, *, by: Membership) -> list[Membership]:
    """Who could hold what this member holds alone. Whoever asks (`by`) only where nobody else works here.

    Else who manages staff could come to see any restricted child by ending an account. Who is away may hold it too:
    whoever asks could have marked them away.
    """
    able = [one for one in _able() if one.pk != member.pk]
    return [one for one in able if one.user_id != by.user_id] or able


def withheld_from(member: Membership) -> QuerySet[Pupil]:
    """The restricted children whom this member does not hold, for those who may break the glass; else none."""
    restricted: QuerySet[Pupil] = Pupil.objects.filter(is_restricted=True)
    if not member.may(Permission.GLASS_BREAK):
        return restricted.none()
    return restricted.exclude(pk__in=Pupil.objects.not_withheld_from(member).values("pk"))


def holders_of(pupil: Pupil, *, on: dt.date) -> list[Membership]:
    """Everyone who may see this restricted child on that day, by name; those of a broken glass left out."""
    grants = PupilAccess.objects.on(on).filter(pupil=pupil).exclude(reason=BROKE).values("membership")
    return list(_people().filter(pk__in=grants))


def people_to_name(pupil: Pupil, *, on: dt.date) -> list[Membership]:
    """Who can be named to hold the record: the service, staff of the child's schools, who sees the child already."""
    schools = Enrolment.objects.filter(pupil=pupil).values("school")
    staff = SchoolMembership.objects.on(on).filter(school__in=schools).values("membership")
    granted = PupilAccess.objects.standing(on).filter(pupil=pupil).exclude(reason=BROKE).values("membership")
    return list(_people().filter(Q(role__in=_NAMEABLE) | Q(pk__in=staff) | Q(pk__in=granted)))


def restriction_shown(pupil: Pupil, member: Membership) -> dict[str, Any] | None:
    """What a restricted child's page says of it: who holds the record and who broke the glass; None if it is open."""
    if not pupil.is_restricted:
        return None
    opened = BrokenGlass.objects.filter(pupil=pupil).select_related("membership__user").order_by("-at")
    return {
        "one": Restriction.objects.filter(pupil=pupil, lifted_on=None).first(),
        "holders": [one.name for one in holders_of(pupil, on=member.on)],
        "opened": list(opened),
        "may_change": restrictable_by(member).filter(pk=pupil.pk).exists(),
    }


def _people() -> QuerySet[Membership]:
    working = Membership.objects.working().with_people().filter(authority=current_authority_id())
    return working.order_by("user__name", "pk").distinct()


def _records(pupil: Pupil) -> list[Pupil]:
    """This record and those linked with it, as they stand and in turn: a child is restricted as a whole."""
    hold_linked_records()
    pupil.refresh_from_db(fields=["is_restricted"])
    return list(Pupil.objects.filter(pk__in=records_of(pupil)))


def _restricted(pupil: Pupil) -> list[Pupil]:
    """As `_records`, of a restricted record; else refuses."""
    records = _records(pupil)
    if not pupil.is_restricted:
        raise Refused("This record is not restricted, or the restriction was lifted meanwhile.")
    return records


@transaction.atomic
def restrict_record(
    pupil: Pupil, *, kind: str, reason: str, holders: Sequence[Membership], by: Membership, on: dt.date
) -> None:
    """Restrict a child's record: from now on only these people see it. Refuses one that is restricted already.

    What was handed over of it before can be read there by those alone who may hold restricted records.
    """
    records = _records(pupil)
    if any(one.is_restricted for one in records):
        raise Refused("This record is restricted already. Change who holds it, or lift the restriction first.")
    for one in records:
        Restriction.objects.create(pupil=one, kind=kind, reason=reason, restricted_on=on, restricted_by=by)
        _name(one, holders, on=on)
    Pupil.objects.filter(pk__in=[one.pk for one in records]).update(is_restricted=True)
    HandOver.objects.filter(pupil__in=records).update(is_restricted=True)
    words = f"Restricted a record, held by {_names(holders)}."
    record("restrict_record", by=by, words=words, subject=pupil, pupils=records, reason=reason, kind=kind)


@transaction.atomic
def change_holders(pupil: Pupil, *, holders: Sequence[Membership], reason: str, by: Membership, on: dt.date) -> None:
    """Make these the people who hold a restricted record, from this day."""
    records = _restricted(pupil)
    for one in records:
        _name(one, holders, on=on)
    words = f"A restricted record is held by {_names(holders)}."
    record("change_holders", by=by, words=words, subject=pupil, pupils=records, reason=reason)


@transaction.atomic
def hand_on_records(member: Membership, to: Membership | None, *, by: Membership, on: dt.date) -> int:
    """Who leaves hands on what nobody else could lift, and holds it no longer. Returns how many records.

    Nobody else gains sight, and what others hold too stays with them. Refused without somebody who may hold them.
    """
    mine = Pupil.objects.filter(pk__in=_grants(on).filter(membership=member).values("pupil"), is_restricted=True)
    list(mine.select_for_update(of=("self",)).order_by("pk"))  # so that two holders cannot both leave at one moment
    records = list(held_alone_by(member, on=on))
    if not records:
        return 0
    if to is None or to not in successors_of(member, by=by):
        raise Refused(f"{member.name} holds restricted records that nobody else could lift. Choose who holds them.")
    grants = PupilAccess.objects.filter(Q(until_on=None) | Q(until_on__gte=on), pupil__in=records, membership=member)
    _end(grants.filter(reason=HOLDS), on)
    grants.exclude(reason__in=(HOLDS, BROKE)).update(is_withheld=True)
    PupilAccess.objects.bulk_create(
        PupilAccess(pupil=one, membership=to, reason=HOLDS, from_on=on) for one in records
    )  # fmt: skip
    words = f"{len(records)} restricted records of {member.name} are held by {_names([to])}."
    record("hand_on_records", by=by, words=words, subject=member, pupils=records)
    return len(records)


@transaction.atomic
def lift_restriction(pupil: Pupil, *, reason: str, by: Membership, on: dt.date) -> None:
    """End a restriction: whoever may see children like this one sees the record again."""
    records = _restricted(pupil)
    keys = [one.pk for one in records]
    Restriction.objects.filter(pupil__in=keys, lifted_on=None).update(lifted_on=on, lifted_by=by, lifted_because=reason)
    Pupil.objects.filter(pk__in=keys).update(is_restricted=False)
    _end(PupilAccess.objects.filter(pupil__in=keys, reason=HOLDS), on)
    PupilAccess.objects.filter(pupil__in=keys, is_withheld=True).update(is_withheld=False)
    record("lift_restriction", by=by, words="Lifted a restriction.", subject=pupil, pupils=records, reason=reason)


@transaction.atomic
def break_glass(pupil: Pupil, *, reason: str, by: Membership, on: dt.date, at: dt.datetime) -> None:
    """See a restricted child for this day only, whichever of the linked records was asked for: who must act at once
    must not act on half of what is held. Those who hold a record are told at once, in a message without names."""
    others = withheld_from(by).filter(pk__in=[one.pk for one in _restricted(pupil)]).exclude(pk=pupil.pk)
    opened = [pupil, *others]
    for one in opened:
        BrokenGlass.objects.create(pupil=one, membership=by, reason=reason, on=on, at=at)
        PupilAccess.objects.create(pupil=one, membership=by, reason=BROKE, from_on=on, until_on=on)
    words = "Broke the glass: opened a restricted record for the day."
    record("break_glass", by=by, words=words, subject=pupil, pupils=opened, reason=reason)
    # Two linked records may have been restricted, and named, before they were linked: each holder is told once.
    told = {holder: one for one in reversed(opened) for holder in holders_of(one, on=on)}
    for holder, one in told.items():
        _alert(holder, one, by)


def _name(pupil: Pupil, holders: Collection[Membership], *, on: dt.date) -> None:
    """Give sight of the child to these alone. What others were given, whatever for, waits until it is lifted."""
    if not any(one.may(Permission.RECORD_RESTRICT) for one in holders):
        raise Refused("Name at least one team leader or authority administrator: else nobody could lift it again.")
    standing = PupilAccess.objects.filter(Q(until_on=None) | Q(until_on__gte=on), pupil=pupil)
    others = standing.exclude(membership__in=holders)
    _end(others.filter(reason__in=(HOLDS, BROKE)), on)
    others.exclude(reason__in=(HOLDS, BROKE)).update(is_withheld=True)
    held = set(standing.filter(reason=HOLDS, from_on__lte=on).values_list("membership", flat=True))
    PupilAccess.objects.bulk_create(
        PupilAccess(pupil=pupil, membership=one, reason=HOLDS, from_on=on) for one in holders if one.pk not in held
    )


def _end(grants: QuerySet[PupilAccess], on: dt.date) -> None:
    """At once: the day before is the last."""
    grants.filter(Q(until_on=None) | Q(until_on__gte=on)).update(until_on=on - ONE_DAY)


def _names(people: Iterable[Membership]) -> str:
    return ", ".join(f"{one.name} ({one.role_label})" for one in people)


def _alert(holder: Membership, pupil: Pupil, by: Membership) -> None:
    page = reverse("pupil_page", args=[pupil.pk]) if holder.may(Permission.PUPIL_SEE) else reverse("restricted_records")
    body = (
        f"Hello {holder.name},\n\n{by.name} ({by.role_label}) opened a restricted record that you hold, for today "
        f"only. The reason they gave is on the record's page:\n\n{settings.PORTAL_ADDRESS}{page}\n\nIf it should not "
        f"have been opened, say so at once.\n\nAttendance portal, {holder.authority}\n"
    )
    subject = "A restricted record that you hold was opened"
    messages.write(to_name=holder.name, to_email=holder.user.email, subject=subject, body=body)
