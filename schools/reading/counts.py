"""The summary layout: how many sessions of a period each pupil had, read as counts and never expanded to marks."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath
from typing import Final

from schools.reading.dates import plain, read_date
from schools.reading.headers import COUNTS, Header
from schools.reading.periods import NOT_SAID, Period, period_above, period_of, up_to
from schools.reading.problems import Problem, ProblemLog
from schools.reading.pupils import Identities, PupilInFile
from schools.reading.table import Table
from schools.register.codes import APPROVED_ACTIVITY, AUTHORISED, CODE_BOOK, UNAUTHORISED

MOST_SESSIONS: Final = 2 * 366
"""No period of counts holds more than a year's half-days."""

_NUMBER: Final = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.0*)?")
_CLASS_OF: Final = {rule.mark: rule.counts_as for rule in CODE_BOOK}
_PRESENT: Final = ("/", "\\", "L")
_NEEDED: Final = ("possible", "authorised", "unauthorised")


@dataclass(frozen=True, slots=True)
class Counts:
    """A pupil's sessions of one period as the file counts them; `pupil` is an index into the file's pupils.

    `activity` is None where approved educational activity is counted with `present`; the rest None where not said.
    """

    pupil: int
    row: int
    period: Period
    possible: int
    present: int
    activity: int | None
    authorised: int
    unauthorised: int
    late: int | None = None
    late_after: int | None = None
    missing: int | None = None
    school_named: str = ""
    """The school that counted, where a Common Transfer File names it: DfE number and name."""
    marks_from_on: dt.date | None = None
    marks_as_sent: str = ""
    """The string of marks of a Common Transfer File, as it stands."""

    @property
    def adds_up(self) -> bool:
        """Whether possible = present + approved educational activity + authorised + unauthorised."""
        return self.possible == self.present + (self.activity or 0) + self.authorised + self.unauthorised


def read_counts(
    table: Table, header: Header, who: Identities, log: ProblemLog, *, on: dt.date, file_name: str, sheet: str | None
) -> list[Counts]:
    """The counts that stand, in the file's order; rows that do not add up or contradict another are told in `log`.

    `who` are the pupils of the rows; `on` is today.
    """
    above = period_above([*header.titles, sheet or "", PurePath(file_name).stem.replace("_", " ")], on=on)
    reader = _Reader(table, header, who.pupils, log, on, above)
    rows = ((row, pupil) for row, pupil in enumerate(who.of_row.tolist()) if pupil >= 0)
    found = [counts for row, pupil in rows if (counts := reader.row(row, pupil))]
    if any(counts.period == NOT_SAID for counts in found):
        log.add(Problem("period-not-said", header.line, times=sum(counts.period == NOT_SAID for counts in found)))
    return _once(found, who.pupils, log)


