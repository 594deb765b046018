"""Pages of marks and pupils from a source, brought to what the reader of files makes: one register, judged as a file.

The order in which pages and rows come, and whether some come twice, makes no difference to what is gathered.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from attendance_portal.upn import UPN, BrokenUPN, is_upn, read_upn
from schools.connectors import MarksThere, StudentThere
from schools.reading import Problem, PupilInFile, RegisterFile
from schools.reading.cells import NOTHING, read_mark
from schools.reading.judging import judge
from schools.reading.layouts import HalfDays
from schools.reading.problems import ProblemLog
from schools.reading.pupils import NOBODY, Identities, read_sex, read_year_group
from schools.reading.table import Table
from schools.syncing.synced_marks import day_and_half, half_day, key_of

LAYOUT: Final = "sync"
CODE: Final = "the attendance code"
_NO_DIGITS: Final = re.compile("[^0-9]+")
_STAMP: Final = 18  # digits of a moment that are compared: down to a tenth of a millisecond

Ints = npt.NDArray[Any]


@dataclass(slots=True)
class Gathered:
    """The marks of a period as they came, in arrays a page each; `students` numbers the source's pupils."""

    students: dict[str, int] = field(default_factory=dict)
    texts: dict[str, int] = field(default_factory=dict)
    pages: list[tuple[Ints, Ints, Ints, Ints, Ints]] = field(default_factory=list)
    rows: int = 0
    unreadable: int = 0

    def add(self, page: MarksThere, codes: dict[str, str]) -> None:
        """One page, its codes by the source's ids of them; one that is not known stands for itself."""
        self.rows += len(page.rows)
        self.unreadable += page.unreadable
        columns = (
            [self.students.setdefault(row[1], len(self.students)) for row in page.rows],
            [half_day(row[2], row[3]) for row in page.rows],
            [self._text(codes.get(row[4], row[4])) for row in page.rows],
            [_stamp(row[5]) for row in page.rows],
        )
        keys = np.array([key_of(row[0] or f"{row[1]} {row[2]} {row[3]}") for row in page.rows], np.uint64)
        numbers = [np.array(column, np.int64) for column in columns]
        self.pages.append((numbers[0], numbers[1], numbers[2], numbers[3], keys))

    def _text(self, text: str) -> int:
        return self.texts.setdefault(text[:50], len(self.texts))

    def settled(self) -> Settled:
        """One mark for each half-day of a pupil: the one changed last; a blank only where there is nothing else."""
        if not self.rows:
            none = np.empty(0, np.int64)
            return Settled(none, none, none, none.astype(np.uint64), list(self.students), list(self.texts))
        student, half, text, stamp, key = (np.concatenate(column) for column in zip(*self.pages, strict=True))
        texts = list(self.texts)
        rank = np.argsort(np.argsort(np.array(texts)))[text]
        is_mark = np.array([read_mark(one) != NOTHING for one in texts], np.int64)[text]
        order = np.lexsort((rank, key, stamp, is_mark, half, student))
        last = np.r_[(np.diff(student[order]) != 0) | (np.diff(half[order]) != 0), True]
        chosen = order[last]
        return Settled(student[chosen], half[chosen], text[chosen], key[chosen], list(self.students), texts)


@dataclass(frozen=True, slots=True)
class Settled:
    """One element a mark: `student` and `text` point into the lists, `half` is a half-day, `key` the mark's id."""

    student: Ints
    half: Ints
    text: Ints
    key: Ints
    students: list[str]
    texts: list[str]

    def without(self, students: Iterable[str]) -> Settled:
        """The marks of all but these pupils."""
        gone = set(students)
        kept = np.array([name not in gone for name in self.students], bool)[self.student]
        return Settled(self.student[kept], self.half[kept], self.text[kept], self.key[kept], self.students, self.texts)


@dataclass(frozen=True, slots=True)
class Read:
    """A register made of marks from a source: the pupils' ids there in the order of its pupils, and for the lines of
    its marks, counted from `first_line`, the settled marks they came from."""

    file: RegisterFile
    students: list[str]
    first_line: int
    settled: Settled

    def marks_of(self, lines: Ints) -> Ints:
        """Which of the settled marks stand on these lines."""
        found: Ints = lines - self.first_line
        return found

    def student_on(self, line: int | None) -> str:
        """Whose line it is; lines before the marks are the pupils'."""
        if line is None or line < 1:
            return ""
        if line < self.first_line:
            return self.students[line - 1]
        return self.settled.students[int(self.settled.student[line - self.first_line])]

    def day_on(self, line: int | None) -> dt.date | None:
        if line is None or line < self.first_line:
            return None
        return day_and_half(int(self.settled.half[line - self.first_line]))[0]


