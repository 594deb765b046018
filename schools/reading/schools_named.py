"""Which schools a file names (URN, LAESTAB) in its name, above its headings or in a column."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from attendance_portal.upn import ISSUERS
from schools.reading.headers import Header
from schools.reading.problems import Problem
from schools.reading.table import Table

_URN_SAID = re.compile(r"\bURN\b\W{0,4}([0-9]{6})(?![0-9])", re.I)
_LAESTAB_SAID = re.compile(
    r"\b(?:LA ?ESTAB|DfE(?: (?:No|number))?|Estab(?:lishment)?(?: (?:No|number))?)\b\.?"
    r"\W{0,4}([0-9]{3})[/ -]?([0-9]{4})(?![0-9])",
    re.I,
)
_SIX_DIGITS = re.compile(r"(?<![0-9])([19][0-9]{5})(?![0-9])")
_SEVEN_DIGITS = re.compile(r"(?<![0-9])([0-9]{3})([0-9]{4})(?![0-9])")
FICTIONAL: Final = frozenset({"998", "999"})


@dataclass(frozen=True, slots=True)
class School:
    """The school a file is read for; LAESTAB as seven digits, with or without a stroke."""

    urn: str | None = None
    laestab: str | None = None

    @property
    def known_by(self) -> str:
        """The school's own numbers in a sentence."""
        numbers = [f"URN {self.urn}" if self.urn else "", f"LAESTAB {self.laestab}" if self.laestab else ""]
        return " and ".join(number for number in numbers if number)

    def number(self, what: str) -> str | None:
        """The URN, the LAESTAB or its last four digits, the establishment number; digits only."""
        text = self.urn if what == "URN" else self.laestab
        digits = "".join(re.findall("[0-9]", text)) if text else None
        return digits[-4:] if digits and what == "establishment number" else digits


Said = tuple[str, str]
"""What ('URN' or 'LAESTAB') and its digits."""


def wrong_school(school: School, *, file_name: str, header: Header, table: Table | None) -> Problem | None:
    """The first place where the file names another school and not this one; None where it names none.

    A number is compared as text, with its leading zeros. Where one place names several schools, this one
    among them (a trust's report), it is not wrong; in a column every row must be this school's.
    """
    titles = [said for title in header.titles for said in said_in(title)]
    named = _other(school, said_in_file_name(file_name))
    if named:
        return _problem(school, "The file's name", named, None)
    if named := _other(school, titles):
        return _problem(school, "The heading of the file", named, 1)
    return _in_columns(school, header, table) if table else None


def _problem(school: School, where: str, named: Said, row: int | None, column: str | None = None) -> Problem:
    details = (("where", where), ("expected", school.known_by))
    return Problem("wrong-school", row, column, " ".join(named), details)


def _other(school: School, named: list[Said]) -> Said | None:
    """The first of `named` that contradicts the school, if no number of the same sort agrees."""
    for what in ("URN", "LAESTAB"):
        own, said = school.number(what), [digits for kind, digits in named if kind == what]
        if own and said and own not in said:
            return what, said[0]
    return None


def said_in(text: str) -> list[Said]:
    """The URNs and DfE numbers that a text gives as such."""
    urns = [("URN", digits) for digits in _URN_SAID.findall(text)]
    return urns + [("LAESTAB", "".join(parts)) for parts in _LAESTAB_SAID.findall(text)]


def said_in_file_name(file_name: str) -> list[Said]:
    """Numbers in a file's name: those labelled, and bare ones that can be nothing else (not a date)."""
    text = file_name.replace("_", " ")
    bare = [("URN", digits) for digits in _SIX_DIGITS.findall(text) if not _is_date(digits)]
    issuers = ISSUERS | FICTIONAL
    bare += [("LAESTAB", a + b) for a, b in _SEVEN_DIGITS.findall(text) if a in issuers]
    return said_in(text) + bare


def _is_date(digits: str) -> bool:
    """Whether six digits may be a date, as ddmmyy or yymmdd or as a year and month."""
    first, second, third = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    day_first, year_first = 1 <= first <= 31, 1 <= third <= 31
    return (1 <= second <= 12 and (day_first or year_first)) or (digits[:2] in ("19", "20") and third <= 12)


def _in_columns(school: School, header: Header, table: Table) -> Problem | None:
    numbers = {"school_urn": "URN", "school_laestab": "LAESTAB", "school_estab": "establishment number"}
    for name, what in numbers.items():
        at, own = header.fields.get(name), school.number(what)
        if at is None or own is None:
            continue
        for value, row in _first_rows(table, at):
            digits = "".join(re.findall("[0-9]", value))
            whole_number = name == "school_estab" and digits.endswith(own)  # with the authority's before it
            if digits and digits != own and not whole_number:
                where = f"Row {row}, column {header.cells[at]},"
                return _problem(school, where, (what, digits), row, header.cells[at])
    return None


def _first_rows(table: Table, at: int) -> Iterator[tuple[str, int]]:
    """Each distinct value of a column with the line that first has it, at most a hundred."""
    column = table.columns[at]
    codes, first = np.unique(column.codes, return_index=True)
    for code, row in sorted(zip(codes[:100], first[:100], strict=True), key=lambda pair: int(pair[1])):
        yield column.values[code], int(table.lines[row])
