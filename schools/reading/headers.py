"""Which row of a file holds its headings, and which field each heading names."""

from __future__ import annotations

import datetime as dt
import itertools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from schools.reading.dates import Heading, read_heading, read_session
from schools.reading.problems import UnreadableUpload
from schools.reading.table import MAX_COLUMNS, records_of
from schools.register.codes import NUMBERS

DAY_FIRST: Final = "day-first"
MONTH_FIRST: Final = "month-first"
SEARCHED_ROWS: Final = 15
SEPARATORS: Final = (",", ";", "\t", "|")
_OPENING_BYTES: Final = 2_000_000

ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "upn": ("UPN", "Unique Pupil Number", "Unique Learner ID"),
    "local_id": (
        "Adno",
        "Adm No",
        "Admission Number",
        "Admission No",
        "Student ID",
        "Pupil ID",
        "MIS ID",
        "PersonID",
        "Local ID",
    ),
    "former_upn": ("Former UPN",),
    "surname": (
        "Surname",
        "Legal Surname",
        "Last Name",
        "Legal Last Name",
        "Family Name",
        "Preferred Surname",
    ),
    "forename": (
        "Forename",
        "First Name",
        "Legal First Name",
        "Legal Forename",
        "Given Name",
        "Preferred Forename",
    ),
    "name": ("Name", "Pupil Name", "Student Name"),
    "born_on": ("DOB", "Date of Birth", "Birth Date"),
    "sex": ("Sex", "Legal Sex", "Gender", "Legal Gender"),
    "year_group": ("Year", "Year Group", "NC Year", "NCyearActual", "Yr"),
    "registration_group": ("Reg", "Reg Group", "Registration Group", "Form", "Class", "Tutor Group"),
    "date": ("Date", "Attendance Date", "Session Date", "recordDate", "Mark Date"),
    "session": ("Session", "SessionName", "AM/PM", "Roll Call", "AMPM"),
    "mark": ("Mark", "Code", "Attendance Code", "Attendance Mark", "Mark Code"),
    "admitted_on": (
        "Admission Date",
        "Date of Admission",
        "Admitted On",
        "Admitted",
        "Date Admitted",
        "Entry Date",
        "Start Date",
        "DOA",
    ),
    "left_on": (
        "Leaving Date",
        "Date of Leaving",
        "Left On",
        "Left",
        "Date Left",
        "Leave Date",
        "Leaver Date",
        "End Date",
        "DOL",
    ),
    "school_urn": ("URN", "School URN", "Establishment URN"),
    "school_laestab": ("LAESTAB", "LA Estab", "School LAESTAB", "DfE Number", "DfE No"),
    "school_estab": ("Estab", "Establishment Number"),
    "possible": (
        "Possible",
        "Possible Marks",
        "Possible Sessions",
        "TermlySessionsPossible",
        "SessionsPossible",
        "Possible Session",
    ),
    "present": ("Present", "Present Marks", "Present Sessions", "SessionsAttended"),
    "activity": ("AEA", "Approved Ed Activity", "Approved Educational Activity", "Approved EA"),
    "authorised": (
        "Authorised Absences",
        "Authorised Absence",
        "Authorised",
        "Auth",
        "Absent Sessions (Authorised)",
        "SessionsAuthorised",
        "TermlySessionsAuthorised",
    ),
    "unauthorised": (
        "Unauthorised Absences",
        "Unauthorised Absence",
        "Unauthorised",
        "Unauth",
        "Absent Sessions (Unauthorised)",
        "SessionsUnauthorised",
        "TermlySessionsUnauthorised",
    ),
    "late": ("Late (Before Close)", "Late_before_reg", "L"),
    "late_after": ("Late (After Close)", "Late_after_reg", "U"),
    "missing": ("Missing Marks", "Missing Mark", "Unrecorded"),
    "counted_year": ("Academic Year", "Counted year"),
    "counted_term": ("Term",),
    "counted_until": ("Counted until",),
    "counted_lea": ("Counted LEA",),
    "counted_estab": ("Counted Estab",),
    "counted_school": ("Counted school",),
    "marks_from_on": ("AttendanceStartDate",),
    "marks_as_sent": ("AttendanceMarks",),
}
"""The headings known for each field, best first; case, spaces, `_`, `.` and `-` do not matter."""
_ADMISSION_NUMBER: Final = ("Adno", "Adm No", "Admission Number", "Admission No", "Local ID")

