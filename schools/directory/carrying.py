"""Letting the roll of a school that was taken over whole go on at the school that followed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import Q

from attendance_portal.audit import record
from attendance_portal.days import year_of
from attendance_portal.models import Membership
from schools.banding import band_schools
from schools.models import Enrolment
from schools.stored.known import note_dates
from schools.stored.registers import hold_registers
from schools.stored.takeovers import Takeover, takeovers


def carry_rolls(*, on: dt.date, by: Membership | None) -> list[str]:
    """Let every roll that was taken over go on at the school that followed, once; a sentence for each.

    Enrolments of a school that was taken over in an earlier academic year only end: who came along then is told by
    the new school's own files.
    """
    return [words for one in takeovers(on) if (words := _carry(one, on=on, by=by))]


def _carry(one: Takeover, *, on: dt.date, by: Membership | None) -> str:
    hold_registers([one.before.pk, one.after.pk])  # before an enrolment is written, as whoever stores a file does
    still_open = Q(leaving_on=None) | Q(leaving_on__gt=one.last_on)
    begun = Q(admission_on=None) | Q(admission_on__lte=one.last_on)
    ending = list(Enrolment.objects.filter(still_open, begun, school=one.before).select_related("pupil"))
    if not ending:
        return ""
    going_on = _new(one, ending) if one.first_on >= dt.date(year_of(on), 8, 1) else []
    for enrolment in ending:
        enrolment.leaving_on, enrolment.destination = one.last_on, one.destination
    note_dates(ending, by=by, why=f"{one.before} closed, and {one.after} took its place.")
    Enrolment.objects.bulk_update(ending, ["leaving_on", "destination"], batch_size=1000)
    Enrolment.objects.bulk_create(going_on, batch_size=1000)
    words = f"{len(ending)} enrolments of {one.before} (URN {one.before.urn}) ended with its last day; "
    words += f"{len(going_on)} go on at {one.after} (URN {one.after.urn})."
    record("carry_roll", by=by, words=words, subject=one.after, pupils=[each.pupil_id for each in ending])
    band_schools([one.before.pk, one.after.pk], on=on)
    return words


def _new(one: Takeover, ending: Iterable[Enrolment]) -> list[Enrolment]:
    """Enrolments at the new school of those whom it has not enrolled itself; who is to leave leaves there."""
    there = Enrolment.objects.filter(school=one.after).exclude(leaving_on__lt=one.first_on)
    known = set(there.values_list("pupil", flat=True))
    return [
        Enrolment(
            pupil=each.pupil, school=one.after, local_id=each.local_id, year_group=each.year_group,
            reg_group=each.reg_group, admission_on=one.first_on, leaving_on=each.leaving_on,
            destination=each.destination,
        )
        for each in ending
        if each.pupil_id not in known
    ]  # fmt: skip
