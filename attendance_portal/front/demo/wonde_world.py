"""The demonstration's schools as Wonde would tell of them: the marks of their files, and what changed there since."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np

from attendance_portal.front.demo.wonde_school import WondeSchool, WondeStudent
from attendance_portal.front.demo.world import DemoAuthority, DemoPupil, DemoRegister, DemoSchool
from schools.register.codes import NUMBERS

_APPROVALS: Final = {2: "pending", 5: "declined"}
"""By the school's place in the list; all others approved."""
_WITHOUT_NUMBERS: Final = 13
"""The place of the school whose system tells neither URN nor DfE number: a person says which it is."""
_SETTLED: Final = (NUMBERS["I"], NUMBERS["O"], NUMBERS["M"])
_UNKNOWN: Final = ("Riverbank Free School", "999870", "9992870")


def wonde_schools(authority: DemoAuthority) -> list[WondeSchool]:
    """This year's registers: what the files held, with reasons found since for marks of N, and a school that the
    authority does not know."""
    pupils = {pupil.key: pupil for pupil in authority.pupils}
    year = max(register.year_starts_on for register in authority.registers)
    of_this_year = {r.urn: r for r in authority.registers if r.year_starts_on == year}
    schools = [
        _school(number, school, of_this_year[school.urn], pupils, authority.as_of)
        for number, school in enumerate(authority.schools, 1)
        if school.urn in of_this_year
    ]
    name, urn, laestab = _UNKNOWN
    days = schools[0].days
    unknown = WondeSchool(900, name, urn, laestab, days, [], np.zeros((0, 2 * len(days)), np.uint8))
    return [*schools, unknown]


def _school(
    number: int, school: DemoSchool, register: DemoRegister, pupils: dict[str, DemoPupil], as_of: dt.date
) -> WondeSchool:
    students = [
        _student(1_500_000_000 + 10_000 * number + place, pupils[key], school.urn)
        for place, key in enumerate(register.pupils)
    ]
    marks = register.marks.copy()
    _find_reasons(marks)
    approval = _APPROVALS.get(number, "approved")
    name, urn, laestab = school.name, school.urn, school.laestab
    if number == _WITHOUT_NUMBERS:
        name, urn, laestab = name.removesuffix(" School"), "", ""
    found = WondeSchool(number, name, urn, laestab, register.days, students, marks, approval)
    changed = int(dt.datetime.combine(as_of, dt.time(6), dt.UTC).timestamp())
    found.changed[marks != register.marks] = changed
    return found


def _find_reasons(marks: np.ndarray) -> None:
    """Each mark of N is replaced by what the school found out since, in turns."""
    rows, columns = np.nonzero(marks == NUMBERS["N"])
    marks[rows, columns] = np.resize(np.array(_SETTLED, np.uint8), len(rows))


def _student(number: int, pupil: DemoPupil, urn: str) -> WondeStudent:
    stay = max((one for one in pupil.enrolments if one.urn == urn), key=lambda one: one.admission_on)
    return WondeStudent(
        source_id=f"A{number}",
        upn=pupil.upn,
        local_id=stay.local_id,
        surname=pupil.surname,
        forename=pupil.forename,
        born_on=pupil.date_of_birth,
        year_group=str(stay.year_group),
        registration_group=stay.reg_group,
        sex=pupil.sex,
        admitted_on=stay.admission_on,
        left_on=stay.leaving_on,
        changed_at=dt.datetime.combine(stay.admission_on, dt.time(5), dt.UTC),
    )