@dataclass(slots=True)
class _Reader:
    """The rows of one file of counts."""

    table: Table
    header: Header
    pupils: list[PupilInFile]
    log: ProblemLog
    on: dt.date
    above: Period

    def row(self, row: int, pupil: int) -> Counts | None:
        """The counts of a row; None where it holds none, or does not add up (which is told)."""
        read = dict(self._numbers(row))
        if all(number is None for number in read.values()):
            return None
        line = int(self.table.lines[row])
        if any(number is not None and number < 0 for number in read.values()):
            self.log.add(Problem("bad-count", line, *self._first_fault(row)))
            return None
        if lacking := [name for name in _NEEDED if read.get(name) is None]:
            self.log.add(Problem("bad-count", line, self._heading(lacking[0]), self._raw(row, lacking[0])))
            return None
        counts = self._counts(row, pupil, line, read)
        if counts.adds_up and counts.present >= 0:
            return counts
        self.log.add(_not_adding_up(counts, self.pupils[pupil]))
        return None

    def _first_fault(self, row: int) -> tuple[str, str]:
        """The heading and the text of the first cell that is no number of sessions."""
        places = [*(at for name, at in self.header.fields.items() if name in COUNTS), *self.header.reasons.values()]
        at = next(at for at in places if (number := _number(self._at(row, at))) is not None and number < 0)
        return self.header.cells[at], self._at(row, at)

    def _counts(self, row: int, pupil: int, line: int, read: dict[str, int | None]) -> Counts:
        possible, authorised, unauthorised = (read[name] or 0 for name in _NEEDED)
        if read.get("present") is None:
            read["present"] = possible - (read.get("activity") or 0) - authorised - unauthorised
        lea, estab = self._cell(row, "counted_lea"), self._cell(row, "counted_estab")
        school = f"{self._cell(row, 'counted_school')} ({lea}{estab})" if lea or estab else ""
        return Counts(
            pupil=pupil,
            row=line,
            period=self._period(row),
            possible=possible,
            present=read["present"] or 0,
            activity=read.get("activity"),
            authorised=authorised,
            unauthorised=unauthorised,
            late=read.get("late"),
            late_after=read.get("late_after"),
            missing=read.get("missing"),
            school_named=school.strip()[:150],
            marks_from_on=self._date(row, "marks_from_on"),
            marks_as_sent=self._raw(row, "marks_as_sent"),
        )

    def _numbers(self, row: int) -> Iterator[tuple[str, int | None]]:
        """Each count of the row, -1 for what is no number of sessions; absences by their reasons where those are
        given, because the totals beside them were found far too low in such extracts."""
        reasons = self.header.reasons
        for name in COUNTS:
            at = self.header.fields.get(name)
            if at is not None and at not in reasons.values():
                yield name, _number(self._at(row, at))
        if reasons:
            yield from self._by_reason(row, reasons)

    def _by_reason(self, row: int, reasons: dict[str, int]) -> Iterator[tuple[str, int | None]]:
        numbers = {code: _number(self._at(row, at)) for code, at in reasons.items()}
        for name, counted in (("authorised", AUTHORISED), ("unauthorised", UNAUTHORISED)):
            yield name, _sum(numbers[code] for code in reasons if _CLASS_OF[code] == counted)
        if "/" in reasons and "\\" in reasons:
            yield "present", _sum(numbers[code] for code in _PRESENT if code in reasons)
            yield "activity", _sum(numbers[code] for code in APPROVED_ACTIVITY if code in reasons)

    def _period(self, row: int) -> Period:
        year, term = self._cell(row, "counted_year"), self._cell(row, "counted_term")
        until_on = self._date(row, "counted_until") or self._date(row, "date")
        if year or term:
            return period_of(year, term, until_on)
        return up_to(until_on) if until_on else self.above

    def _date(self, row: int, name: str) -> dt.date | None:
        return read_date(self._cell(row, name), on=self.on, month_first=self.header.month_first).day

    def _cell(self, row: int, name: str) -> str:
        return plain(self._raw(row, name))

    def _raw(self, row: int, name: str) -> str:
        at = self.header.fields.get(name)
        return "" if at is None else self._at(row, at)

    def _at(self, row: int, at: int) -> str:
        column = self.table.columns[at]
        return column.values[int(column.codes[row])]

    def _heading(self, name: str) -> str:
        at = self.header.fields.get(name)
        return "" if at is None else self.header.cells[at]


def _number(text: str) -> int | None:
    """A number of sessions, None for an empty cell, -1 for anything else."""
    tidy = plain(text)
    if not tidy or set(tidy) <= set("-."):
        return None
    match = _NUMBER.fullmatch(tidy)
    number = int(match[1].replace(",", "")) if match and len(match[1]) < 8 else -1
    return number if number <= MOST_SESSIONS else -1


def _sum(numbers: Iterator[int | None]) -> int | None:
    """The sum, an empty cell being none; -1 if any is no number."""
    given = [number or 0 for number in numbers]
    return -1 if any(number < 0 for number in given) else sum(given)


def _not_adding_up(counts: Counts, pupil: PupilInFile) -> Problem:
    parts = counts.present + (counts.activity or 0) + counts.authorised + counts.unauthorised
    if counts.present < 0:
        parts = counts.authorised + counts.unauthorised + (counts.activity or 0)
    details = (("pupil", pupil.known_as), ("parts", f"{parts:,}"), ("possible", f"{counts.possible:,}"))
    return Problem("counts-do-not-add-up", counts.row, details=details)


def _once(found: list[Counts], pupils: list[PupilInFile], log: ProblemLog) -> list[Counts]:
    """The same counts twice are one; different ones of one pupil, period and school are both left out."""
    first: dict[tuple[int, Period, str], Counts] = {}
    contradicted = set()
    for counts in found:
        key = (counts.pupil, counts.period, counts.school_named)
        held = first.setdefault(key, counts)
        if replace(held, row=counts.row) != counts:
            contradicted.add(key)
            words = (("pupil", pupils[counts.pupil].known_as), ("other_row", str(held.row)))
            log.add(Problem("contradicting-counts", counts.row, details=words))
    return [counts for key, counts in first.items() if key not in contradicted]
