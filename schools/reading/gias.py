"""Reading DfE's extracts of Get Information about Schools: establishments and their links, one authority's rows.

As issued: Windows-1252, CRLF, columns that drift from year to year. As saved again by Excel: UTF-8, other
separators, dates with strokes, numbers without their leading noughts.
"""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

REQUIRED: Final = (
    "URN",
    "LA (code)",
    "EstablishmentNumber",
    "EstablishmentName",
    "EstablishmentStatus (name)",
    "TypeOfEstablishment (name)",
    "PhaseOfEducation (name)",
)
LINKS_REQUIRED: Final = ("URN", "LinkURN", "LinkType")
SHOWN: Final = 20  # problems told one by one
MOST_BYTES: Final = 500_000_000  # the whole of England is about 62 MB
_ADDRESS: Final = ("Street", "Locality", "Address3", "Town", "County (name)", "Postcode")
_STATUSES: Final = {
    "Open": "open",
    "Open, but proposed to close": "closing",
    "Closed": "closed",
    "Proposed to open": "proposed",
}
_AS_ISSUED: Final = "DfE writes dates as 31-08-2024: import the file as DfE issued it."
# What the character of a lost byte looks like, read as UTF-8 and as Windows-1252.
_LOST: Final = ("\ufffd", "ï¿½")

# Which of two linked schools came first: the link's type says what LinkURN is to URN.
_LINKS: Final = {
    "Successor": ("successor", "converted"),
    "Predecessor": ("predecessor", "converted"),
    "Successor - merged": ("successor", "merged"),
    "Predecessor - merged": ("predecessor", "merged"),
    "Successor - amalgamated": ("successor", "merged"),
    "Predecessor - amalgamated": ("predecessor", "merged"),
    "Result of Amalgamation": ("successor", "merged"),  # stands on both sides: see `Link`
    "Successor - Split School": ("successor", "split"),
    "Predecessor - Split School": ("predecessor", "split"),
}


@dataclass(frozen=True)
class GiasProblem:
    """Something that refuses the file: where it stands, and a sentence that says what to do."""

    message: str
    row: int | None = None
    field: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Establishment:
    """A row of the extract, as it is needed. `laestab` is empty where the file gives no number."""

    row: int
    urn: str
    laestab: str
    name: str
    status: str
    kind: str
    phase: str
    low_age: int | None
    high_age: int | None
    opened_on: dt.date | None
    closed_on: dt.date | None
    address: str
    telephone: str


@dataclass(frozen=True)
class Link:
    """One school before another. The file may say both at once of a pair; then it says nothing."""

    predecessor: str
    successor: str
    kind: str
    dated_on: dt.date | None


@dataclass
class Extract:
    """What was read; nothing of it is to be used where there are problems."""

    problems: list[GiasProblem] = field(default_factory=list)
    more_problems: int = 0
    establishments: list[Establishment] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)

    def refuse(self, message: str, row: int | None = None, field: str | None = None, value: str | None = None) -> None:
        if len(self.problems) < SHOWN:
            self.problems.append(GiasProblem(message, row, field, value))
        else:
            self.more_problems += 1


class Unreadable(Exception):
    """The file is not what it should be; the message is a sentence that says what to do."""


# --- From bytes to rows -----------------------------------------------------------------------------------------


