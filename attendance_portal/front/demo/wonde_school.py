"""An invented school as Wonde would tell of it: pupils, marks, codes and deletions, to be changed while it runs."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from attendance_portal.front.demo.world import Bytes
from schools.register.codes import MARKS

Row = dict[str, Any]
Ints = NDArray[np.int64]

_FIRST_CODE: Final = 3_000_000_000
_FIRST_MARK: Final = 20_000_000_000
_MARKS_A_SCHOOL: Final = 10_000_000
_HALVES: Final = ("AM", "PM")
_YEAR: Final = "A1700000001"
_FIRST_GROUP: Final = 1_700_000_100


def moment(at: dt.datetime | dt.date, zone: str = "UTC") -> Row:
    """A date as Wonde writes it."""
    if not isinstance(at, dt.datetime):
        at, zone = dt.datetime.combine(at, dt.time()), "Europe/London"
    return {"date": f"{at:%Y-%m-%d %H:%M:%S.%f}", "timezone_type": 3, "timezone": zone}


def code_rows() -> list[Row]:
    """Every code with its id."""
    rows = [{"id": f"A{_FIRST_CODE + number}", "code": mark, "type": None} for number, mark in MARKS.items()]
    return [*rows, {"id": f"A{_FIRST_CODE}", "code": "-", "description": "No mark", "type": "NO MARK"}]


@dataclass(frozen=True)
class WondeStudent:
    """A pupil there. `changed_at`: when anything of them was last changed (UTC)."""

    source_id: str
    upn: str
    local_id: str
    surname: str
    forename: str
    born_on: dt.date
    year_group: str
    admitted_on: dt.date | None
    left_on: dt.date | None
    changed_at: dt.datetime
    former_upn: str = ""
    registration_group: str = ""
    sex: str = ""

    def row(self, includes: Collection[str]) -> Row:
        """The pupil with the relations that were asked for; of the year, else, only its id."""
        found = {
            "id": self.source_id,
            "upi": f"{int(self.source_id[1:]):032x}",
            "mis_id": self.source_id[1:],
            "initials": self.forename[:1] + self.surname[:1],
            "title": None,
            "surname": self.surname,
            "forename": self.forename,
            "middle_names": None,
            "legal_surname": self.surname,
            "legal_forename": self.forename,
            "gender": {"F": "FEMALE", "M": "MALE"}.get(self.sex),
            "gender_identity": None,
            "date_of_birth": moment(self.born_on),
            "person_id": None,
            "restored_at": None,
            "created_at": moment(self.changed_at),
            "updated_at": moment(self.changed_at),
            "year": _YEAR,
        }
        return found | {name: {"data": told} for name, told in self._relations().items() if name in includes}

    def _relations(self) -> dict[str, Any]:
        details: dict[str, Any] = {
            "admission_number": self.local_id or None,
            "upn": self.upn or None,
            "local_upn": None,
            "former_upn": self.former_upn or None,
            "learner_number": None,
            "current_nc_year": self.year_group,
            "part_time": False,
            "part_time_rate": None,
            "admission_date": moment(self.admitted_on) if self.admitted_on else None,
            "leaving_date": moment(self.left_on) if self.left_on else None,
        }
        extended = {"free_school_meals": None, "sen_status": None, "in_lea_care": None}
        year = {"id": _YEAR, "code": self.year_group, "name": f"Year {self.year_group}", "type": "YEAR"}
        told: dict[str, Any] = {"education_details": details, "extended_details": extended, "year": year}
        told["groups"] = [year]
        if self.registration_group:
            name = self.registration_group
            key = f"A{_FIRST_GROUP + int.from_bytes(name.encode()[:4])}"
            told["registration"] = {"id": key, "code": None, "name": name, "type": "REGISTRATION"}
            told["groups"] = [year, told["registration"]]
        return told


@dataclass
class WondeSchool:
    """One school: `marks`, `ids` and `changed` have a row a student and two columns a day; 0 is no mark.

    `number` makes its ids its own; `changed` is seconds since 1970 (UTC).
    """

    number: int
    name: str
    urn: str
    laestab: str
    days: Sequence[dt.date]
    students: list[WondeStudent]
    marks: Bytes
    approval: str = "approved"
    codes: list[Row] = field(default_factory=code_rows)
    deletions: list[tuple[dt.datetime, Row]] = field(default_factory=list)
    only_marks: set[str] = field(default_factory=set)
    """Students who are told of no longer though their marks are."""

    def __post_init__(self) -> None:
        cells = np.arange(self.marks.size, dtype=np.int64).reshape(self.marks.shape)
        self.ids: Ints = _FIRST_MARK + self.number * _MARKS_A_SCHOOL + cells
        self._next_id = _FIRST_MARK + self.number * _MARKS_A_SCHOOL + self.marks.size
        entered = [dt.datetime.combine(day, dt.time(hour, 41), dt.UTC) for day in self.days for hour in (9, 13)]
        stamps = np.array([at.timestamp() for at in entered], np.int64)
        self.changed: Ints = np.broadcast_to(stamps, self.marks.shape).copy()
        self._ordinals = np.repeat(np.array([day.toordinal() for day in self.days], np.int64), 2)

    @property
    def source_id(self) -> str:
        return f"A{1_000_000_000 + self.number}"

    def row(self) -> Row:
        """The school as it is listed."""
        named = {"la_code": self.laestab[:3], "establishment_number": self.laestab[3:], "urn": self.urn}
        return {
            "id": self.source_id,
            "name": self.name,
            "establishment_number": self.laestab[3:],
            "urn": int(self.urn) if self.urn else None,
            "phase_of_education": None,
            "la_code": self.laestab[:3],
            "timezone": "Europe/London",
            "mis": "Invented MIS",
            "address": dict.fromkeys(("address_line_1", "address_line_2", "address_town", "address_postcode"))
            | {"address_country": {"code": "GBR", "name": "United Kingdom"}},
            "extended": {"allows_writeback": False, "has_timetables": False, "has_lesson_attendance": False},
            "region": {"code": "GBR", "domain": "api.wonde.com", "school_url": None, "identifiers": named},
        }

    def mark_rows(self, first: int, last: int, since: float, part: slice) -> tuple[list[Row], bool]:
        """Some of the marks from day `first` to `last` (ordinals, inclusive) changed after `since`; whether more
        follow. They come day by day, as they were entered."""
        columns = np.flatnonzero((self._ordinals >= first) & (self._ordinals <= last))
        there = (self.marks[:, columns] > 0) & (self.changed[:, columns] > since)
        column, student = np.nonzero(there.T)
        chosen = range(*part.indices(len(column)))
        rows = [self._mark_row(int(student[at]), int(columns[column[at]])) for at in chosen]
        return rows, part.stop < len(column)

    def _mark_row(self, student: int, column: int) -> Row:
        changed = dt.datetime.fromtimestamp(int(self.changed[student, column]), dt.UTC)
        return {
            "id": f"A{self.ids[student, column]}",
            "date": moment(self.days[column // 2]),
            "session": _HALVES[column % 2],
            "attendance_code": f"A{_FIRST_CODE + int(self.marks[student, column])}",
            "student": self.students[student].source_id,
            "comment": None,
            "minutes_late": None,
            "updated_at": moment(changed),
        }

    def student_rows(
        self, *, left: bool, on: dt.date, since: dt.datetime | None, includes: Collection[str]
    ) -> list[Row]:
        """Those on roll on a day, or those who left before it."""
        told = (one for one in self.students if (one.left_on is not None and one.left_on < on) == left)
        return [one.row(includes) for one in told if self._is_told(one) and (since is None or one.changed_at > since)]

    def student_row(self, source_id: str, includes: Collection[str]) -> Row | None:
        found = (one for one in self.students if one.source_id == source_id and self._is_told(one))
        return next((one.row(includes) for one in found), None)

    def _is_told(self, student: WondeStudent) -> bool:
        return student.source_id not in self.only_marks

    # --- What happens at the school --------------------------------------------------------------------------

    def enter(self, student: int, column: int, number: int, at: dt.datetime) -> None:
        """A mark is entered or changed; one that was deleted comes back with another id."""
        if not self.marks[student, column]:
            self.ids[student, column], self._next_id = self._next_id, self._next_id + 1
        self.marks[student, column] = number
        self.changed[student, column] = int(at.timestamp())

    def delete_mark(
        self, student: int, column: int, at: dt.datetime, *, what: str | None = "attendance_session"
    ) -> None:
        """A mark is deleted."""
        self.marks[student, column] = 0
        self._deleted(f"A{self.ids[student, column]}", what, at)

    def delete_student(self, student: int, at: dt.datetime) -> None:
        """A student is deleted with every mark, of which nothing is said one by one."""
        self.only_marks.add(self.students[student].source_id)
        self.marks[student] = 0
        self._deleted(self.students[student].source_id, "student", at)

    def _deleted(self, source_id: str, what: str | None, at: dt.datetime) -> None:
        row: Row = {"id": source_id, "deleted_at": moment(at)}
        self.deletions.append((at, row if what is None else {**row, "type": what}))