COUNTS: Final = ("possible", "present", "activity", "authorised", "unauthorised", "late", "late_after", "missing")
TOTALS: Final = frozenset(
    {*COUNTS, "counted_year", "counted_term", "counted_until", "counted_lea", "counted_estab", "counted_school",
     "marks_from_on", "marks_as_sent"}
)  # fmt: skip
"""The fields that a file of counts alone has: how many sessions, of which period, and who counted them."""
UNASKED: Final = TOTALS - set(COUNTS)
"""Those of them that nobody is asked about: they are recognised, or not used."""
_REASON: Final = re.compile(r"(?:t_?reason_?)?(" + "|".join(map(re.escape, NUMBERS)) + ")", re.I)
_ENOUGH_REASONS: Final = 5


def normal(heading: str) -> str:
    """A heading without what does not matter in it."""
    kept = unicodedata.normalize("NFKC", heading).casefold()
    return re.sub(r"[\s_.\-:\u200b\ufeff]+", "", kept)


_CERTAIN: Final = frozenset(map(normal, _ADMISSION_NUMBER))
_FIELDS: Final = {normal(alias): (name, rank) for name, all_ in ALIASES.items() for rank, alias in enumerate(all_)}


def is_admission_number(heading: str) -> bool:
    """Whether a heading of the pupils' number can mean nothing else; PersonID or Student ID may."""
    return normal(heading) in _CERTAIN


@dataclass(slots=True)
class Header:
    """A file's headings: `line` from 1, `skip` lines above the rows, fields and days by column from 0."""

    separator: str
    line: int
    skip: int
    cells: list[str]
    fields: dict[str, int]
    days: dict[int, Heading]
    titles: list[str] = field(default_factory=list)
    is_said: bool = False
    """Whether the school said what the columns hold."""
    date_order: str = ""
    """DAY_FIRST or MONTH_FIRST where the school said which; else its dates are read with the day first."""

    @property
    def month_first(self) -> bool:
        """Whether the school said that its dates have the month first."""
        return self.date_order == MONTH_FIRST

    @property
    def number_is_certain(self) -> bool:
        """Whether the pupils' number is the admission number: by its heading, or because the school said so.

        A system's own number of a person (SIMS's PersonID) may be another child's admission number.
        """
        at = self.fields.get("local_id")
        return at is None or self.is_said or is_admission_number(self.cells[at])

    @property
    def number_alone(self) -> bool:
        """Whether nothing but a number says who a row is about."""
        return "local_id" in self.fields and not {"upn", "surname", "name", "born_on"} & self.fields.keys()

    @property
    def is_long(self) -> bool:
        """One row a mark, rather than one column a session or a day."""
        return not self.is_summary and ({"date", "mark"} <= self.fields.keys() or not self.days)

    @property
    def is_summary(self) -> bool:
        """Counts alone: no day has a mark, and what makes up the possible sessions is there."""
        has = self.fields.keys()
        if self.days or {"date", "mark"} <= has or "possible" not in has:
            return False
        return {"authorised", "unauthorised"} <= has or len(self.reasons) >= _ENOUGH_REASONS

    @property
    def reasons(self) -> dict[str, int]:
        """The column of each code that the headings count by reason (T_Reason_C, or the bare mark)."""
        matches = ((at, _REASON.fullmatch(cell.strip())) for at, cell in enumerate(self.cells))
        found = {match[1].upper(): at for at, match in matches if match}
        return found if len(found) >= _ENOUGH_REASONS else {}

    @property
    def layout(self) -> str:
        if self.is_summary:
            return "summary"
        if self.is_long:
            return "long"
        return "wide" if any(day.session is not None for day in self.days.values()) else "wide-day"

    def missing(self) -> list[str]:
        """What a register needs and these headings do not give."""
        wanted = []
        if not self.names_pupils:
            wanted.append("column for the pupil (a UPN, an admission number, or name with date of birth)")
        if self.is_long:
            wanted += [f"column for the {name}" for name in ("date", "mark") if name not in self.fields]
        return wanted

    @property
    def names_pupils(self) -> bool:
        """Whether pupils can be told apart by these columns."""
        has = self.fields.keys()
        return "upn" in has or "local_id" in has or ("born_on" in has and bool({"surname", "name"} & has))

    @property
    def found(self) -> int:
        """How much was understood, to choose the best of several rows."""
        return len(self.fields) + min(len(self.days), 5)

    def totals(self) -> list[str]:
        """The headings of totals (a summary holds at least two)."""
        return [self.cells[at] for name, at in self.fields.items() if name in COUNTS]


