"""Lists that are no registers (term dates, percentages, social care's): their rows, from CSV or an Excel workbook."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from schools.reading.headers import SEPARATORS
from schools.reading.opening import open_texts
from schools.reading.table import records_of
from schools.reading.text import MAX_BYTES, Text

_SEARCHED: Final = 15

Row = tuple[int, list[str]]
"""The line of the file on which a row ends, and its cells."""


@dataclass(frozen=True, slots=True)
class HeadedRows:
    """The headings of a list, and the rows below them that hold anything."""

    headings: list[str]
    rows: list[Row]


def rows_under(
    content: bytes, is_headings: Callable[[Sequence[str]], bool], *, limit: int = MAX_BYTES
) -> HeadedRows | None:
    """The rows under the first row that is headings, of the first sheet that has one; None where none has.

    Rows are parted by whatever makes most cells of the headings. Raises UnreadableUpload.
    """
    for text in open_texts(content, limit):
        found = [one for separator in SEPARATORS if (one := _headed(text, separator, is_headings))]
        if found:
            return max(found, key=lambda one: len(one.headings))
    return None


def _headed(text: Text, separator: str, is_headings: Callable[[Sequence[str]], bool]) -> HeadedRows | None:
    rows = list(records_of(text.data.decode(), separator))
    at = next((at for at, (_, cells) in enumerate(rows[:_SEARCHED]) if is_headings(cells)), None)
    if at is None:
        return None
    return HeadedRows(rows[at][1], [(line, cells) for line, cells in rows[at + 1 :] if any(map(str.strip, cells))])
