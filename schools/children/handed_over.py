"""Years of a child at schools of another authority, as that authority handed them over: read, never stored as ours.

They count in the child's own figures. No school's figures, no standing and no official figure knows of them.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.utils import timezone

from attendance_portal.models import Membership
from attendance_portal.roles import Permission
from schools.children.childs_year import ChildsYear
from schools.models import Enrolment, HandOverAnswer, HandOverContents, Pupil, School
from schools.register.measures import Totals
from schools.stored.parcels import COUNTED, HandedYear, Parcel, unpack


@dataclass(frozen=True)
class Handed:
    """What was accepted of a child and not ended since: by whom it was handed over, as it stood on which day."""

    hand_over: uuid.UUID
    sender: str
    as_of: dt.date
    accepted_on: dt.date
    parcel: Parcel


@dataclass(frozen=True, kw_only=True)
class YearElsewhere(ChildsYear):
    """A year at another authority's school. Its enrolment and school are told of, and are no rows of ours."""

    sender: str
    as_of: dt.date


def handed_over(records: Sequence[Pupil], member: Membership, *, known_on: dt.date | None = None) -> list[Handed]:
    """What other authorities handed over of this child, the latest first; nothing for a school's own people. One query.

    What they have restricted since, while our record is open to all, is for those who may hold restricted records.
    known_on: what had been accepted by the end of that day.
    """
    if member.is_of_a_school:
        return []
    rows = HandOverContents.received.filter(
        hand_over__answers__pupil__in=records,
        hand_over__answers__verdict=HandOverAnswer.Verdict.ACCEPTED,
        hand_over__answers__ended_at=None,
        hand_over__ended_at=None,
    )
    if not member.may(Permission.RECORD_RESTRICT):
        rows = rows.exclude(hand_over__is_restricted=True, hand_over__answers__pupil__is_restricted=False)
    told = rows.order_by("-hand_over__offered_at", "-pk").values_list(*_TOLD)
    found = [_handed(*row) for row in told]
    return [one for one in found if known_on is None or one.accepted_on <= known_on]


_TOLD = (
    "hand_over", "hand_over__authority__name", "hand_over__offered_at", "hand_over__answers__answered_at", "packed",
)  # fmt: skip


def _handed(key: uuid.UUID, sender: str, offered_at: dt.datetime, accepted_at: dt.datetime, packed: bytes) -> Handed:
    return Handed(key, sender, timezone.localdate(offered_at), timezone.localdate(accepted_at), unpack(packed))


def years_elsewhere(handed: Sequence[Handed]) -> list[YearElsewhere]:
    """The years at other authorities' schools; of a year that was handed over twice the later telling."""
    found: dict[tuple[object, ...], YearElsewhere] = {}
    for one in handed:
        for told in one.parcel.years:
            key = one.sender, told.stay.urn, told.stay.admission_on, told.year
            found.setdefault(key, _year(told, one, -len(found) - 1))
    return list(found.values())


def _year(told: HandedYear, one: Handed, place: int) -> YearElsewhere:
    """`place`, below nought, tells these apart on a page as the keys of rows do."""
    stay = told.stay
    enrolment = Enrolment(
        pk=place, school=School(name=f"{stay.school}, {one.sender}"), year_group=stay.year_group,
        admission_on=stay.admission_on, leaving_on=stay.leaving_on,
    )  # fmt: skip
    counts = {name: np.array([told.counts[name]], np.int32) for name in COUNTED}
    return YearElsewhere(
        enrolment=enrolment,
        year=told.year,
        as_at=told.as_at,
        marks=np.frombuffer(told.marks, np.uint8).reshape(1, -1),
        open=told.open_half_days().reshape(1, -1),
        totals=Totals(**counts),
        sender=one.sender,
        as_of=one.as_of,
    )
