"""Makes small register files for these tests, and reads them as the tests' school does."""

from __future__ import annotations

import datetime as dt

from attendance_portal.upn import check_letter
from schools.reading import RegisterFile, read_register
from schools.register.codes import MARKS
from schools.register.marks import day_of

TODAY = dt.date(2026, 1, 5)
HEADINGS = "UPN,Adno,Surname,Forename,DOB,Year,Date,Session,Mark"


def upn(serial: int) -> str:
    """A fictional UPN, issued by authority 999."""
    rest = f"999400120{serial:03d}"
    return check_letter(rest) + rest


def pupil_cells(n: int = 1) -> str:
    """UPN, admission number, name, date of birth and year group of the n-th pupil."""
    return f"{upn(n)},00{n},Okafor,Ada,14/03/2013,7"


def long_file(*rows: str, headings: str = HEADINGS) -> bytes:
    """A long file of `date,session,mark` rows of the first pupil."""
    return "\n".join([headings, *(f"{pupil_cells()},{row}" for row in rows)]).encode()


def read(content: bytes, *, file_name: str = "register.csv", on: dt.date = TODAY) -> RegisterFile:
    """The file read for the school with URN 900001, where authority 999 exists."""
    return read_register(
        content,
        file_name=file_name,
        on=on,
        known_codes=frozenset({"999"}),
        school_urn="900001",
        school_laestab="999/4001",
    )


def marks_of(file: RegisterFile) -> dict[tuple[str, dt.date, int], str]:
    """The accepted marks by UPN (or admission number), day and session."""
    marks = file.marks
    found = {}
    for pupil, year, column, code in zip(marks.pupil, marks.year, marks.column, marks.code, strict=True):
        who = file.pupils[pupil].upn or file.pupils[pupil].local_id or file.pupils[pupil].known_as
        found[who, day_of(int(year), int(column)), int(column) % 2] = MARKS[int(code)]
    assert len(found) == len(marks)
    return found


def one_mark(content: bytes) -> tuple[dt.date, int, str]:
    """The day, session and code of the only mark of a file without problems."""
    file = read(content)
    assert not file.problems, [problem.message for problem in file.problems]
    [((_, day, session), code)] = marks_of(file).items()
    return day, session, code


def kinds_of(file: RegisterFile) -> list[str]:
    """The kinds of the listed problems, in order."""
    return [problem.kind for problem in file.problems]