def find_header(opening: str, *, on: dt.date) -> Header:
    """The heading row among the first 15, by the separator that makes most of it.

    `opening` is the beginning of the file. The result may still miss columns. Raises UnreadableUpload.
    """
    best = max((_best_of(opening[:_OPENING_BYTES], sep, on) for sep in SEPARATORS), key=_worth)
    if len(best.cells) > MAX_COLUMNS:
        raise UnreadableUpload("too-many-columns", count=len(best.cells), limit=MAX_COLUMNS)
    return best


def _worth(header: Header) -> tuple[bool, int, int]:
    return not header.missing(), header.found, len(header.cells)


def _best_of(opening: str, separator: str, on: dt.date) -> Header:
    """The first row with all that is needed, else the row where most was understood."""
    records = list(itertools.islice(records_of(opening, separator), SEARCHED_ROWS + 1))
    found = []
    for at, (_, cells) in enumerate(records[:SEARCHED_ROWS]):
        if len(cells) > MAX_COLUMNS:
            return Header(separator, at + 1, at + 1, cells, {}, {})
        titles = [" ".join(cell for cell in row if cell.strip()) for _, row in records[:at]]
        header = _one_row(records, at, separator, titles, on)
        found.append(two_rows(header, records, at) or header)
        if not found[-1].missing():
            return found[-1]
    return max(found, key=lambda header: header.found)


def _one_row(records: list[tuple[int, list[str]]], at: int, separator: str, titles: list[str], on: dt.date) -> Header:
    skip, cells = records[at]
    days = {j: day for j, cell in enumerate(cells) if (day := read_heading(cell, on=on))}
    line = records[at - 1][0] + 1 if at else 1
    return Header(separator, line, skip, cells, fields_of(cells), days, titles)


def fields_of(cells: Sequence[str]) -> dict[str, int]:
    """The column of each field; where several headings name one, the best of its aliases."""
    best: dict[str, tuple[int, int]] = {}
    for at, cell in enumerate(cells):
        name, rank = _FIELDS.get(normal(cell), ("", 0))
        if name and (name not in best or rank < best[name][0]):
            best[name] = (rank, at)
    return {name: at for name, (_, at) in best.items()}


def two_rows(
    upper: Header, records: Sequence[tuple[int, list[str]]], at: int, *, any_heading: bool = False
) -> Header | None:
    """The headings where days stand (merged) over a row of AM and PM, or None.

    A row of pupil and marks is not one, though a mark such as P may look like a session. `any_heading`: other
    columns may have headings that are not known, if there is an AM for each PM.
    """
    if not upper.days or at + 1 >= len(records) or any(d.session is not None for d in upper.days.values()):
        return None
    skip, lower = records[at + 1]
    width = max(len(upper.cells), len(lower))
    above, below = (row + [""] * (width - len(row)) for row in (upper.cells, lower))
    days, cells, current, under = {}, [], None, 0
    for j in range(width):
        current = upper.days.get(j, current if not above[j].strip() else None)
        session = read_session(below[j]) if below[j].strip() and current else None
        under += bool(current and below[j].strip())
        if current and session is not None:
            days[j] = Heading(current.text, current.reading, current.short, session, current.weekday)
        cells.append(f"{current.text} {below[j].strip()}" if j in days and current else above[j] or below[j])
    others = [cell for j, cell in enumerate(below) if j not in days and cell.strip()]
    in_pairs = any_heading and 2 * sum(day.session == 0 for day in days.values()) == len(days) > 0.8 * under
    if len(days) < 2 or not (in_pairs or all(normal(cell) in _FIELDS for cell in others)):
        return None
    return Header(upper.separator, upper.line, skip, cells, fields_of(cells), days, upper.titles)
