"""What an undo does to the roll: whom only undone files and syncs told of leaves it, and comes back with them.

Only an enrolment that a file or sync made is ever taken off, and only while nothing else rests on it: no mark, no
date put right, no return, discussion or count, and of a child with no other school no fact at all.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable
from typing import Any, Final

from django.db.models import F, Model, Q
from django.db.models.fields.reverse_related import ForeignObjectRel

from attendance_portal.models import Membership
from schools.changes.acts import Act, steps_of
from schools.models import (
    AttendanceSummary,
    BandMove,
    Enrolment,
    EnrolmentChange,
    FormerUpn,
    Pupil,
    PupilNameKey,
    Register,
    RegisterChange,
    School,
    Standing,
    StatutoryReturn,
)
from schools.register.marks import WIDTH
from schools.stored.in_error import bring_back, take_off

# What follows from the marks by itself, or came with the child's name, tells nothing of its own.
_FOLLOWS: Final = (Standing, BandMove, PupilNameKey, FormerUpn, Enrolment)
_TELLS: Final[dict[type[Model], Q]] = {
    Register: ~Q(marks=bytes(WIDTH)),
    AttendanceSummary: Q(stands=True),
    EnrolmentChange: Q(was_in_error=F("is_in_error")),
    StatutoryReturn: Q(is_by_hand=True) | Q(told_at__isnull=False) | ~Q(stage__in=["draft", "withdrawn"]),
}


def roll_follows(school: School, act: Act, *, by: Membership, at: dt.datetime, why: str) -> set[uuid.UUID]:
    """After an act was undone: take off the roll whom nothing tells of any more, bring back who is told of again.

    Returns the children concerned. Raises Refused where one of them cannot come back.
    """
    concerned = _concerned(school, act)
    if not concerned:
        return set()
    undone, told = _standing(school)
    stays = {pk for pk, one in concerned.items() if one.made_by_act not in undone or pk in told}
    back = [pk for pk in stays if concerned[pk].made_in_error_at]
    gone = {pk: one for pk, one in concerned.items() if pk not in stays and one.made_in_error_at is None}
    for pk in _told_otherwise(school, gone.values()):
        del gone[pk]
    bring_back(back, by=by, at=at, why=why)
    take_off(gone.keys(), by=by, at=at, why=why)
    return {concerned[pk].pupil_id for pk in (*back, *gone)}


def _concerned(school: School, act: Act) -> dict[int, Enrolment]:
    """The enrolments that files and syncs made and that may come or go with this act: all of those that the act
    behind the undos made or wrote of."""
    root = act.first
    while root.undoes is not None:
        root = root.undoes
    made = Enrolment.every.filter(school=school, made_by_act__isnull=False)
    if not made.exists():
        return {}
    wrote: set[int] = set()
    for year in RegisterChange.objects.filter(act=root.act).values_list("year", flat=True).distinct():
        history = steps_of(school.pk, year)
        for row, step in zip(history.rows, history.steps, strict=True):
            if row.act == root.act:
                wrote |= {*step.changes.ids.tolist(), *step.repeated.ids.tolist()}
    return {one.pk: one for one in made.filter(Q(made_by_act=root.act) | Q(pk__in=wrote))}


def _standing(school: School) -> tuple[set[uuid.UUID], set[int]]:
    """The acts that do not stand, and the enrolments of which one that does wrote a mark."""
    undone: set[uuid.UUID] = set()
    told: set[int] = set()
    for year in RegisterChange.objects.filter(school=school).values_list("year", flat=True).distinct():
        history = steps_of(school.pk, year)
        for row, step, stands in zip(history.rows, history.steps, history.stands, strict=True):
            if not stands:
                undone.add(row.act)
            elif step.undoes is None:
                told |= {*step.changes.ids.tolist(), *step.repeated.ids.tolist()}
    return undone, told


def _told_otherwise(school: School, going: Iterable[Enrolment]) -> set[int]:
    """Those of which something else tells, of the enrolment itself or of the child."""
    by_pupil = {one.pupil_id: one.pk for one in going}
    ids = list(by_pupil.values())
    others = set(
        Enrolment.objects.filter(pupil__in=by_pupil).exclude(pk__in=ids).values_list("pupil", flat=True)
    )  # of whom the other school's people know whatever is known
    found: set[int] = set()
    for relation in Enrolment._meta.related_objects:
        found |= _named_by(relation, ids)
    for relation in Pupil._meta.related_objects:
        found |= {by_pupil[key] for key in _named_by(relation, by_pupil.keys() - others)}
        for own in _of_school(relation):
            found |= {by_pupil[key] for key in _named_by(relation, others, **{own: school})}
    return found


def _named_by(relation: ForeignObjectRel, keys: Collection[Any], **also: object) -> set[Any]:
    """Which of these a table names in a row that tells something."""
    table: Any = relation.related_model
    if table in _FOLLOWS or not keys:
        return set()
    name = relation.field.name
    rows = table.objects.filter(_TELLS.get(table, Q()), **{f"{name}__in": list(keys)}, **also)
    return set(rows.values_list(name, flat=True))


def _of_school(relation: ForeignObjectRel) -> list[str]:
    """How a row about a child names the school it is of, if it does."""
    names = {field.name for field in relation.related_model._meta.get_fields()}
    return ["school"] if "school" in names else ["meeting__school"] if "meeting" in names else []
