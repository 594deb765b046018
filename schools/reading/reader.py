"""Reads one uploaded register, from its bytes to marks and problems; never raises for what a file holds."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable
from dataclasses import replace
from typing import BinaryIO, Final

import numpy as np

from attendance_portal.upn import is_upn
from schools.reading.counts import read_counts
from schools.reading.date_order import columns_in_other_order, either_way
from schools.reading.headers import Header, find_header
from schools.reading.judging import judge
from schools.reading.layouts import (
    ENOUGH_TO_TELL,
    HalfDays,
    has_times,
    read_long,
    read_wide,
)
from schools.reading.opening import open_texts
from schools.reading.problems import KINDS, STOPS_THE_FILE, Problem, ProblemLog, UnreadableUpload
from schools.reading.pupils import (
    NOBODY,
    Identities,
    blank_rows,
    identify,
    numbers_for_upns,
    without_upns,
)
from schools.reading.register_file import ColumnUse, RegisterFile
from schools.reading.said import NOTHING_SAID, Said, find_said_header, find_unheaded, first_rows
from schools.reading.schools_named import School, wrong_school
from schools.reading.table import Column, Table, read_table
from schools.reading.text import MAX_BYTES, Text
from schools.reading.xml_files import CTF

_YOUNGEST: Final = 2
_OLDEST: Final = 26
"""Ages at which marks are plausible; special colleges teach to 25."""

_OPENING_BYTES: Final = 2_000_000


def read_register(
    content: bytes | str | os.PathLike[str] | BinaryIO,
    *,
    file_name: str,
    on: dt.date,
    known_codes: frozenset[str] = frozenset(),
    school_urn: str | None = None,
    school_laestab: str | None = None,
    max_bytes: int = MAX_BYTES,
    said: Said = NOTHING_SAID,
) -> RegisterFile:
    """What a register says: CSV, an Excel workbook or XML, with a row a mark, a column a session or day, or counts.

    `content` is a path, bytes or an open binary file; `on` is today; `known_codes` are three-digit authority
    numbers valid in UPNs beside the national ones; `said` is what the school said of its columns and codes.
    Whatever the bytes are, the answer is a RegisterFile with its problems; only a path that cannot be opened
    raises (OSError).
    """
    reading = _Reading(file_name, on, known_codes, School(school_urn, school_laestab), said)
    try:
        reading.read(content, max_bytes)
    except UnreadableUpload as unreadable:
        reading.log.add(unreadable.problem())
    return reading.answer()


def read_rows(
    table: Table,
    header: Header,
    *,
    on: dt.date,
    known_codes: frozenset[str] = frozenset(),
    school_urn: str | None = None,
    school_laestab: str | None = None,
    said: Said = NOTHING_SAID,
) -> RegisterFile:
    """What rows that come from no file say, one for each mark, judged as those of a file are."""
    reading = _Reading("", on, known_codes, School(school_urn, school_laestab), said)
    reading.read_rows(table, header)
    return reading.answer()


class _Reading:
    """One file on its way from bytes to answer; each step adds what it learnt to `file`."""

    def __init__(
        self, file_name: str, on: dt.date, codes: frozenset[str], school: School, said: Said = NOTHING_SAID
    ) -> None:
        self.on, self.codes, self.school, self.said = on, codes, school, said
        self.log = ProblemLog()
        self.file = RegisterFile(file_name=file_name)

    def read(self, content: bytes | str | os.PathLike[str] | BinaryIO, max_bytes: int) -> None:
        """Every step in order, as far as the file allows. Raises UnreadableUpload."""
        text, header = self._chosen(open_texts(content, max_bytes))
        self.file = replace(self.file, encoding=text.encoding, sheet=text.sheet)
        self._understand(header)
        if self.log.stopped:
            return
        table = read_table(text, separator=header.separator, width=len(header.cells), skip=header.skip)
        if text.each_record_a_row:
            table.lines = np.arange(1, table.rows + 1, dtype=np.int32)
        del text
        table = _without_long_rows(_without_headings(table, header), header, self.log)
        if table.rows == 0 and not self.log.counts:
            raise UnreadableUpload("no-rows")
        self._read_table(table, header)

    def read_rows(self, table: Table, header: Header) -> None:
        """The steps that are left where somebody else made the rows."""
        self._understand(header)
        if not self.log.stopped:
            self._read_table(table, header)

    def _chosen(self, texts: list[Text]) -> tuple[Text, Header]:
        """The first sheet whose headings lack nothing, else the one of which most was understood."""
        best: tuple[Text, Header] | None = None
        for text in texts:
            header = self._header(text.opening(_OPENING_BYTES))
            if not header.missing():
                return text, header
            best = best if best and best[1].found >= header.found else (text, header)
        assert best is not None, "a file that can be opened has a text"
        if len(texts) > 1:
            self._header(best[0].opening(_OPENING_BYTES))
        return best

    def _header(self, opening: str) -> Header:
        """The headings as the school said what they hold, else as they are recognised. Raises UnreadableUpload."""
        found = find_said_header(opening, self.said.layouts, on=self.on)
        header = found[0] if found else find_header(opening, on=self.on)
        if header.missing():
            found = find_unheaded(opening, self.said.layouts, on=self.on) or found
            header = found[0] if found else header
        layout = self.said.layouts.index(found[1]) if found else None
        self.file = replace(self.file, first_rows=first_rows(opening, header), said_layout=layout)
        return header

    def _understand(self, header: Header) -> None:
        """What the headings mean, and what they lack."""
        named = wrong_school(self.school, file_name=self.file.file_name, header=header, table=None)
        self._tell(named)
        wanted = header.missing()
        if wanted:
            self._tell(_lacking(header, wanted))
            return
        self.file = replace(
            self.file,
            layout="ctf" if self.file.encoding == CTF else header.layout,
            separator=header.separator,
            header_row=header.line,
            columns=tuple(_uses(header)),
        )

    def _read_table(self, table: Table, header: Header) -> None:
        self.file = replace(self.file, rows=table.rows)
        self._tell(wrong_school(self.school, file_name=self.file.file_name, header=header, table=table))
        for problem in columns_in_other_order(table, header, self.on):
            self._tell(problem)
        self._tell(_session_lacking(table, header, self.on))
        self._tell(_upn_among_names(table, header, self.codes))
        self._tell(_number_unknown(table, header))
        if self.log.stopped or table.rows == 0:
            return
        if header.is_summary:
            self._read_counts(table, header)
            return
        cells = self._half_days(table, header)
        if cells is None or self.log.stopped:
            return
        self._tell(either_way(table, header, on=self.on, file_name=self.file.file_name))
        who = self._who(table, header)
        who = _of_plausible_age(who, cells, table, header, self.log)
        marks, blanks, days, codes = judge(cells, table, who, self.log, self.on, codes=self.said.codes)
        self.file = replace(
            self.file,
            pupils=tuple(who.pupils),
            marks=marks,
            blanks=blanks,
            local_codes=dict(codes.used),
            unknown_codes=codes.unknown,
            first_on=min(days, default=None),
            last_on=max(days, default=None),
        )

    def _read_counts(self, table: Table, header: Header) -> None:
        who = self._who(table, header)
        name, sheet = self.file.file_name, self.file.sheet
        counts = read_counts(table, header, who, self.log, on=self.on, file_name=name, sheet=sheet)
        self.file = replace(self.file, pupils=tuple(who.pupils), counts=tuple(counts))

    def _who(self, table: Table, header: Header) -> Identities:
        """The pupils of the rows; where the UPN column holds other numbers throughout, they are admission numbers."""
        found = numbers_for_upns(table, header)
        if found:
            self._tell(found)
            header = without_upns(header)
            self.file = replace(self.file, columns=tuple(_uses(header)))
        return identify(table, header, self.log, on=self.on, extra_codes=self.codes)

    def _half_days(self, table: Table, header: Header) -> HalfDays | None:
        if header.is_long:
            return read_long(table, header, self.log, self.on)
        return read_wide(table, header, self.log, on=self.on, file_name=self.file.file_name)

    def _tell(self, problem: Problem | None) -> None:
        if problem:
            self.log.add(problem)

    def answer(self) -> RegisterFile:
        """The file with its problems: what stops it first, then by row."""
        listed = sorted(self.log.listed, key=lambda p: (KINDS[p.kind].severity != STOPS_THE_FILE, p.row or 0))
        return replace(self.file, problems=tuple(listed), problem_counts=dict(self.log.counts))


def _lacking(header: Header, wanted: list[str]) -> Problem:
    totals = header.totals()
    if len(totals) >= 2 and header.names_pupils and not header.days:
        return Problem("summary-only", header.line, ", ".join(totals))
    if not header.fields and not header.days:
        wanted = ["headings that can be understood (such as UPN, Date, Session and Mark)"]
    return Problem("columns-missing", header.line, details=(("what", ", and no ".join(wanted)),))


def _uses(header: Header) -> Iterable[ColumnUse]:
    """How each heading was understood. Day headings of a long file are not used."""
    fields = {at: name for name, at in header.fields.items()}
    days = {} if header.is_long else header.days
    for at, cell in enumerate(header.cells):
        used = fields.get(at)
        if at in days:
            used = "a day" if days[at].session is None else "a session"
        yield ColumnUse(at + 1, cell, used)


def _session_lacking(table: Table, header: Header, on: dt.date) -> Problem | None:
    """A long file needs a session column, or times of day in its dates."""
    if not header.is_long or "session" in header.fields or has_times(header, table, on):
        return None
    return Problem("columns-missing", header.line, details=(("what", "column for the session"),))


def _upn_among_names(table: Table, header: Header, codes: frozenset[str]) -> Problem | None:
    """A UPN where a name should be: the columns are mixed up."""
    for name in ("surname", "forename", "name", "year_group", "registration_group"):
        at = header.fields.get(name)
        if at is None:
            continue
        column = table.columns[at]
        for code, value in enumerate(column.values):
            if is_upn(value, codes) and (column.codes == code).any():
                rows = np.flatnonzero(column.codes == code)
                line, what = int(table.lines[rows[0]]), (("what", f"the {name.replace('_', ' ')}"),)
                return Problem("columns-mixed-up", line, header.cells[at], value, what)
    return None


def _number_unknown(table: Table, header: Header) -> Problem | None:
    """Pupils told by a number alone that may be any of a system's: as an admission number it would be another's."""
    if header.number_is_certain or not header.number_alone or not table.rows:
        return None
    at = header.fields["local_id"]
    column = table.columns[at]
    return Problem("number-unknown", int(table.lines[0]), header.cells[at], column.values[column.codes[0]])


def _without_headings(table: Table, header: Header) -> Table:
    """The table without blank rows and rows that repeat the headings (a page break of a printed report)."""
    blank = blank_rows(table)
    blank[list(table.too_long)] = False
    if blank.any():
        table = _only(table, ~blank)
    repeated = np.ones(table.rows, bool)
    for at in header.fields.values():
        column = table.columns[at]
        same = np.array([value == header.cells[at] for value in column.values], bool)
        if not same.any():
            return table
        repeated &= same[column.codes]
    return _only(table, ~repeated)


def _without_long_rows(table: Table, header: Header, log: ProblemLog) -> Table:
    """The table without rows that have more cells than there are headings; those are told."""
    if not table.too_long:
        return table
    kept = np.ones(table.rows, bool)
    for row, cells in table.too_long.items():
        kept[row] = False
        details = (("expected", str(len(header.cells))),)
        log.add(Problem("row-too-long", int(table.lines[row]), None, str(cells), details))
    return _only(table, kept)


def _only(table: Table, kept: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Table:
    """These rows; the rows with too many cells keep their places."""
    places = np.cumsum(kept) - 1
    too_long = {int(places[row]): cells for row, cells in table.too_long.items() if kept[row]}
    columns = [Column(column.codes[kept], column.values) for column in table.columns]
    return Table(columns, table.lines[kept], too_long)


def _of_plausible_age(who: Identities, cells: HalfDays, table: Table, header: Header, log: ProblemLog) -> Identities:
    """The identities without those too young or too old at the last day of the file; their rows are told."""
    if not cells.days or "born_on" not in header.fields:
        return who
    ages = [None if p.born_on is None else (cells.days[-1] - p.born_on).days // 365 for p in who.pupils]
    wrong = np.array([age is not None and not _YOUNGEST <= age <= _OLDEST for age in ages], bool)
    if not wrong.any():
        return who
    heading, born = header.cells[header.fields["born_on"]], table.columns[header.fields["born_on"]]
    rows = np.flatnonzero((who.of_row >= 0) & wrong[who.of_row])

    def told(row: int) -> Problem:
        age = ages[who.of_row[row]]
        years = "not yet born" if age is not None and age < 0 else f"{age} years old"
        return Problem(
            "implausible-age", int(table.lines[row]), heading, born.values[born.codes[row]], (("age", years),)
        )

    if wrong.all() and table.rows >= ENOUGH_TO_TELL:
        first, what = told(int(rows[0])), (("what", "dates of birth"),)
        log.add(replace(first, kind="columns-mixed-up", details=what))
    log.add_all("implausible-age", (told(int(row)) for row in rows), len(rows))
    of_row = who.of_row.copy()
    of_row[rows] = NOBODY
    return Identities(who.pupils, of_row)
