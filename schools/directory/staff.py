"""Who works for or with which school: every write of a `SchoolMembership`. Rows are ended, never deleted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from attendance_portal.roles import Permission
from schools.models import School, SchoolMembership

Capacity = SchoolMembership.Capacity
ONE_DAY = dt.timedelta(days=1)


def capacity_of(member: Membership) -> str:
    """In which capacity this member is given a school. Refuses roles that have no schools of their own."""
    if member.is_of_a_school:
        return Capacity.STAFF
    if member.may(Permission.MEETING_ARRANGE):
        return Capacity.NAMED_OFFICER
    raise Refused(f"{member.role_label} is not a role with schools of its own.")


def schools_of(member: Membership, *, on: dt.date) -> list[SchoolMembership]:
    """A member's own schools from this day on (those that begin later too), cover left out, by name."""
    rows = SchoolMembership.objects.filter(membership=member).exclude(capacity=Capacity.COVER)
    return [row for row in rows.select_related("school").order_by("school__name") if _is_to_come(row, on)]


def _is_to_come(row: SchoolMembership, on: dt.date) -> bool:
    return row.until_on is None or row.until_on >= on


def give_school(member: Membership, school: School, *, by: Membership | None, on: dt.date) -> SchoolMembership:
    """Give a member a school from this day. A named officer takes over from the one before."""
    row = _give(member, school, on=on)
    words = f"{member.name} works for {school.name} from {on:%-d %B %Y}."
    record("give_school", by=by, words=words, subject=school, member=str(member.pk))
    return row


def end_school(row: SchoolMembership, *, by: Membership | None, on: dt.date) -> None:
    """End a member's work for a school: the day before `on` is the last."""
    _end([row], on=on)
    words = f"{row.membership.name} no longer works for {row.school.name} from {on:%-d %B %Y}."
    record("end_school", by=by, words=words, subject=row.school, member=str(row.membership_id))


def change_schools(member: Membership, schools: Iterable[School], *, by: Membership, on: dt.date) -> None:
    """Make these a member's schools from this day: others end, new ones begin."""
    held = {row.school_id: row for row in schools_of(member, on=on)}
    wanted = {school.pk: school for school in schools}
    ended = [row for pk, row in held.items() if pk not in wanted]
    begun = [school for pk, school in wanted.items() if pk not in held]
    _end(ended, on=on)
    for school in begun:
        _give(member, school, on=on)
    parts = [f"began {school.name}" for school in begun] + [f"ended {row.school.name}" for row in ended]
    words = f"Schools of {member.name} from {on:%-d %B %Y}: {', '.join(parts) or 'no change'}."
    record("change_schools", by=by, words=words, subject=member)


def hand_on_schools(leaver: Membership, to: Membership | None, *, by: Membership, on: dt.date) -> None:
    """End all of a leaver's schools; those they were the named officer of go to `to`.

    Staff of a school leave theirs; so does whoever covers.
    """
    open_rows = SchoolMembership.objects.filter(membership=leaver).select_related("school")
    rows = [row for row in open_rows if _is_to_come(row, on)]
    named = [row.school for row in rows if row.capacity == Capacity.NAMED_OFFICER]
    if named and to is None:
        raise Refused(f"{leaver.name} is the named officer of {len(named)} schools: say who takes them over.")
    _end(rows, on=on)
    for school in named:
        _give(to, school, on=on)  # type: ignore[arg-type]  # refused above
    names = ", ".join(row.school.name for row in rows)
    if names:
        words = f"Schools of {leaver.name} ended: {names}." + (f" {to.name} takes over." if named and to else "")
        record("hand_on_schools", by=by, words=words, subject=leaver)


def cover_schools(
    away: Membership, cover: Membership, *, from_on: dt.date, until_on: dt.date | None, by: Membership
) -> list[SchoolMembership]:
    """Let a colleague stand in for each of a member's schools on these days (both inclusive; no end: for now)."""
    rows = [
        SchoolMembership(
            membership=cover,
            school=row.school,
            capacity=Capacity.COVER,
            from_on=max(from_on, row.from_on),
            until_on=until_on,
            reason=_covers_for(away),
        )
        for row in schools_of(away, on=from_on)
        if until_on is None or row.from_on <= until_on
    ]
    SchoolMembership.objects.bulk_create(rows)
    names = ", ".join(row.school.name for row in rows) or "no schools"
    record("cover_schools", by=by, words=f"{cover.name} covers for {away.name}: {names}.", subject=away)
    return rows


def end_cover(away: Membership, *, by: Membership, on: dt.date) -> None:
    """End whatever cover stands, or is to come, for a member; nothing happens where there is none."""
    covers = SchoolMembership.objects.filter(
        capacity=Capacity.COVER, membership=away.covered_by, reason=_covers_for(away)
    )
    rows = [row for row in covers if _is_to_come(row, on)]
    _end(rows, on=on)
    if rows:
        record("end_cover", by=by, words=f"Cover for {away.name} ended.", subject=away)


def _covers_for(away: Membership) -> str:
    return f"Covers for {away.name}"[:200]


def _give(member: Membership, school: School, *, on: dt.date) -> SchoolMembership:
    """A row from this day, unless the member has the school already. A school has one named officer."""
    capacity = capacity_of(member)
    held = SchoolMembership.objects.filter(school=school, capacity=capacity)
    standing = [row for row in held.select_related("school") if _is_to_come(row, on)]
    own = next((row for row in standing if row.membership_id == member.pk and row.until_on is None), None)
    if own is not None:
        return own
    if capacity == Capacity.NAMED_OFFICER:
        _end(standing, on=on)
    row: SchoolMembership = SchoolMembership.objects.create(
        membership=member, school=school, capacity=capacity, from_on=on
    )
    return row


def _end(rows: Iterable[SchoolMembership], *, on: dt.date) -> None:
    """The day before is the last, or the first day itself where the row began on `on` or later."""
    for row in rows:
        row.until_on = max(row.from_on, on - ONE_DAY)
        row.save(update_fields=["until_on"])
