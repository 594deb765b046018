"""What a birthday decides in an academic year: who counts in official figures, who is of compulsory school age."""

from __future__ import annotations

import datetime as dt
from functools import cache

import numpy as np
import numpy.typing as npt

from attendance_portal.days import (
    compulsory_school_age_ends_on,
    compulsory_school_age_starts_on,
    counts_in_official_rates,
)
from schools.register.marks import WIDTH, admission_column, leaving_column
from schools.stored import bulk
from schools.stored.bulk import NO_DAY
from schools.stored.registers import Days

Columns = npt.NDArray[np.int16]


def by_birthday(born: Days, year: int) -> Columns:
    """What a birthday decides in an academic year (`Window.birthdays`), int16[n, 3]: few birthdays, many pupils."""
    days, which = np.unique(born, return_inverse=True)
    known = [None if number == NO_DAY else bulk.day(number) for number in days.tolist()]
    answers = [(_is_official(day, year), *_compulsory_columns(day, year)) for day in known]
    found: Columns = np.array(answers, np.int16).reshape(len(days), 3)[which]
    return found


@cache
def _compulsory_columns(born: dt.date | None, year: int) -> tuple[int, int]:
    """First and last column of compulsory school age; the whole year where the birthday is not known."""
    if born is None:
        return -1, WIDTH - 1
    begins, ends = compulsory_school_age_starts_on(born), compulsory_school_age_ends_on(born)
    return admission_column(year, begins), leaving_column(year, ends)


@cache
def _is_official(born: dt.date | None, year: int) -> bool:
    return born is not None and counts_in_official_rates(born, year)
