"""Leaving dates of an academic year that is over, told only in the next: the rollover of a system comes late."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import Final

from attendance_portal.days import year_of
from schools.connectors import StudentThere
from schools.models import Enrolment, School, SyncRun

TOLD_LATE: Final = "told_late"
"""Among a run's counts: the source's ids of those of whose leaving in the year before it told since the last run."""


def told_late(page: Iterable[StudentThere], run: SyncRun) -> set[str]:
    """Of leavers that a run was told of those who left in the academic year before it."""
    before = year_of(run.started_at.date()) - 1
    return {one.source_id for one in page if one.left_on and year_of(one.left_on) == before}


def held_otherwise(
    school: School, gone: Sequence[StudentThere], others: Sequence[StudentThere], *, told_late: Collection[str]
) -> list[StudentThere]:
    """Of those who left before the year those whom the roll still holds, or (`told_late`) with another leaving date.

    The latest entry of a child alone says how the stay ended, and none where `others` has one, on roll or of the year.
    One query.
    """
    if not gone:
        return []
    stays = _stays(school, told_late)
    taken = {key for one in others for key in _keys(one)}
    found = []
    for one in sorted(gone, key=lambda one: one.left_on or dt.date.min, reverse=True):
        keys = _keys(one) & stays.keys()
        if keys and taken.isdisjoint(keys):
            taken |= keys
            if _ends(one, [stay for key in keys for stay in stays[key]], one.source_id in told_late):
                found.append(one)
    return found


Stay = tuple[dt.date | None, dt.date | None]


def _stays(school: School, told_late: Collection[str]) -> dict[tuple[str, str], list[Stay]]:
    """Admission and leaving of the stays that may be meant, by the UPN and by the school's own number."""
    rows = Enrolment.objects.filter(school=school)
    rows = rows if told_late else rows.filter(leaving_on=None)
    found: defaultdict[tuple[str, str], list[Stay]] = defaultdict(list)
    for upn, local_id, *stay in rows.values_list("pupil__upn", "local_id", "admission_on", "leaving_on"):
        for key in (("upn", upn or ""), ("number", local_id.casefold())):
            if key[1]:
                found[key].append((stay[0], stay[1]))
    return dict(found)


def _keys(one: StudentThere) -> set[tuple[str, str]]:
    """By which the roll may know the child."""
    number = one.local_id or ("" if one.upn else one.source_id)
    keys = {("upn", one.upn.upper()), ("upn", one.former_upn.upper()), ("number", number.casefold())}
    return {key for key in keys if key[1]}


def _ends(one: StudentThere, stays: Iterable[Stay], is_told_late: bool) -> bool:
    """Whether its leaving date is news of one of these stays."""
    if one.left_on is None:
        return False
    begun = [left for admitted, left in stays if admitted is None or admitted <= one.left_on]
    same = [left for left in begun if not (left and one.admitted_on and left < one.admitted_on)]
    return None in same or (is_told_late and bool(same) and one.left_on not in same)
