"""The history of a mark: each value it had, when that became known, from where, and whether it was undone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from attendance_portal.days import year_of
from attendance_portal.models import Membership
from schools.changes import act_words
from schools.changes.acts import Steps, steps_of
from schools.children.childs_year import enrolments_seen
from schools.models import Enrolment, Pupil, RegisterChange
from schools.register.codes import MARKS
from schools.register.marks import column_of
from schools.stored.same_child import records_seen


@dataclass(frozen=True)
class Value:
    """One value that a half-day came to have; `undone` is the record of the undo that took it back, and stands."""

    row: RegisterChange
    before: str
    after: str
    undone: RegisterChange | None


@dataclass(frozen=True)
class History:
    """A half-day at one school, the latest value first."""

    enrolment: Enrolment
    half: int
    values: list[Value]


def histories_of(pupil: Pupil, member: Membership, day: dt.date) -> list[History]:
    """The morning and the afternoon of a day at each school whose figures of the child the member may see."""
    enrolments = list(enrolments_seen(records_seen(pupil, member), member).order_by("school__name", "pk"))
    steps = {pk: steps_of(pk, year_of(day), with_repeated=False) for pk in {one.school_id for one in enrolments}}
    found = [_history(one, half, day, steps[one.school_id]) for one in enrolments for half in (0, 1)]
    return [one for one in found if one.values]


def _history(enrolment: Enrolment, half: int, day: dt.date, held: Steps) -> History:
    column, stands = column_of(day, half), held.stands
    undone = {row.undoes_id: row for row, counts in zip(held.rows, stands, strict=True) if row.undoes_id and counts}
    values = []
    for row, step in zip(held.rows, held.steps, strict=True):
        here = (step.changes.ids == enrolment.pk) & (step.changes.columns == column)
        for at in np.flatnonzero(here).tolist():
            before, after = (MARKS.get(int(part[at]), "") for part in (step.changes.before, step.changes.after))
            values.append(Value(row, before, after, undone.get(row.pk)))
    return History(enrolment, half, values[::-1])


def corrected_days(enrolments: Sequence[Enrolment], year: int) -> dict[int, set[int]]:
    """For each enrolment the places in the year of the days with a mark that changed after it was first given."""
    wanted = np.array(sorted(one.pk for one in enrolments), np.int64)
    seen: dict[int, list[int]] = {int(pk): [] for pk in wanted}
    for school in {one.school_id for one in enrolments}:
        for step in steps_of(school, year, with_repeated=False).steps:
            chosen = np.isin(step.changes.ids, wanted) & (step.changes.before != 0)
            for pk, column in zip(
                step.changes.ids[chosen].tolist(), step.changes.columns[chosen].tolist(), strict=True
            ):
                seen[pk].append(column // 2)
    return {pk: set(days) for pk, days in seen.items()}


def value_rows(history: History) -> list[dict[str, Any]]:
    """A half-day's values as shown."""
    return [
        {
            "before": one.before or act_words.NO_MARK,
            "after": one.after or act_words.NO_MARK,
            "when": act_words.when(one.row),
            "title": act_words.title_of(one.row),
            "key": one.row.act,
            "who": act_words.who(one.row),
            "why": one.row.why,
            "undone": act_words.taken_back_words(one.undone),
        }
        for one in history.values
    ]
