"""The marks of whole schools as the server sends them, and put into the rows of a roll."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from attendance_portal.tenancy import current_authority_id
from schools.register.marks import WIDTH
from schools.stored import bulk
from schools.stored.bulk import LINES

Ids = npt.NDArray[np.int64]
Fetched = list[list[bytes | None]]
"""What `fetch_marks` answers: of each query the values of its one row."""

SCHOOLS_A_READ: Final = 4
"""Some 3,000 pupils' year, 2 MB. Pieces of ten times that take the server and us more than twice as long in all: every
copy on their way is then of memory that nobody used before."""

# In no order, which would have the server sort every mark: the rows find their places by their ids.
_MARKS = r"""
    SELECT array_agg(r.enrolment_id), string_agg(r.year_group, E'\n'), string_agg(r.marks, ''::bytea)
    FROM schools_register r
    WHERE r.authority_id = %(authority)s AND r.school_id = ANY(%(schools)s) AND r.year = %(year)s
"""
_TYPES = (">i8", LINES, None)


def fetch_marks(schools: Sequence[int], year: int) -> Fetched:
    """The registers of those schools in an academic year as they travelled, some schools a query."""
    reads = (schools[at : at + SCHOOLS_A_READ] for at in range(0, len(schools), SCHOOLS_A_READ))
    authority = current_authority_id()
    return [bulk.fetch(_MARKS, {"authority": authority, "schools": list(some), "year": year}) for some in reads]


def put_together(fetched: Fetched, enrolments: Ids) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.bytes_]]:
    """What was fetched in the rows of `enrolments` (sorted ids): marks uint8[n, WIDTH], and the year group then.

    Zeros, and b"", where there is none. Asks nothing of the database.
    """
    marks, read = np.zeros((len(enrolments), WIDTH), np.uint8), []
    for values in fetched:
        held, year_groups, joined = bulk.columns(values, _TYPES)
        _put(enrolments, held, np.frombuffer(joined, np.uint8).reshape(len(held), WIDTH), marks)
        read.append((held, year_groups))
    then = np.zeros(len(enrolments), np.result_type("S1", *(year_groups.dtype for _, year_groups in read)))
    for held, year_groups in read:
        _put(enrolments, held, year_groups, then)
    return marks, then


def _put(enrolments: Ids, held: Ids, values: npt.NDArray[Any], rows: npt.NDArray[Any]) -> None:
    """Put the values of `held` into the rows of those of them that are among `enrolments` (sorted ids)."""
    if not len(enrolments):
        return
    at = np.minimum(np.searchsorted(enrolments, held), len(enrolments) - 1)
    wanted = enrolments[at] == held
    if wanted.all():
        rows[at] = values
    else:
        rows[at[wanted]] = values[wanted]
