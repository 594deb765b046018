"""`docs/files.md`: the register files that are understood, and every problem that one can have."""

from __future__ import annotations

from attendance_portal.front.handbook.markdown import code, page, table
from schools.reading import KINDS, LISTED_PER_KIND, UNREADABLE
from schools.reading.headers import ALIASES, SEARCHED_ROWS, SEPARATORS, TOTALS
from schools.reading.local_codes import LONGEST_CODE
from schools.reading.table import LONGEST_CELL, MAX_CELLS, MAX_COLUMNS
from schools.reading.text import MAX_BYTES
from schools.reading.workbooks import MEMORY

_PUPIL = "UPN,Adno,Surname,Forename,DOB,Year"
_CHILD = "A999400120001,001,Okafor,Ada,14/03/2013,7"
LAYOUTS = {
    "long": (
        "One row for each mark.",
        f"{_PUPIL},Date,Session,Mark\n{_CHILD},08/09/2025,AM,/\n{_CHILD},08/09/2025,PM,C1\n",
    ),
    "wide": (
        "One row for each pupil, one column for each session. The heading gives date and session in one cell, or in "
        "two rows with the date over AM and PM. A heading may leave out the year where a range of dates above the "
        "headings tells it.",
        f"{_PUPIL},08/09/2025 AM,08/09/2025 PM\n{_CHILD},/,C1\n",
    ),
    "wide-day": (
        "One row for each pupil, one column for each day, with the morning's mark and the afternoon's in one cell. A "
        "cell is split only where both characters are codes (or “-”) and together are none: CL is C and L, but "
        "C1 is one mark, so such a file cannot hold the two-character codes.",
        f"{_PUPIL},08/09/2025,09/09/2025\n{_CHILD},/\\,CL\n",
    ),
    "summary": (
        "No marks: how many sessions of a period each pupil had. Kept apart from the registers as what the school "
        "counted, never expanded to marks and in none of the figures. Possible sessions must be those present, at "
        "approved educational activity and absent, together; a row where they are not is left out. Absences counted "
        "by reason (T_Reason_I, or the bare code) are used instead of the totals beside them, which such extracts "
        "have too low. The period is told by the school year and term, by a date, by a range of dates above the "
        "headings, or by the file's name.",
        "UPN,Adno,Surname,Academic Year,Term,Possible Marks,Present Marks,AEA,Authorised Absences,Unauthorised Absences"
        "\nA999400120001,001,Okafor,2025/26,Autumn,120,110,2,6,2\n",
    ),
}
"""The layouts by the reader's own names: what each is, and the smallest example (which a test reads)."""

_FIELDS = {
    "upn": "UPN",
    "former_upn": "a UPN the child had before",
    "local_id": "admission number",
    "surname": "surname",
    "forename": "forename",
    "name": "whole name, as “Surname, Forename”",
    "born_on": "date of birth",
    "sex": "sex",
    "year_group": "year group",
    "registration_group": "registration group",
    "date": "date",
    "session": "session",
    "mark": "mark",
    "admitted_on": "admission date",
    "left_on": "leaving date",
    "school_urn": "the school's URN",
    "school_laestab": "the school's DfE number",
    "school_estab": "the last four digits of it",
    "possible": "possible sessions",
    "present": "sessions present",
    "activity": "approved educational activity",
    "authorised": "authorised absences",
    "unauthorised": "unauthorised absences",
    "late": "late before the register closed",
    "late_after": "late after it closed",
    "missing": "missing marks",
    "counted_year": "the school year of the counts",
    "counted_term": "their term",
    "counted_until": "their last day",
    "counted_lea": "the authority number of the school that counted",
    "counted_estab": "its establishment number",
    "counted_school": "its name",
    "marks_from_on": "first day of a string of marks",
    "marks_as_sent": "a string of marks, kept as it stands",
}