def text_of(content: bytes) -> str:
    """The file as text; raises Unreadable with a sentence where it is no CSV file."""
    if content[:2] == b"\x1f\x8b":
        content = _unpacked(content)
    if len(content) > MOST_BYTES:
        raise Unreadable(f"The file is larger than {MOST_BYTES // 1_000_000} MB, which no extract of DfE's is.")
    if content[:2] == b"PK":
        raise Unreadable(
            "The file is a zip file or an Excel workbook. Take the CSV file out of the zip, or save the workbook as "
            "CSV, and import that."
        )
    if content[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in content:
        raise Unreadable("The file is not saved as CSV (it is Unicode text or binary). Import the CSV file itself.")
    if not content.strip():
        raise Unreadable("The file is empty. Download it again.")
    return _decoded(content)


def _unpacked(content: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(content)) as packed:
            return packed.read(MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error):
        raise Unreadable("The packed file is damaged or only a part of it arrived. Download it again.") from None


def _decoded(content: bytes) -> str:
    """Windows-1252, as DfE issues it; UTF-8 where a copy was saved so, which no text of Windows-1252 looks like."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("cp1252")
    except UnicodeDecodeError as error:
        row = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(
            f"Row {row} has a byte that is no character of Windows-1252 (hexadecimal {content[error.start]:02X}). "
            "The file is damaged: download it again."
        ) from None


def _separator(text: str) -> str:
    """What stands between the headings: a comma, or what Excel puts there in other settings."""
    first = text.partition("\n")[0]
    return max((",", ";", "\t"), key=first.count)


def _rows(text: str, required: tuple[str, ...], found: Extract, what: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Each row under its headings, with its line; raises Unreadable where a needed column is missing."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_separator(text))
    headings = _headings(reader)
    missing = [name for name in required if name not in headings]
    if missing:
        names = ", ".join(f"“{name}”" for name in missing)
        raise Unreadable(
            f"The file has no column {names}. Import {what} from Get Information about Schools (Downloads), as it came."
        )
    try:
        for cells in reader:
            if not any(cells):
                continue
            if len(cells) != len(headings):
                found.refuse(
                    f"Row {reader.line_num} has {len(cells)} fields where the headings have {len(headings)}. The file "
                    "is cut off or damaged: download it again.", reader.line_num,
                )  # fmt: skip
                continue
            yield reader.line_num, dict(zip(headings, (cell.strip() for cell in cells), strict=True))
    except csv.Error as error:
        found.refuse(f"Row {reader.line_num} cannot be read ({error}). Download the file again.", reader.line_num)


def _headings(reader: Iterator[list[str]]) -> list[str]:
    """The first row; none where it cannot be read."""
    try:
        return [heading.strip() for heading in next(reader, [])]
    except csv.Error:
        return []


# --- Establishments -----------------------------------------------------------------------------------------------


def read_establishments(content: bytes, code: str) -> Extract:
    """The establishments of the local authority with this three-figure code. Refused whole on any problem."""
    found = Extract()
    seen: dict[str, int] = {}
    others: set[str] = set()
    try:
        for row, told in _rows(text_of(content), REQUIRED, found, "the file of all establishment data"):
            _check_characters(row, told, found)
            if told["LA (code)"].lstrip("0") != code.lstrip("0"):
                others.add(told["LA (code)"])
                continue
            one = _establishment(row, told, found)
            if one.urn in seen:
                message = (
                    f"Row {row}: the URN {one.urn} stands on row {seen[one.urn]} already. Download the file again."
                )
                found.refuse(message, row, "URN", one.urn)
            seen[one.urn] = row
            found.establishments.append(one)
    except Unreadable as unreadable:
        found.refuse(str(unreadable))
    if not found.problems and not found.establishments:
        found.refuse(
            f"No row is of local authority {code}; the file has rows of {len(others)} others. Choose the file that "
            f"holds authority {code}, or check the authority's code in the portal.", None, "LA (code)", code,
        )  # fmt: skip
    return found


def _check_characters(row: int, told: Mapping[str, str], found: Extract) -> None:
    """A character that another program lost makes names wrong for good, so the copy is refused."""
    for name, value in told.items():
        if any(lost in value for lost in _LOST):
            found.refuse(
                f"Row {row}, {name}: a character of “{value[:60]}” was lost when the file was saved by another "
                "program. Import the file as DfE issued it.", row, name, value[:200],
            )  # fmt: skip


def _establishment(row: int, told: Mapping[str, str], found: Extract) -> Establishment:
    def refuse(name: str, what: str) -> None:
        found.refuse(f"Row {row}, {name}: “{told.get(name, '')[:60]}” {what}", row, name, told.get(name, "")[:200])

    urn, number = told["URN"], told["EstablishmentNumber"]
    if not re.fullmatch(r"[0-9]{6}", urn):
        refuse("URN", f"is not a URN of six figures. {_mangled(urn)}")
    if not re.fullmatch(r"[0-9]{0,4}", number):
        refuse("EstablishmentNumber", f"is not a number of up to four figures. {_mangled(number)}")
    if not told["EstablishmentName"] or len(told["EstablishmentName"]) > 150:
        refuse("EstablishmentName", "is not a name of 1 to 150 characters. Download the file again.")
    status = told["EstablishmentStatus (name)"]
    if status not in _STATUSES:
        refuse("EstablishmentStatus (name)", f"is none of {', '.join(_STATUSES)}. Ask for the portal to be updated.")
    days = {}
    for name in ("OpenDate", "CloseDate"):
        try:
            days[name] = read_day(told.get(name, ""))
        except ValueError:
            refuse(name, f"is not a date. {_AS_ISSUED}")
    return Establishment(
        row=row,
        urn=urn,
        laestab=f"{told['LA (code)'].lstrip('0').zfill(3)}{number.zfill(4)}" if number else "",
        name=told["EstablishmentName"],
        status=_STATUSES.get(status, ""),
        kind=told["TypeOfEstablishment (name)"],
        phase=told["PhaseOfEducation (name)"],
        low_age=_age(told.get("StatutoryLowAge", "")),
        high_age=_age(told.get("StatutoryHighAge", "")),
        opened_on=days.get("OpenDate"),
        closed_on=days.get("CloseDate"),
        address="\n".join(told[name] for name in _ADDRESS if told.get(name)),
        telephone=_telephone(told.get("TelephoneNum", "")),
    )


def _mangled(value: str) -> str:
    if re.search(r"[.E+]", value):
        return "Excel has turned it into another number: import the file as DfE issued it."
    return "Download the file again."


def read_day(text: str) -> dt.date | None:
    """A day as DfE writes it (31-08-2024), or as Excel does (31/08/2024); ValueError for anything else."""
    if not text:
        return None
    parts = re.fullmatch(r"([0-9]{1,2})[-/]([0-9]{1,2})[-/]([0-9]{4})", text)
    if parts is None:
        raise ValueError(text)
    day, month, year = map(int, parts.groups())
    return dt.date(year, month, day)


def _age(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,2}", text) else None


def _telephone(text: str) -> str:
    """A British number keeps the nought that some extracts leave out."""
    digits = text.replace(" ", "")
    return f"0{digits}" if re.fullmatch(r"[1-9][0-9]{9}", digits) else text[:40]


# --- Links --------------------------------------------------------------------------------------------------------


def read_links(content: bytes) -> Extract:
    """Every link that says which school came before which; others (sixth form centres, expansions) are passed over."""
    found = Extract()
    try:
        for row, told in _rows(text_of(content), LINKS_REQUIRED, found, "the links file"):
            _check_characters(row, told, found)
            link = _link(row, told, found)
            if link is not None:
                found.links.append(link)
    except Unreadable as unreadable:
        found.refuse(str(unreadable))
    return found


def _link(row: int, told: Mapping[str, str], found: Extract) -> Link | None:
    if told["LinkType"] not in _LINKS:
        return None
    for name in ("URN", "LinkURN"):
        if not re.fullmatch(r"[0-9]{6}", told[name]):
            message = f"Row {row}, {name}: “{told[name][:60]}” is not a URN of six figures. {_mangled(told[name])}"
            found.refuse(message, row, name, told[name][:200])
            return None
    try:
        on = read_day(told.get("LinkEstablishedDate", ""))
    except ValueError:
        value = told["LinkEstablishedDate"][:60]
        message = f"Row {row}, LinkEstablishedDate: “{value}” is not a date. {_AS_ISSUED}"
        found.refuse(message, row, "LinkEstablishedDate", value)
        return None
    side, kind = _LINKS[told["LinkType"]]
    before, after = (told["URN"], told["LinkURN"]) if side == "successor" else (told["LinkURN"], told["URN"])
    return None if before == after else Link(before, after, kind, on)
