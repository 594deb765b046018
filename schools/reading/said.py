"""What a school said about its own files, handed to the reader as data: what columns hold, what codes stand for."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from schools.reading.dates import NO_DATE, Heading, plain, read_date, read_heading, read_session
from schools.reading.headers import (
    ALIASES,
    MONTH_FIRST,
    SEARCHED_ROWS,
    SEPARATORS,
    TOTALS,
    UNASKED,
    Header,
    fields_of,
    is_admission_number,
    normal,
    two_rows,
)
from schools.reading.problems import UnreadableUpload
from schools.reading.table import MAX_COLUMNS, records_of

WHOLE_DAY: Final = 2
"""Beside 0 (morning) and 1 (afternoon): a column whose cells hold both marks of a day."""

_BESIDE: Final = UNASKED | set(ALIASES) - TOTALS - {"date", "session", "mark"}
"""The fields that are recognised beside those that were said."""

LONGEST_HEADING: Final = 200
ROWS_BELOW: Final = 5
"""How many rows under the headings are shown beside the questions."""

_WEEK_OR_DAY = r"(?:wk|week)[\s_.]*[0-9]+|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*"
_A_DATE = re.compile(
    r"(?<![0-9])(?:"
    r"(?P<iso>[0-9]{4}(?P<s>[-/._]?)[0-9]{2}(?P=s)[0-9]{2})"
    r"|(?P<slashed>[0-9]{1,2}(?P<t>[-/._])[0-9]{1,2}(?P=t)(?:[0-9]{4}|[0-9]{2}))"
    rf"|(?P<named>[0-9]{{1,2}}(?:st|nd|rd|th)?[-/._\s]*{_MONTH}[-/._,\s]*(?:[0-9]{{4}}|[0-9]{{2}}))"
    r")(?![0-9])",
    re.I,
)

Records = Sequence[tuple[int, list[str]]]
"""The first records of a file, each with the line it ends on."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the columns of one layout hold.

    `fields`: (heading, which of the columns that read so, from 0; field, empty where it is not used). `days`: (what a
    day's heading says beside its date, the half-day it is: 0, 1 or WHOLE_DAY). Headings are compared as `heading_key`
    has them. `date_order`: DAY_FIRST, MONTH_FIRST or, where that was not asked, empty. `width`: how many columns a
    file has that has no headings (`numbered` gives it some); 0 where it has headings.
    """

    fields: tuple[tuple[str, int, str], ...]
    days: tuple[tuple[str, int], ...] = ()
    date_order: str = ""
    width: int = 0


@dataclass(frozen=True, slots=True)
class SaidCode:
    """A code of the school's own: `mark` is a national code, or empty for no mark; both days inclusive."""

    local: str
    mark: str
    from_on: dt.date | None = None
    until_on: dt.date | None = None

    def holds_on(self, day: dt.date) -> bool:
        """Whether it was said for this day."""
        return (self.from_on is None or self.from_on <= day) and (self.until_on is None or day <= self.until_on)


@dataclass(frozen=True, slots=True)
class Said:
    """All that a school said. Where two layouts fit a file, the earlier in the tuple is used; so with codes."""

    layouts: tuple[Layout, ...] = ()
    codes: tuple[SaidCode, ...] = ()


NOTHING_SAID: Final = Said()


def heading_key(heading: str) -> str:
    """A heading as layouts remember it."""
    return normal(heading)[:LONGEST_HEADING]


def places_of(cells: Sequence[str]) -> dict[tuple[str, int], int]:
    """The column of each heading and which of those that read so it is."""
    seen: Counter[str] = Counter()
    places = {}
    for at, cell in enumerate(cells):
        key = heading_key(cell)
        places[key, seen[key]] = at
        seen[key] += 1
    return places


def find_said_header(opening: str, layouts: Sequence[Layout], *, on: dt.date) -> tuple[Header, Layout] | None:
    """The first row that has all the headings of a layout, read as the school said; None where there is none."""
    for layout in (one for one in layouts if not one.width):
        found = [header for sep in SEPARATORS if (header := _header_by(opening, sep, layout, on))]
        if found:
            return max(found, key=lambda header: (len(header.days), len(header.cells))), layout
    return None


def _header_by(opening: str, separator: str, layout: Layout, on: dt.date) -> Header | None:
    for header in headings_of(opening, separator, on=on, month_first=layout.date_order == MONTH_FIRST):
        said = _as_said(header, layout, on)
        if said:
            return said
    return None


# --- Files without headings --------------------------------------------------------------------------------------


def numbered(width: int) -> list[str]:
    """The headings that a file without any is given: Column 1 and so on."""
    return [f"Column {number}" for number in range(1, width + 1)]


def find_unheaded(opening: str, layouts: Sequence[Layout], *, on: dt.date) -> tuple[Header, Layout] | None:
    """The rows without headings as the school said what their columns hold; None where none of `layouts` fits them."""
    for layout in (one for one in layouts if one.width):
        for separator in SEPARATORS:
            records = _first_records(opening, separator)
            if max((len(cells) for _, cells in records), default=0) != layout.width:
                continue
            header = _numbered_header(records, separator, layout)
            if _begins(header, records, on):
                return header, layout
    return None


def _numbered_header(records: Records, separator: str, layout: Layout) -> Header:
    """The columns by their numbers, under the rows that hold less than half of them: those are titles."""
    filled = [2 * sum(bool(cell.strip()) for cell in cells) > layout.width for _, cells in records]
    at = filled.index(True) if True in filled else 0
    skip = records[at - 1][0] if at else 0
    header = Header(separator, skip + 1, skip, numbered(layout.width), {}, {}, _titles(records[:at]))
    fields = _said_fields(header, layout) or {}
    return replace(header, fields=fields, is_said=True, date_order=layout.date_order)


def _begins(header: Header, records: Records, on: dt.date) -> bool:
    """Whether the first row that says anything there is of marks or counts, so that it is not headings nobody knows.

    Of the first rows some may lack their date; a heading stands in the first of all.
    """
    at = header.fields.get("date", header.fields.get("possible"))
    if header.missing() or at is None:
        return False
    told = [plain(cells[at]) for ends, cells in records if ends > header.skip and at < len(cells)]
    first = next((cell for cell in told if cell), "")
    if header.is_summary:
        return first.isdecimal()
    return read_date(first, on=on, month_first=header.month_first) != NO_DATE


def first_rows(opening: str, header: Header) -> tuple[tuple[int, tuple[str, ...]], ...]:
    """The first records with the line each begins on: all that may be headings, and some below those that are."""
    wanted = header.skip + ROWS_BELOW if not header.missing() else SEARCHED_ROWS + ROWS_BELOW
    rows, begins = [], 1
    for ends, cells in itertools.islice(records_of(opening, header.separator), wanted):
        rows.append((begins, tuple(cell[:LONGEST_HEADING] for cell in cells[:MAX_COLUMNS])))
        begins = ends + 1
    return tuple(rows)


def headings_of(opening: str, separator: str, *, on: dt.date, month_first: bool = False) -> Iterator[Header]:
    """Each of the first rows as headings: with the row of AM and PM below it where days stand merged, else alone."""
    records = _first_records(opening, separator)
    for at in range(min(len(records), SEARCHED_ROWS)):
        if len(records[at][1]) > MAX_COLUMNS:
            return
        header = heading_row(records, at, separator, on=on, month_first=month_first)
        merged = two_rows(header, records, at, any_heading=True)
        if merged:
            yield merged
        yield header


def _first_records(opening: str, separator: str) -> Records:
    try:
        return list(itertools.islice(records_of(opening, separator), SEARCHED_ROWS + 1))
    except UnreadableUpload:
        return []


def heading_row(records: Records, at: int, separator: str, *, on: dt.date, month_first: bool = False) -> Header:
    """One record as headings without fields; days are those that the reader knows by itself."""
    skip, cells = records[at]
    titles = _titles(records[:at])
    days = {j: day for j, cell in enumerate(cells) if (day := read_heading(cell, on=on, month_first=month_first))}
    line = records[at - 1][0] + 1 if at else 1
    return Header(separator, line, skip, cells, {}, days, titles)


def _titles(records: Records) -> list[str]:
    return [" ".join(cell for cell in row if cell.strip()) for _, row in records]


def _as_said(header: Header, layout: Layout, on: dt.date) -> Header | None:
    """The headings with the fields and days of a layout, or None where one of them is not there."""
    fields = _said_fields(header, layout)
    if fields is None:
        return None
    days = dict(header.days) if _is_wide(layout) else {}
    days |= _said_days(header, layout, on)
    for at in fields.values():
        days.pop(at, None)
    if _is_wide(layout) and not days and "possible" not in fields:
        return None
    return replace(header, fields=fields, days=days, is_said=True, date_order=layout.date_order)


def _said_fields(header: Header, layout: Layout) -> dict[str, int] | None:
    """The column of each field that was said; None where one lacks.

    Columns of which nothing was said tell what they are recognised to tell of the pupil, as in any file: else what was
    said of a file of few columns would hide the names in one of many.
    """
    places = places_of(header.cells)
    said = {places[heading, nth]: name for heading, nth, name in layout.fields if (heading, nth) in places}
    fields = {name: at for at, name in said.items() if name}
    if len(fields) < sum(bool(name) for _, _, name in layout.fields):
        return None
    known = {name: at for name, at in fields_of(header.cells).items() if at not in said and name in _BESIDE}
    if "local_id" in known and not is_admission_number(header.cells[known["local_id"]]):
        del known["local_id"]
    return known | fields


def _is_wide(layout: Layout) -> bool:
    return not {"date", "mark"} <= {name for _, _, name in layout.fields}


def _said_days(header: Header, layout: Layout, on: dt.date) -> dict[int, Heading]:
    """The columns whose heading says a date beside words that the school explained."""
    said, found = dict(layout.days), {}
    for at, cell in enumerate(header.cells):
        split = split_day(cell) if said else None
        if split and split[1] in said:
            day = read_heading(split[0], on=on, month_first=layout.date_order == MONTH_FIRST)
            half = said[split[1]]
            if day:
                found[at] = Heading(cell, day.reading, day.short, None if half == WHOLE_DAY else half, None)
    return found


def split_day(heading: str) -> tuple[str, str] | None:
    """The date that stands somewhere in a heading, and the key of what is said beside it; None without a date."""
    text = " ".join(plain(heading).split())
    match = _A_DATE.search(text)
    if match is None:
        return None
    beside = re.sub(_WEEK_OR_DAY, "", text[: match.start()] + " " + text[match.end() :], flags=re.I)
    return _ordinary(match), heading_key(beside)


def _ordinary(match: re.Match[str]) -> str:
    """The date with separators that the reader of headings knows."""
    if match["named"]:
        day, month, year = re.findall(r"[0-9]+|[a-z]{3,}", re.sub(r"(?<=[0-9])(st|nd|rd|th)", "", match[0].lower()))
        return f"{day} {month[:3]} {year}"
    return match[0].replace("_", "-")


def likely_half(beside: str) -> int:
    """The half-day that words beside a date most likely mean; WHOLE_DAY where they do not tell."""
    half = read_session(re.sub(r"\W", "", beside))
    return WHOLE_DAY if half is None else half


def marks_said(codes: Sequence[SaidCode], local: str, day: dt.date) -> SaidCode | None:
    """What the school said of a code for a day."""
    return next((code for code in codes if code.local == local and code.holds_on(day)), None)