def turns(students: Iterable[StudentThere]) -> list[list[StudentThere]]:
    """The pupils in turns, so that none holds a child twice: one who left and came back has two entries there."""
    of_child: defaultdict[str, list[StudentThere]] = defaultdict(list)
    for student in sorted(students, key=lambda one: (one.admitted_on or dt.date.min, one.source_id)):
        of_child[student.upn.upper() or f" {student.source_id}"].append(student)
    longest = max((len(entries) for entries in of_child.values()), default=0)
    return [[entries[turn] for entries in of_child.values() if len(entries) > turn] for turn in range(longest)]


def read_gathered(
    settled: Settled,
    students: Sequence[StudentThere],
    *,
    first_on: dt.date,
    last_on: dt.date,
    on: dt.date,
    known_codes: frozenset[str],
) -> Read:
    """The register of these pupils for the period; marks of others are left aside. Judged as those of a file are."""
    log = ProblemLog()
    pupils = [_pupil(student, line, log, known_codes) for line, student in enumerate(students, 1)]
    place = {student.source_id: at for at, student in enumerate(students)}
    of_student = np.array([place.get(name, NOBODY) for name in settled.students] or [NOBODY], np.int32)
    theirs = of_student[settled.student] if len(settled.student) else np.empty(0, np.int32)
    first_line = len(pupils) + 1
    table = Table([], np.arange(first_line, first_line + len(theirs), dtype=np.int32))
    marks, blanks, *_ = judge(_half_days(settled), table, Identities(pupils, theirs), log, on)
    file = RegisterFile(
        file_name="",
        layout=LAYOUT,
        rows=len(theirs),
        pupils=tuple(pupils),
        marks=marks,
        first_on=first_on,
        last_on=last_on,
        blanks=blanks,
        problems=tuple(log.listed),
        problem_counts=dict(log.counts),
    )
    return Read(file, [student.source_id for student in students], first_line, settled)


def _half_days(settled: Settled) -> HalfDays:
    """The marks as the reader sees cells of a long file."""
    numbers, day = np.unique(settled.half // 2, return_inverse=True)
    texts = settled.texts or [""]
    return HalfDays(
        row=np.arange(len(settled.half), dtype=np.int32),
        day=day.astype(np.int32),
        session=(settled.half % 2).astype(np.int8),
        text=settled.text.astype(np.int32),
        heading=np.zeros(len(settled.half), np.int8),
        days=[dt.date.fromordinal(int(number)) for number in numbers],
        texts=texts,
        readings=[read_mark(text) for text in texts],
        whole_day=np.zeros(len(texts), bool),
        headings=[CODE],
    )


def _pupil(student: StudentThere, line: int, log: ProblemLog, known_codes: frozenset[str]) -> PupilInFile:
    """A pupil as the matching knows pupils; with neither UPN nor admission number known by the source's own id."""
    upn = None
    try:
        upn = read_upn(student.upn, known_codes) if student.upn else None
    except BrokenUPN as broken:
        why = (("why", str(broken)), ("other", "admission number"))
        log.add(Problem("upn-not-used", line, "UPN", student.upn, why))
    year_group = read_year_group(student.year_group)
    if student.year_group and year_group is None:
        log.add(Problem("bad-year-group", line, "the year group", student.year_group))
    return PupilInFile(
        upn=upn.value if upn else None,
        upn_is_temporary=bool(upn and upn.temporary),
        local_id=(student.local_id or ("" if upn else student.source_id))[:40] or None,
        surname=student.surname[:150],
        forename=student.forename[:150],
        born_on=student.born_on,
        year_group=year_group,
        registration_group=student.registration_group[:40],
        admitted_on=student.admitted_on,
        left_on=student.left_on,
        row=line,
        former_upn=_former_upn(student, upn, known_codes),
        sex=read_sex(student.sex),
    )


def _former_upn(student: StudentThere, upn: UPN | None, known_codes: frozenset[str]) -> str | None:
    """A UPN the child had before, if it is one and not that of now."""
    if not is_upn(student.former_upn, known_codes):
        return None
    former = read_upn(student.former_upn, known_codes).value
    return None if upn and former == upn.value else former


def _stamp(changed: str) -> int:
    """When a mark was changed, as a number that can be compared; 0 where it is not told."""
    digits = _NO_DIGITS.sub("", changed)
    return int(digits[:_STAMP].ljust(_STAMP, "0")) if digits else 0