def files() -> str:
    """The document: what is accepted first, then the headings, then the problems."""
    return page(
        "Register files",
        "What `schools/reading/` understands. Nothing of a file is stored until a person has seen what was understood "
        "and confirmed it.",
        "## The file",
        _limits(),
        "## Layouts",
        *(_layout(name) for name in LAYOUTS),
        "## Headings",
        "Case, spaces, and the characters `_ . - :` do not matter. Where several headings name one field, the one that "
        "stands first in this list is used. A pupil is told by UPN, by admission number, or by name and date of birth.",
        table(("Field", "Headings"), (_aliases(name) for name in ALIASES if name not in TOTALS)),
        "These headings are those of counts (a register may have them too; there they are not used):",
        table(("Field", "Headings"), (_aliases(name) for name in ALIASES if name in TOTALS)),
        "## What is not recognised",
        "A file whose columns are not recognised waits, and a person says once what they hold, beside its first rows: "
        "a field for each column, and for columns of days whether they are mornings, afternoons or whole days. A date "
        "is found anywhere in such a heading. The answer is remembered for the school and used for its next file with "
        "these headings, before any recognising. A code of the school's own (at most "
        f"{LONGEST_CODE} characters) is explained the same way, for some days or for all: as a national code in force "
        "on them, or as no mark. A national code is never read otherwise, and every file says what was read as it was "
        "said. What was said can be forgotten; files that were read before stay as they are.",
        "## Problems",
        "What is left out is kept and listed until someone settles it; all else in the file can be stored. At most "
        f"{LISTED_PER_KIND:,} problems of one kind are listed one by one; the rest are counted.",
        table(
            ("Kind", "Weight", "What is said"),
            ((code(kind.name), kind.severity, kind.sentence) for kind in KINDS.values()),
        ),
        "A file that is `unreadable` says which of these it is:",
        table(("Reason", "What is said"), ((code(reason), sentence) for reason, sentence in UNREADABLE.items())),
    )


def _limits() -> str:
    names = {"\t": "tab", ",": "comma", ";": "semicolon", "|": "stroke"}
    lines = (
        f"At most {MAX_BYTES // 1_000_000} MB, {MAX_COLUMNS:,} columns, {MAX_CELLS:,} cells, and "
        f"{LONGEST_CELL:,} bytes in one cell. What a file is, is told by its content and never by its name.",
        "CSV; an Excel workbook (.xlsx or .xls); SIMS session attendances in XML; a Common Transfer File.",
        "Of a workbook, the first sheet with headings that are understood; hidden sheets are not looked at. Formulas "
        "count as the value last worked out. It is read by a process of its own with at most "
        f"{MEMORY // 1_000_000} MB. Locked workbooks, and those with macros (.xlsm), are refused.",
        "XML with a document type or entities is refused. Of a Common Transfer File the counts of each school year are "
        "read, with the school that counted; its string of marks is kept as it stands and never expanded.",
        "Text as UTF-8, UTF-16 or UTF-32 (the last two with a byte order mark), or Windows text (code page 1252).",
        f"Separated by {' or '.join(names[one] for one in SEPARATORS)}.",
        f"The headings stand in one of the first {SEARCHED_ROWS} rows; a title and a range of dates may stand above. "
        "What the columns of a file without headings hold is asked once and remembered for the school's files with as "
        "many columns.",
        "Dates with the day first, as year-month-day, with the month's name, or as Excel's serial number; with the "
        "month first only where the school said so.",
        "Where no date of a file has a day after the 12th and neither weekends, August, days to come nor how close the "
        "days lie tell the order, the person who uploaded the file is asked, once for the school's files with these "
        "headings. Nobody is there to be asked of what is posted or imported by a command: the day comes first, and a "
        "warning says so.",
        "A session as AM or PM, A or P, 1 or 2, Morning or Afternoon, or a time (before 12:00 is the morning).",
        "PersonID, Student ID, Pupil ID and MIS ID may be another number than the admission number: they tell who a "
        "pupil is only beside a UPN, a name or a date of birth. A file with such a number alone (SIMS session "
        "attendances hold PersonID and nothing else) waits until the school says that it is the admission number.",
        "A blank mark or “-” is no mark; in a later file it never erases one that is held.",
    )
    return "\n".join(f"- {line}" for line in lines)


def _layout(name: str) -> str:
    words, example = LAYOUTS[name]
    return f"### {name.capitalize()}\n\n{words}\n\n```\n{example}```"


def _aliases(name: str) -> tuple[str, str]:
    return _FIELDS[name], ", ".join(ALIASES[name])
