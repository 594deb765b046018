"""Every kind of problem an uploaded register can have: its weight, and the sentence that tells it."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

STOPS_THE_FILE: Final = "stops the file"
LEAVES_OUT_THE_ROW: Final = "leaves out the row"
LEAVES_OUT_THE_MARK: Final = "leaves out the mark"
WARNING: Final = "warning"

LISTED_PER_KIND: Final = 5_000
"""How many problems of one kind are listed one by one; the rest are counted."""

SHOWN: Final = 40
"""How many characters of a cell are shown before it is shortened."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem: its stable name, its weight and its sentence with places to fill."""

    name: str
    severity: str
    sentence: str


_TABLE = (
    # The whole file is refused.
    Kind(
        "unreadable",
        STOPS_THE_FILE,
        "{what}",
    ),
    Kind(
        "wrong-school",
        STOPS_THE_FILE,
        "{where} gives {value}, but this register is for the school with {expected}. Upload the file at "
        "the school it belongs to, or choose the right file.",
    ),
    Kind(
        "columns-missing",
        STOPS_THE_FILE,
        "The file has no {what}. Export the register again with what is missing, or correct the heading.",
    ),
    Kind(
        "summary-only",
        STOPS_THE_FILE,
        "Row {row}: the file holds totals for each pupil ({column}) and no marks, but not all that counts need: "
        "possible sessions, authorised and unauthorised absences. Export those as well, or one mark for each session.",
    ),
    Kind(
        "number-unknown",
        STOPS_THE_FILE,
        "Row {row}: the file tells pupils by {column} alone (the first is {value}), which may be another number than "
        "the admission number held here. Say so if they are the same; else export it again with UPNs, or with names "
        "and dates of birth.",
    ),
    Kind(
        "year-missing",
        STOPS_THE_FILE,
        "Row {row}: the heading ‘{value}’ gives no year, and no dates above the headings tell it. Export "
        "again with the year in the headings, or with the range of dates in a row above them; or put the school year "
        "into the name of the file, as in 2026-27.",
    ),
    Kind(
        "columns-mixed-up",
        STOPS_THE_FILE,
        "The column ‘{column}’ does not hold {what}: row {row} has ‘{value}’. Check that each heading "
        "stands over its own column and upload the file again.",
    ),
    Kind(
        "contradicting-marks",
        STOPS_THE_FILE,
        "Row {row}, column {column}: {pupil} has the mark ‘{value}’ for {day}, but row {other_row} gives "
        "‘{other}’ for the same session. Decide which is right and correct the file.",
    ),
    Kind(
        "month-first-date",
        STOPS_THE_FILE,
        "Row {row}, column {column}: ‘{value}’ is a date only if the month comes first, so the other "
        "dates in that column cannot be trusted. Export the file with dates as day/month/year, or say that the month "
        "comes first in this school's files.",
    ),
    Kind(
        "day-first-date",
        STOPS_THE_FILE,
        "Row {row}, column {column}: ‘{value}’ is a date only if the day comes first, but it was said that the month "
        "comes first in this school's files. Say anew which way round the dates of this file are.",
    ),
    Kind(
        "roll-of-another-school",
        STOPS_THE_FILE,
        "Most pupils of this file ({value}) are not on this school's roll but on another's. Upload the "
        "file at the school it belongs to, or choose the right file.",
    ),
    Kind(
        "unknown-pupil",
        LEAVES_OUT_THE_ROW,
        "Row {row}: {pupil} is not on the roll, so {what} had to be left out. To add them, the file "
        "must give a UPN or admission number, the surname, the date of birth and the year group.",
    ),
    Kind(
        "another-child",
        LEAVES_OUT_THE_ROW,
        "Row {row}: the {number} ‘{value}’ belongs to a child with another name and date of birth, so "
        "{what} of {pupil} had to be left out. Correct whichever is wrong.",
    ),
    Kind(
        "enrolment-dates-crossed",
        LEAVES_OUT_THE_ROW,
        "Row {row}: {pupil} would have left on {left}, before the admission on {admitted}, so {what} "
        "had to be left out. Correct whichever date is wrong.",
    ),
    # The row is left out and kept until settled.
    Kind(
        "no-pupil",
        LEAVES_OUT_THE_ROW,
        "Row {row}: no pupil is named. Give a UPN, an admission number, or a name with date of birth.",
    ),
    Kind(
        "broken-upn",
        LEAVES_OUT_THE_ROW,
        "Row {row}, column {column}: ‘{value}’ is not a UPN: {why}. Nothing else in the row says which "
        "pupil it is. Correct the UPN or add the admission number.",
    ),
    Kind(
        "pupil-contradicts",
        LEAVES_OUT_THE_ROW,
        "Row {row}, column {column}: ‘{value}’ was given to a different pupil on row {other_row}. "
        "Correct whichever row is wrong.",
    ),
    Kind(
        "implausible-age",
        LEAVES_OUT_THE_ROW,
        "Row {row}, column {column}: a pupil born on ‘{value}’ is {age} at the time of these marks. "
        "Correct the date of birth, or check that the columns are in the right order.",
    ),
    Kind(
        "bad-date",
        LEAVES_OUT_THE_ROW,
        "Row {row}, column {column}: ‘{value}’ is not a date that a register can hold. Write it as "
        "day/month/year, such as 08/09/2025.",
    ),
    Kind(
        "bad-session",
        LEAVES_OUT_THE_ROW,
        "Row {row}, column {column}: ‘{value}’ is neither morning nor afternoon. Write AM or PM.",
    ),
    Kind(
        "row-too-long",
        LEAVES_OUT_THE_ROW,
        "Row {row}: it has {value} cells under {expected} headings, so its cells do not stand under "
        "their own headings. Put quotation marks round any cell that holds a separator.",
    ),
    Kind(
        "bad-count",
        LEAVES_OUT_THE_ROW,
        "Row {row}, column {column}: ‘{value}’ is not a number of sessions, so the row was left out. Export the "
        "counts again as whole numbers.",
    ),
    Kind(
        "counts-do-not-add-up",
        LEAVES_OUT_THE_ROW,
        "Row {row}: {pupil} has {possible} possible sessions, but sessions present, approved educational activity, "
        "authorised and unauthorised absences come to {parts}. The row was left out; export the counts again.",
    ),
    Kind(
        "contradicting-counts",
        LEAVES_OUT_THE_ROW,
        "Row {row}: {pupil} has other counts for the same period on row {other_row}, so both were left out. Decide "
        "which are right and correct the file.",
    ),
    # The mark (in a wide file, the cell) is left out and kept until settled.
    Kind(
        "unknown-code",
        LEAVES_OUT_THE_MARK,
        "Row {row}, column {column}: ‘{value}’ is not an attendance code. Enter one of the national codes for {day}.",
    ),
    Kind(
        "code-not-in-force",
        LEAVES_OUT_THE_MARK,
        "Row {row}, column {column}: the code ‘{value}’ was not in force on {day}. Enter the code that was.",
    ),
    Kind(
        "two-marks-in-a-day-cell",
        LEAVES_OUT_THE_MARK,
        "Row {row}, column {column}: ‘{value}’ cannot be split into a morning and an afternoon mark, "
        "because two-character codes cannot stand in a column for a whole day. Export one column for "
        "each session.",
    ),
    Kind(
        "one-mark-in-a-day-cell",
        LEAVES_OUT_THE_MARK,
        "Row {row}, column {column}: ‘{value}’ is one mark in a column for a whole day, so it may be the "
        "morning or the afternoon. Enter both marks, with ‘-’ for one that is missing.",
    ),
    Kind(
        "letter-or-digit",
        LEAVES_OUT_THE_MARK,
        "Row {row}, column {column}: ‘{value}’ mixes up a letter and a digit (the letter O and 0, or the "
        "letter I and 1) and was not changed. Enter the code that was meant for {day}.",
    ),
    Kind(
        "local-code",
        LEAVES_OUT_THE_MARK,
        "Row {row}, column {column}: ‘{value}’ is a local code of the school's own system, with no "
        "national meaning. Enter the national code for {day}.",
    ),
    Kind(
        "bad-heading",
        LEAVES_OUT_THE_MARK,
        "Row {row}, column {column}: {why}, so what stands under this heading was left out (cells: "
        "{times}). Correct the heading.",
    ),
    Kind(
        "outside-enrolment",
        LEAVES_OUT_THE_MARK,
        "Row {row}, column {column}: {pupil} has the mark ‘{value}’ for {day}, {why}. Correct the mark "
        "or the enrolment date.",
    ),
    Kind(
        "future-mark",
        LEAVES_OUT_THE_MARK,
        "Row {row}, column {column}: the mark ‘{value}’ is for {day}, which has not come yet. Upload it "
        "when the day is over, or correct the date.",
    ),
    # Stored, and told; a person who sent the file is asked first.
    Kind(
        "dates-either-way",
        WARNING,
        "Row {row}, column {column}: ‘{value}’ may be {day} or {other}, and nothing else in the file tells which. It "
        "was read with the day first; check that the day is right.",
    ),
    # Stored, and told.
    Kind(
        "weekend-mark",
        WARNING,
        "Row {row}, column {column}: the mark ‘{value}’ is for {day}, at a weekend. It was read; check the date.",
    ),
    Kind(
        "missing-mark",
        WARNING,
        "Row {row}, column {column}: {pupil} has no mark for {day}, when others of the year group have "
        "one. Enter it in the school's system and upload again.",
    ),
    Kind(
        "former-school",
        WARNING,
        "The file gives {value}, the number that {school} had before. It was taken as this school's, which has "
        "{expected} now, so there is nothing to do; change the number in the school's system when you can.",
    ),
    Kind(
        "told-by-earlier-school",
        WARNING,
        "Left out were {what} for {days}, before this school's first day, {first}: the register of {school} holds "
        "these sessions, and figures count them from there. There is nothing to do.",
    ),
    Kind(
        "repeated-mark",
        WARNING,
        "Row {row}, column {column}: the mark ‘{value}’ for {day} was given before, on row {other_row}. "
        "Such repeats in the file: {times}; each mark was counted once, so there is nothing to do.",
    ),
    Kind(
        "upn-not-used",
        WARNING,
        "Row {row}, column {column}: ‘{value}’ is not a UPN: {why}. The pupil was recognised by {other} "
        "instead. Correct the UPN in the school's system.",
    ),
    Kind(
        "upns-are-numbers",
        WARNING,
        "Row {row}, column {column}: ‘{value}’ is not a UPN, nor is anything else in that column, so its numbers were "
        "taken for admission numbers. Export the UPNs as well if the system holds them.",
    ),
    Kind(
        "period-not-said",
        WARNING,
        "Row {row}: neither the file nor its name says which period the counts are for. They are shown by the day they "
        "were sent. Put the dates in a row above the headings, or in the file's name.",
    ),
    Kind(
        "upn-differs",
        WARNING,
        "Row {row}, column {column}: {pupil} is held with another UPN than ‘{value}’. The pupil was "
        "recognised by admission number and the held UPN was kept. Check which is right.",
    ),
    Kind(
        "bad-birth-date",
        WARNING,
        "Row {row}, column {column}: ‘{value}’ is not a date of birth and was not used. Write it as day/month/year.",
    ),
    Kind(
        "bad-enrolment-date",
        WARNING,
        "Row {row}, column {column}: ‘{value}’ is not a date and was not used. Write it as day/month/year.",
    ),
    Kind(
        "cut-short",
        WARNING,
        "Row {row}, column {column}: ‘{value}’ has more than {limit} characters, so only the first {limit} were used. "
        "Check that the heading stands over its own column.",
    ),
    Kind(
        "bad-year-group",
        WARNING,
        "Row {row}, column {column}: ‘{value}’ is not a year group and was not used. Write N1, N2, R or 1 to 13.",
    ),
)

