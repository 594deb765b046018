"""What one uploaded register says, once read: pupils, marks as arrays, and every problem."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from schools.reading.counts import Counts
from schools.reading.problems import KINDS, STOPS_THE_FILE, WARNING, Problem
from schools.reading.pupils import PupilInFile


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """How one heading was understood: `used_for` is a field, "a session", "a day", or None when ignored."""

    position: int
    heading: str
    used_for: str | None


@dataclass(frozen=True, slots=True)
class Marks:
    """The accepted marks, one element each, in the file's order; no half-day of a pupil is there twice."""

    pupil: npt.NDArray[np.int32]
    """Index into the file's pupils."""
    year: npt.NDArray[np.int16]
    """The calendar year in which the academic year starts."""
    column: npt.NDArray[np.int16]
    """2 × (day − 1 August) + session (`schools.register.marks.column_of`)."""
    code: npt.NDArray[np.uint8]
    """The permanent number of the mark (`schools.register.codes.NUMBERS`), never 0."""
    row: npt.NDArray[np.int32]
    """The line of the file, from 1."""

    def __len__(self) -> int:
        return len(self.code)


def no_marks() -> Marks:
    """No marks at all."""
    none = np.empty(0, np.int32)
    return Marks(none, none.astype(np.int16), none.astype(np.int16), none.astype(np.uint8), none)


NO_MARKS: Final = no_marks()


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterFile:
    """One file as it was understood. A file that could not be read has problems and nothing else."""

    file_name: str
    layout: str | None = None
    """'long', 'wide', 'wide-day', 'summary' or 'ctf'; None where no headings were understood."""
    encoding: str | None = None
    """The encoding of plain text, else the kind of file it was."""
    sheet: str | None = None
    """The sheet of a workbook that was read."""
    separator: str | None = None
    header_row: int | None = None
    columns: tuple[ColumnUse, ...] = ()
    rows: int = 0
    """Rows under the headings."""
    pupils: tuple[PupilInFile, ...] = ()
    marks: Marks = field(default_factory=no_marks)
    counts: tuple[Counts, ...] = ()
    """What a file of counts holds in place of marks."""
    first_on: dt.date | None = None
    last_on: dt.date | None = None
    """First and last day with an accepted mark."""
    blanks: int = 0
    """Cells that are blank or '-'; they never erase a held mark."""
    first_rows: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """The first rows as they stand, each with its line: titles, headings and a few below them."""
    said_layout: int | None = None
    """Which of the layouts that the school said was used, from 0; None where the headings were recognised."""
    local_codes: Mapping[int, int] = field(default_factory=dict)
    """Which of the codes that the school said were used (from 0), and in how many cells."""
    unknown_codes: tuple[tuple[str, int], ...] = ()
    """Short codes that are no national ones and that nobody explained, with how many cells hold each."""
    problems: tuple[Problem, ...] = ()
    """Those listed one by one, at most LISTED_PER_KIND of a kind: what stops the file first, then by row."""
    problem_counts: Mapping[str, int] = field(default_factory=dict)
    """How many rows, marks or values each kind of problem concerns, listed or not."""

    @property
    def span(self) -> tuple[dt.date, dt.date] | None:
        """The first and last day the file is about: of its marks, else of the periods of its counts."""
        if self.first_on and self.last_on:
            return self.first_on, self.last_on
        firsts = [counts.period.from_on for counts in self.counts if counts.period.from_on]
        lasts = [counts.period.until_on for counts in self.counts if counts.period.until_on]
        return (min(firsts), max(lasts)) if firsts and lasts else None

    @property
    def stopped(self) -> bool:
        """Whether a problem stops the file."""
        return any(KINDS[kind].severity == STOPS_THE_FILE for kind in self.problem_counts)

    @property
    def clean(self) -> bool:
        """Whether there are no problems but warnings."""
        return all(KINDS[kind].severity == WARNING for kind in self.problem_counts)

    def count_of(self, severity: str) -> int:
        """How many rows, marks or values have a problem of this severity."""
        return sum(n for kind, n in self.problem_counts.items() if KINDS[kind].severity == severity)
