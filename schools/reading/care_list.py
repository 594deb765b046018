"""The list of children with a social worker, as social care exports it: a line for each status of each child."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from attendance_portal.upn import tidy
from schools.reading.dates import plain, read_date
from schools.reading.lists import rows_under
from schools.reading.problems import UnreadableUpload, visible
from schools.stored.names import normal

MOST_LINES: Final = 50_000
COLUMNS: Final = {
    "upn": ("upn", "unique pupil number"),
    "surname": ("surname", "last name", "family name"),
    "forename": ("forename", "first name", "given name"),
    "born_on": ("date of birth", "dob", "birth date", "born"),
    "status": ("status", "category", "social care status"),
    "social_worker": ("social worker", "social worker name", "allocated worker", "worker"),
    "email": ("social worker email", "social worker e mail", "worker email", "email", "e mail"),
    "from_on": ("from", "start date", "start", "from date", "status start date"),
    "until_on": ("to", "until", "end date", "end", "to date", "status end date"),
}
# The status as it is written, without capitals or punctuation, and the kind of circumstance.
STATUSES: Final = {
    "cin": "child-in-need", "child in need": "child-in-need", "cp": "child-protection", "cpp": "child-protection",
    "child protection": "child-protection", "child protection plan": "child-protection", "la": "looked-after",
    "lac": "looked-after", "cla": "looked-after", "looked after": "looked-after",
    "looked after child": "looked-after", "cic": "looked-after", "child in care": "looked-after",
    "previously": "previously-looked-after", "previously looked after": "previously-looked-after",
    "pla": "previously-looked-after", "plac": "previously-looked-after", "pcla": "previously-looked-after",
}  # fmt: skip


@dataclass(frozen=True)
class CareLine:
    """One line. `fault`: why it is left out; empty where it can be used."""

    row: int
    upn: str = ""
    surname: str = ""
    forename: str = ""
    born_on: dt.date | None = None
    kind: str = ""
    social_worker: str = ""
    email: str = ""
    from_on: dt.date | None = None
    until_on: dt.date | None = None
    fault: str = ""


@dataclass(frozen=True)
class CareFile:
    """Every line of the file, or the sentence that says why none can be used."""

    lines: list[CareLine] = field(default_factory=list)
    refused: str = ""


def read_care_list(content: bytes, *, on: dt.date) -> CareFile:
    """Read a list. Needs the columns status and from, and a UPN or name with date of birth. Dates day first."""
    try:
        found = rows_under(content, lambda cells: bool(_columns(cells)), most=MOST_LINES)
    except UnreadableUpload as unreadable:
        return CareFile(refused=unreadable.problem().message)
    if found is None:
        return CareFile(refused=_UNHEADED)
    if not found.rows:
        return CareFile(refused="The file has no lines below its headings.")
    if len(found.rows) > MOST_LINES:
        return CareFile(refused=f"The file has more than {MOST_LINES:,} lines. Send it in parts.")
    columns = _columns(found.headings)
    return CareFile([_line(row, cells, columns, on) for row, cells in found.rows])


_UNHEADED: Final = (
    "The columns were not recognised. The first line must name them: UPN, Surname, Forename, Date of birth, Status, "
    "Social worker, Social worker e-mail, From, To. Status and From are needed, and a UPN or name and date of birth."
)


def _columns(cells: Sequence[str]) -> dict[str, int]:
    """Where each column is; empty where this line is not the headings, or something needed is missing."""
    known = {heading: name for name, headings in COLUMNS.items() for heading in headings}
    found = {known[said]: at for at, cell in enumerate(cells) if (said := normal(cell)) in known}
    names_a_child = "upn" in found or {"surname", "forename", "born_on"} <= found.keys()
    return found if names_a_child and {"status", "from_on"} <= found.keys() else {}


def _line(row: int, cells: list[str], columns: Mapping[str, int], on: dt.date) -> CareLine:
    told = {name: plain(cells[at])[:150] if at < len(cells) else "" for name, at in columns.items()}
    days = {name: read_date(told.get(name, ""), on=on).day for name in ("born_on", "from_on", "until_on")}
    kind = STATUSES.get(normal(told["status"]), "")
    return CareLine(
        row=row,
        upn=tidy(told.get("upn", ""))[:40],
        surname=told.get("surname", ""),
        forename=told.get("forename", ""),
        kind=kind,
        social_worker=told.get("social_worker", ""),
        email=_email(told.get("email", "")),
        fault=_fault(told, days, kind),
        **days,
    )


def _email(text: str) -> str:
    return text if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text) and text.isascii() else ""


def _fault(told: Mapping[str, str], days: Mapping[str, dt.date | None], kind: str) -> str:
    """Why a line cannot be used, as a sentence."""
    if not kind:
        return f"The status “{visible(told['status'])}” is not known: write CiN, CP, looked after or previously."
    for name, words in (("from_on", "From"), ("until_on", "To"), ("born_on", "Date of birth")):
        if told.get(name) and days[name] is None:
            return f"{words} “{visible(told[name])}” is not a date: write it as day/month/year."
    first, last = days["from_on"], days["until_on"]
    if first is None:
        return "The day from which the status holds is missing."
    if last and last < first:
        return "The status would end before it begins."
    if not told.get("upn") and not (told.get("surname") and told.get("forename") and days["born_on"]):
        return "There is neither a UPN nor a whole name with date of birth."
    return ""