KINDS: Final[Mapping[str, Kind]] = MappingProxyType({kind.name: kind for kind in _TABLE})
"""Every kind by its stable name."""

UNREADABLE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "empty": "The file is empty. Export the register again and upload it.",
        "no-rows": ("The file has headings but no rows under them. Export the register again for a period with marks."),
        "too-large": ("The file is larger than {limit} MB, the most that is read at once. Export a shorter period."),
        "too-many-columns": ("The file has {count} columns; a register has at most {limit}. Export one school year."),
        "too-many-pupils": (
            "The file names more than {limit} different pupils, so it is not the register of one school. "
            "Check that each heading stands over its own column."
        ),
        "too-many-cells": "The file has {count} cells, more than {limit}. Export a shorter period.",
        "nul": ("The file holds NUL bytes, so it is not plain text or was damaged. Export it again as CSV (UTF-8)."),
        "replaced": ("The file holds the character � where letters were lost. Export it again as CSV (UTF-8)."),
        "encoding": ("The file is neither UTF-8, UTF-16 nor Windows text. Export it again as CSV (UTF-8)."),
        "pdf": ("This is a PDF, not a register that can be read. Export the register as CSV and upload that."),
        "workbook": (
            "This is a zip file or a document of another kind, whatever its name. Upload the register itself, as "
            "CSV or as an Excel workbook (.xlsx or .xls)."
        ),
        "old-workbook": (
            "This is an old Office document that holds no Excel workbook, or only a part of one, whatever its name. "
            "Save the register as .xlsx or CSV and upload that."
        ),
        "workbook-locked": (
            "The workbook is locked with a password, so it cannot be read. Save it without a password and upload that."
        ),
        "workbook-macros": (
            "The workbook holds macros (.xlsm), which are not taken. Save it as .xlsx or CSV and upload that."
        ),
        "workbook-binary": (
            "This is a binary Excel workbook (.xlsb), which is not read. Save it as .xlsx or CSV and upload that."
        ),
        "workbook-damaged": (
            "The workbook is damaged or only a part of it arrived, so it cannot be read. Save it again and upload it."
        ),
        "workbook-unpacks": (
            "The workbook unpacks to more than is read at once, or has a cell far away from the rest. Delete what is "
            "not the register, or export a shorter period."
        ),
        "workbook-empty": (
            "No sheet of the workbook that can be seen holds anything. Put the register on a sheet that is not hidden."
        ),
        "compressed": ("This is a compressed file, whatever its name. Unpack it and upload the file inside."),
        "markup": (
            "This is a web page, or an XML file of a kind that is not read. Upload the register as CSV or Excel, as "
            "SIMS session attendances, or as a Common Transfer File."
        ),
        "xml-entities": (
            "The XML file declares a document type or entities, which is not taken. Export it again without them."
        ),
        "xml-empty": ("The XML file holds no attendance. Export it again with the attendance of a period."),
        "xml-damaged": (
            "The XML file cannot be read from line {row} on: it is damaged, or only a part of it arrived. Export it "
            "again."
        ),
        "quote": ("Row {row} opens a quotation mark that is never closed, so the rest cannot be read. Correct it."),
        "long-cell": (
            "Row {row} has a cell too long to be part of a register. Check that row and upload the file again."
        ),
        "damaged": ("The file could not be read as a table of rows and columns. Export the register again as CSV."),
    }
)
"""The sentences of `unreadable`, by reason."""


