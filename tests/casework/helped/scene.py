"""Children of Year 7 at Hill Academy over ten whole school weeks and a Monday: Amy's case opens in the sixth of them.

All attend half of each day in the weeks before. Amy attends all of it after; six alike attend six of ten sessions;
Zoe, who has a case too, attends all; Yan attends everything from the beginning.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np

from casework import actions
from casework.models import Case
from schools.models import Enrolment, Pupil
from schools.register.marks import AM, PM, column_of, empty, number_of
from schools.stored.registers import save_rows
from tests.cast import Cast, in_scope, make_pupil
from tests.schools.files import all_present, school_days

OPENED = dt.date(2026, 10, 14)
DAYS = school_days(dt.date(2026, 9, 7), 50)
MONDAY = dt.date(2026, 11, 16)
BEFORE = [day for day in DAYS if day < dt.date(2026, 10, 12)]
AFTER = [day for day in DAYS if day >= dt.date(2026, 10, 19)]


def set_scene(cast: Cast, *, more: int = 0) -> tuple[Case, list[Pupil]]:
    """Amy's case, and the six who are alike. more: so many children beside Amy, who fare as she does."""
    with in_scope(cast.eastshire):
        alike = [make_pupil(cast.hill, number, "Alike", f"No {number}", "7") for number in range(20, 26)]
        zoe, yan = (make_pupil(cast.hill, number, "Other", name, "7") for number, name in ((30, "Zoe"), (31, "Yan")))
        as_amy = [make_pupil(cast.hill, number, "Supported", f"No {number}", "7") for number in range(40, 40 + more)]
        marks = all_present([cast.pupil, zoe, yan, *alike, *as_amy], [*DAYS, MONDAY])
        for pupil in (cast.pupil, zoe, *alike, *as_amy):
            marks[pupil] |= dict.fromkeys(BEFORE, "O\\")
        for pupil in alike:
            marks[pupil] |= {day: "O\\" for day in AFTER if day.weekday()}
        put_marks(marks)
        for pupil in as_amy:
            actions.open_case(pupil, reason="Severely absent.", on=OPENED, by=cast.officer)
        actions.open_case(zoe, reason="Severely absent.", on=OPENED, by=cast.officer)
        return actions.open_case(cast.pupil, reason="Severely absent.", on=OPENED, by=cast.officer), alike


def put_marks(marks: Mapping[Pupil, Mapping[dt.date, str]]) -> None:
    """Two marks a day into the register of the autumn's year, without a file; each child has one enrolment."""
    held = {one.pupil_id: one for one in Enrolment.objects.filter(pupil__in=[pupil.pk for pupil in marks])}
    children = sorted(marks, key=lambda pupil: held[pupil.pk].pk)
    rows = empty(len(children))
    for row, child in zip(rows, children, strict=True):
        for day, both in marks[child].items():
            row[[column_of(day, AM), column_of(day, PM)]] = number_of(both[0]), number_of(both[1])
    enrolments = [held[child.pk] for child in children]
    ids = np.array([one.pk for one in enrolments], np.int64)
    save_rows(2026, ids, rows, [one.year_group for one in enrolments])
