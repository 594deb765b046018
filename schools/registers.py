"""Registers between the database and the engine: schools' years as matrices, and changed rows back."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import psycopg
from django.db import connection

from attendance_portal.tenancy import current_authority_id
from schools import bulk
from schools.register.codes import ATTENDED_FLAG, AUTHORISED_FLAG, UNAUTHORISED_FLAG
from schools.register.marks import NOT_STATED, WIDTH, admission_column, leaving_column, look_up

Ids = npt.NDArray[np.int64]
Marks = npt.NDArray[np.uint8]

_POSSIBLE = ATTENDED_FLAG | AUTHORISED_FLAG | UNAUTHORISED_FLAG
_NO_MARKS = bytes(WIDTH)


@dataclass(frozen=True)
class Roll:
    """The enrolments of some schools in one academic year, sorted by id, with their marks row for row.

    marks uint8[n, WIDTH]; group int[n] numbers the year groups of each school in `groups`; admitted and left
    int16[n] columns; pupils bytes[n] of 16 (the key); born, admission and leaving as they are held.
    """

    year: int
    enrolments: Ids
    schools: Ids
    pupils: npt.NDArray[np.void]
    marks: Marks
    year_groups: list[str]
    groups: list[tuple[int, str]]
    group: npt.NDArray[np.int32]
    admitted: npt.NDArray[np.int16]
    left: npt.NDArray[np.int16]
    born: list[dt.date | None]
    leaving: list[dt.date | None]

    def __len__(self) -> int:
        return len(self.enrolments)


_ROLL = """
    SELECT e.id, e.school_id, e.pupil_id, coalesce(nullif(r.year_group, ''), e.year_group),
           e.admission_on, e.leaving_on, p.date_of_birth
    FROM schools_enrolment e
    JOIN schools_pupil p ON p.id = e.pupil_id AND p.authority_id = e.authority_id
    LEFT JOIN schools_register r ON r.enrolment_id = e.id AND r.authority_id = e.authority_id AND r.year = %(year)s
    WHERE e.authority_id = %(authority)s AND e.school_id = ANY(%(schools)s)
      AND (e.leaving_on IS NULL OR e.leaving_on >= %(begins)s OR r.id IS NOT NULL)
    ORDER BY e.id
"""
_MARKS = """
    SELECT array_agg(r.enrolment_id ORDER BY r.enrolment_id), string_agg(r.marks, ''::bytea ORDER BY r.enrolment_id)
    FROM schools_register r
    WHERE r.authority_id = %(authority)s AND r.school_id = ANY(%(schools)s) AND r.year = %(year)s
"""


def load_roll(school_ids: Sequence[int], year: int) -> Roll:
    """Everyone on those schools' rolls at any time of that academic year, with or without a mark."""
    asked = {
        "authority": current_authority_id(),
        "schools": list(school_ids),
        "year": year,
        "begins": dt.date(year, 8, 1),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ROLL, asked)
        rows = cursor.fetchall()
    ids = np.array([row[0] for row in rows], dtype=np.int64)
    year_groups = [row[3] for row in rows]
    groups = sorted({(row[1], row[3]) for row in rows})
    number = {group: at for at, group in enumerate(groups)}
    return Roll(
        year=year,
        enrolments=ids,
        schools=np.array([row[1] for row in rows], dtype=np.int64),
        pupils=np.array([row[2].bytes for row in rows], dtype="V16"),
        marks=load_marks(school_ids, year, ids),
        year_groups=year_groups,
        groups=groups,
        group=np.array([number[row[1], row[3]] for row in rows], dtype=np.int32),
        admitted=np.array([admission_column(year, row[4]) for row in rows], dtype=np.int16),
        left=np.array([leaving_column(year, row[5]) for row in rows], dtype=np.int16),
        born=[row[6] for row in rows],
        leaving=[row[5] for row in rows],
    )


def load_marks(school_ids: Sequence[int], year: int, enrolments: Ids) -> Marks:
    """The marks of these enrolments (sorted ids) in that year, uint8[n, WIDTH]; zeros where there is no row."""
    found = np.zeros((len(enrolments), WIDTH), dtype=np.uint8)
    asked = {"authority": current_authority_id(), "schools": list(school_ids), "year": year}
    connection.ensure_connection()
    # Django's own cursor puts parameters into the text and reads text: for 700 bytes a pupil, binary is what is wanted.
    with psycopg.Cursor(connection.connection) as cursor:
        held, joined = cursor.execute(_MARKS, asked, binary=True).fetchone() or (None, None)
    if held is None:
        return found
    ids = np.array(held, dtype=np.int64)
    matrix = np.frombuffer(joined, dtype=np.uint8).reshape(len(ids), WIDTH)
    at = np.minimum(np.searchsorted(enrolments, ids), max(len(enrolments) - 1, 0))
    wanted = enrolments[at] == ids if len(enrolments) else np.zeros(len(ids), np.bool_)
    found[at[wanted]] = matrix[wanted]
    return found


def admitted_before(roll: Roll, previous: Marks) -> npt.NDArray[np.int16]:
    """`roll.admitted`, with 0 for those whose admission is not stated but who had marks the year before.

    Until stated, admission is the first real mark (architecture section 10), and theirs was then.
    """
    known = (roll.admitted == NOT_STATED) & previous.any(axis=1)
    return np.where(known, np.int16(0), roll.admitted).astype(np.int16)


def last_columns(roll: Roll) -> dict[int, int]:
    """Each school's last column with a mark that counts; schools without one are not in it."""
    found: dict[int, int] = {}
    for school in np.unique(roll.schools):
        counts = (look_up(roll.marks[roll.schools == school], roll.year, "flags") & _POSSIBLE).any(axis=0)
        if counts.any():
            found[int(school)] = int(np.flatnonzero(counts)[-1])
    return found


_SAVE = """
    INSERT INTO schools_register (authority_id, enrolment_id, school_id, year, year_group, marks)
    SELECT e.authority_id, e.id, e.school_id, %(year)s, (%(year_groups)s::text[])[n.place + 1], n.marks
    FROM new_marks n JOIN schools_enrolment e ON e.id = n.enrolment AND e.authority_id = %(authority)s
    ON CONFLICT (authority_id, enrolment_id, year) DO UPDATE
    SET marks = excluded.marks, year_group = coalesce(nullif(excluded.year_group, ''), schools_register.year_group)
"""


def save_rows(year: int, enrolments: Ids, marks: Marks, year_groups: Sequence[str]) -> None:
    """Write these enrolments' rows of that year, new or held. An empty year group keeps the held one."""
    if not len(enrolments):
        return
    columns: dict[str, bulk.Column] = {
        "enrolment": ("bigint", enrolments),
        "place": ("integer", np.arange(len(enrolments), dtype=np.int32)),
        "marks": ("bytea", marks),
    }
    bulk.fill("new_marks", columns)
    with connection.cursor() as cursor:
        asked = {"year": year, "authority": current_authority_id(), "year_groups": list(year_groups)}
        cursor.execute(_SAVE, asked)


def pupil_keys(roll: Roll) -> list[uuid.UUID]:
    """The pupils of a roll, row for row."""
    return [uuid.UUID(bytes=bytes(key)) for key in roll.pupils]