class UnreadableUpload(Exception):
    """Raised inside this package when no table can be got from the bytes; `reason` is a key of UNREADABLE."""

    def __init__(self, reason: str, *, row: int | None = None, **places: object) -> None:
        super().__init__(reason)
        self.reason, self.row, self.places = reason, row, places

    def problem(self) -> Problem:
        """The problem that tells it."""
        what = UNREADABLE[self.reason].format(row=self.row, **self.places)
        return Problem("unreadable", row=self.row, details=(("what", what),))


def visible(text: str, limit: int = SHOWN) -> str:
    """`text` as it can safely be shown: shortened, and with control characters made visible."""
    shown = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(_seen(character) for character in shown)


def _seen(character: str) -> str:
    if character < " ":
        return chr(0x2400 + ord(character))
    if character == "\x7f":
        return "␡"
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
    return f"<U+{ord(character):04X}>" if hidden else character


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem: where it is, what stands there, and (by its kind) what to do.

    `row` is the line of the file from 1, `column` the heading's text, `value` the cell as it stands (raw);
    `times` how many rows or marks this one problem stands for.
    """

    kind: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    details: tuple[tuple[str, str], ...] = field(default=())
    times: int = 1

    @property
    def severity(self) -> str:
        """One of the four weights."""
        return KINDS[self.kind].severity

    @property
    def message(self) -> str:
        """One sentence or two of plain English: where, what, and what to do."""
        left_out = {"what": "1 mark" if self.times == 1 else f"{self.times:,} marks"}
        places = left_out | {name: visible(text, 400) for name, text in self.details}
        return KINDS[self.kind].sentence.format(
            row=self.row,
            column=visible(self.column or ""),
            value=visible(self.value or ""),
            times=self.times,
            **places,
        )

    def as_dict(self) -> dict[str, object]:
        """Kind, row, column, value and message, as scripts are told them."""
        value = None if self.value is None else visible(self.value)
        column = None if self.column is None else visible(self.column)
        return {"kind": self.kind, "row": self.row, "column": column, "value": value, "message": self.message}


class ProblemLog:
    """Gathers problems; lists at most `LISTED_PER_KIND` of each kind and counts all."""

    def __init__(self) -> None:
        self.listed: list[Problem] = []
        self.counts: Counter[str] = Counter()
        self._listed_of: Counter[str] = Counter()

    def add(self, problem: Problem) -> None:
        """Add one problem (standing for `problem.times` rows or marks)."""
        self.counts[problem.kind] += problem.times
        if self._listed_of[problem.kind] < LISTED_PER_KIND:
            self._listed_of[problem.kind] += 1
            self.listed.append(problem)

    def add_all(self, kind: str, problems: Iterable[Problem], total: int) -> None:
        """Add as many of `problems` as are listed, and count `total` of them."""
        if not total:
            return
        room = LISTED_PER_KIND - self._listed_of[kind]
        for _, problem in zip(range(room), problems, strict=False):
            self._listed_of[kind] += 1
            self.listed.append(problem)
        self.counts[kind] += total

    @property
    def stopped(self) -> bool:
        """Whether anything stops the file."""
        return any(KINDS[kind].severity == STOPS_THE_FILE for kind in self.counts)
