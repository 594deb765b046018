"""What an undo does to the roll: whom only undone files and syncs told of leaves it, and comes back with them.

Only an enrolment that a file or sync made is ever taken off, and only while nothing else rests on it: no mark, no
date put right, no return, discussion or count, and of a child with no other school no fact at all.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
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
from schools.register.replay import standing
from schools.stored.in_error import bring_back, take_off

# What follows from the marks by itself, or came with the child's name, tells nothing of its own.
_FOLLOWS: Final = (Standing, BandMove, PupilNameKey, FormerUpn, Enrolment)
Tells = dict[type[Model], Q]
"""Which rows of a table tell something of whom they name, where not all do."""

_TELLS: Final[Tells] = {
    Register: ~Q(marks=bytes(WIDTH)),
    AttendanceSummary: Q(stands=True),
    EnrolmentChange: Q(was_in_error=F("is_in_error")),
    StatutoryReturn: Q(is_by_hand=True) | Q(told_at__isnull=False) | ~Q(stage__in=["draft", "withdrawn"]),
}


@dataclass(frozen=True)
class RollMoves:
    """Whose enrolments leave a school's roll with an undo, and whose come back."""

    leaving: list[Enrolment]
    coming: list[Enrolment]


def roll_follows(school: School, act: Act, *, by: Membership, at: dt.datetime, why: str) -> set[uuid.UUID]:
    """After an act was undone: take off the roll whom nothing tells of any more, bring back who is told of again.

    Returns the children concerned. Raises Refused where one of them cannot come back.
    """
    moves = _moves(school, act)
    bring_back([one.pk for one in moves.coming], by=by, at=at, why=why)
    take_off([one.pk for one in moves.leaving], by=by, at=at, why=why)
    return {one.pupil_id for one in (*moves.leaving, *moves.coming)}


def roll_after(school: School, act: Act) -> RollMoves:
    """Who would leave the roll and who come back, were this act undone. Nothing is written."""
    return _moves(school, act, is_ahead=True)


def _moves(school: School, act: Act, *, is_ahead: bool = False) -> RollMoves:
    concerned = _concerned(school, act)
    if not concerned:
        return RollMoves([], [])
    undone, told = _standing(school, act.rows if is_ahead else [])
    stays = {pk for pk, one in concerned.items() if one.made_by_act not in undone or pk in told}
    coming = [concerned[pk] for pk in sorted(stays) if concerned[pk].made_in_error_at]
    gone = {pk: one for pk, one in concerned.items() if pk not in stays and one.made_in_error_at is None}
    tells = _TELLS | (_ahead_of(act) if is_ahead else {})
    for pk in _told_otherwise(school, gone.values(), tells):
        del gone[pk]
    return RollMoves(list(gone.values()), coming)


def _ahead_of(act: Act) -> Tells:
    """What tells nothing once an act is undone: marks, since none is left of whom no standing act wrote one, and the
    counts that came with its file."""
    upload = _root(act).upload_id
    of_others = ~Q(upload=upload) if upload else Q()
    return {Register: Q(pk__in=[]), AttendanceSummary: Q(stands=True) & of_others}


def _root(act: Act) -> RegisterChange:
    """The first record of the act behind the undos."""
    root = act.first
    while root.undoes is not None:
        root = root.undoes
    return root


def _concerned(school: School, act: Act) -> dict[int, Enrolment]:
    """The enrolments that files and syncs made and that may come or go with this act: all of those that the act
    behind the undos made or wrote of."""
    root = _root(act)
    made = Enrolment.every.filter(school=school, made_by_act__isnull=False)
    if not made.exists():
        return {}
    wrote: set[int] = set()
    for year in RegisterChange.objects.filter(act=root.act).values_list("year", flat=True).distinct():
        history = steps_of(school.pk, year)
        for row, step in zip(history.rows, history.steps, strict=True):
            if row.act == root.act:
                wrote |= {*step.changes.ids.tolist(), *step.repeated.ids.tolist()}
    found = made.filter(Q(made_by_act=root.act) | Q(pk__in=wrote)).select_related("pupil")
    return {one.pk: one for one in found.order_by("pupil__sort_key", "pk")}


def _standing(school: School, taken_back: Sequence[RegisterChange]) -> tuple[set[uuid.UUID], set[int]]:
    """The acts that do not stand, were these records taken back as well, and the enrolments of which one that does
    wrote a mark."""
    undone: set[uuid.UUID] = set()
    told: set[int] = set()
    for year in RegisterChange.objects.filter(school=school).values_list("year", flat=True).distinct():
        history = steps_of(school.pk, year)
        undoes = [step.undoes for step in history.steps]
        undoes += [history.place(row.pk) for row in taken_back if row.year == year]
        for row, step, stands in zip(history.rows, history.steps, standing(undoes), strict=False):
            if not stands:
                undone.add(row.act)
            elif step.undoes is None:
                told |= {*step.changes.ids.tolist(), *step.repeated.ids.tolist()}
    return undone, told


def _told_otherwise(school: School, going: Iterable[Enrolment], tells: Tells) -> set[int]:
    """Those of which something else tells, of the enrolment itself or of the child."""
    by_pupil = {one.pupil_id: one.pk for one in going}
    ids = list(by_pupil.values())
    others = set(
        Enrolment.objects.filter(pupil__in=by_pupil).exclude(pk__in=ids).values_list("pupil", flat=True)
    )  # of whom the other school's people know whatever is known
    found: set[int] = set()
    for relation in Enrolment._meta.related_objects:
        found |= _named_by(relation, ids, tells)
    for relation in Pupil._meta.related_objects:
        found |= {by_pupil[key] for key in _named_by(relation, by_pupil.keys() - others, tells)}
        for own in _of_school(relation):
            found |= {by_pupil[key] for key in _named_by(relation, others, tells, **{own: school})}
    return found


def _named_by(relation: ForeignObjectRel, keys: Collection[Any], tells: Tells, **also: object) -> set[Any]:
    """Which of these a table names in a row that tells something."""
    table: Any = relation.related_model
    if table in _FOLLOWS or not keys:
        return set()
    name = relation.field.name
    rows = table.objects.filter(tells.get(table, Q()), **{f"{name}__in": list(keys)}, **also)
    return set(rows.values_list(name, flat=True))


def _of_school(relation: ForeignObjectRel) -> list[str]:
    """How a row about a child names the school it is of, if it does."""
    names = {field.name for field in relation.related_model._meta.get_fields()}
    return ["school"] if "school" in names else ["meeting__school"] if "meeting" in names else []
