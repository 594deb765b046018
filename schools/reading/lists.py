"""Lists that are no registers (term dates, percentages, social care's): their rows, from CSV or an Excel workbook."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from schools.reading.headers import SEPARATORS
from schools.reading.opening import open_texts
from schools.reading.problems import UnreadableUpload
from schools.reading.table import records_of
from schools.reading.text import MAX_BYTES, Text

_SEARCHED: Final = 15
_OPENING_BYTES: Final = 1_000_000

Row = tuple[int, list[str]]
"""The line of the file on which a row ends, and its cells."""


@dataclass(frozen=True, slots=True)
class HeadedRows:
    """The headings of a list, and the rows below them that hold anything."""

    headings: list[str]
    rows: list[Row]


def rows_under(
    content: bytes,
    is_headings: Callable[[Sequence[str]], bool],
    *,
    limit: int = MAX_BYTES,
    most: int | None = None,
) -> HeadedRows | None:
    """The rows under the first row that is headings, of the first sheet that has one; None where none has.

    Rows are parted by whatever makes most cells of the headings. At most `limit` bytes are read, and of rows that
    hold anything `most` and one more, by which the caller knows that there are too many. Raises UnreadableUpload.
    """
    for text in open_texts(content, limit):
        opening = text.opening(_OPENING_BYTES)
        found = [one for separator in SEPARATORS if (one := _headings_by(opening, separator, is_headings))]
        if found:
            separator, line, headings = max(found, key=lambda one: len(one[2]))
            wanted = None if most is None else most + 1
            return HeadedRows(headings, list(itertools.islice(_below(text, separator, line), wanted)))
    return None


def _headings_by(
    opening: str, separator: str, is_headings: Callable[[Sequence[str]], bool]
) -> tuple[str, int, list[str]] | None:
    """The separator, the last line of the headings and their cells; None where it makes no headings."""
    try:
        for line, cells in itertools.islice(records_of(opening, separator), _SEARCHED):
            if is_headings(cells):
                return separator, line, cells
    except UnreadableUpload:  # what is endless by a wrong separator is none by the right one
        return None
    return None


def _below(text: Text, separator: str, headings: int) -> Iterator[Row]:
    """The rows that hold anything below the line on which the headings end. Raises UnreadableUpload."""
    for line, cells in records_of(text.data.decode(), separator):
        if line > headings and any(map(str.strip, cells)):
            yield line, cells
