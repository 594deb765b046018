"""The body of a file as columns of distinct values: each text is kept once, each cell is a small number."""

from __future__ import annotations

import csv
import io
import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from schools.reading.problems import UnreadableUpload
from schools.reading.text import Text

MAX_COLUMNS: Final = 2_000
MAX_CELLS: Final = 30_000_000
LONGEST_CELL: Final = 131_072
"""Characters; the csv module's own limit, beyond which a quotation mark was surely left open."""

_LINE_END = re.compile(rb"\r\n|\r|\n")
_AT_ONCE = 1 << 20
_NO_NUMBER = "?\x1f"
_END = "\x00end"
Codes = npt.NDArray[Any]


@dataclass(slots=True)
class Column:
    """The distinct texts of a column, and for each row which of them it holds. int[rows]."""

    codes: Codes
    values: list[str]


@dataclass(slots=True)
class Table:
    """The rows under the headings: columns, the line of each row from 1, and rows with cells to spare."""

    columns: list[Column]
    lines: npt.NDArray[np.int32]
    too_long: dict[int, int] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        return len(self.lines)


def records_of(text: str, separator: str) -> Iterator[tuple[int, list[str]]]:
    """Each record with the number of lines read so far; raises UnreadableUpload for an endless cell."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    started = 1
    try:
        for record in reader:
            yield reader.line_num, record
            started = reader.line_num + 1
    except csv.Error:
        raise UnreadableUpload("long-cell", row=started) from None


def read_table(text: Text, *, separator: str, width: int, skip: int) -> Table:
    """The table of `width` headed columns under the first `skip` lines.

    The fast reader is trusted only where every line is one record; otherwise (line breaks inside quotation
    marks, rows of unequal length) each record is read by the csv module, which knows its line.
    Raises UnreadableUpload.
    """
    data = text.data
    cells = _count(data, separator.encode())
    if cells > MAX_CELLS:
        raise UnreadableUpload("too-many-cells", count=cells, limit=MAX_CELLS)
    start = _offset_of_line(data, skip)
    table = _fast(data, start, separator, width, skip)
    if table is None:
        table = _exact(data, separator, width, skip)
    if table.rows == 0:
        raise UnreadableUpload("no-rows")
    return table


def _offset_of_line(data: bytes, skip: int) -> int:
    """Where line `skip` (from 0) begins."""
    ends = (match.end() for match in _LINE_END.finditer(data))
    offset = 0
    for _ in range(skip):
        offset = next(ends, len(data))
    return offset


def _count(data: bytes, byte: bytes, start: int = 0) -> int:
    """How often one byte occurs from `start`; many times faster than bytes.count where it is common."""
    whole = np.frombuffer(data, np.uint8)
    parts = range(start, len(data), _AT_ONCE)
    return sum(int(np.count_nonzero(whole[at : at + _AT_ONCE] == byte[0])) for at in parts)


def _lines_from(data: bytes, start: int) -> int:
    ends = _count(data, b"\n", start)
    if b"\r" in data:
        ends += _lone_returns(data, start)
    return ends + (not data.endswith((b"\n", b"\r")) and start < len(data))


def _lone_returns(data: bytes, start: int) -> int:
    """How many carriage returns from `start` have no line feed after them."""
    whole = np.frombuffer(data, np.uint8)
    pairs = 0
    for at in range(start, len(data), _AT_ONCE):
        part = whole[at : at + _AT_ONCE + 1]
        pairs += int(np.count_nonzero((part[:-1] == 13) & (part[1:] == 10)))
    return _count(data, b"\r", start) - pairs


class _Body:
    """The bytes of the rows, as pandas' parser asks for them: neither copied whole, nor made text and bytes again."""

    mode = "r"

    def __init__(self, foremost: bytes, data: bytes, start: int) -> None:
        self._foremost, self._rest, self._at = foremost, memoryview(data), start

    def read(self, size: int) -> bytes:
        """The foremost row, then so many bytes at a time, and nothing at the end."""
        if self._foremost:
            found, self._foremost = self._foremost, b""
            return found
        found = bytes(self._rest[self._at : self._at + size])
        self._at += len(found)
        return found

    def __iter__(self) -> Iterator[bytes]:
        """Asked of every file; the parser reads instead."""
        return iter(lambda: self.read(_AT_ONCE), b"")


def _fast(data: bytes, start: int, separator: str, width: int, skip: int) -> Table | None:
    """The table by pandas' own parser, or None where it cannot vouch for the lines or the cells.

    A row of text that is no number goes before the first, and is dropped again: a column of numbers would
    else be taken as numbers, and 001 become 1.
    """
    lines = _lines_from(data, start)
    first = data[start : start + 1_000_000].split(b"\n", 1)[0]
    if lines == 0 or first.count(separator.encode()) >= width:
        return None
    foremost = separator.join([_NO_NUMBER] * width).encode() + b"\n"
    body: Any = _Body(foremost, data, start)  # the types ask for a whole file, the parser only reads
    try:
        frame = pd.read_csv(
            body,
            sep=separator,
            header=None,
            names=list(range(width)),
            index_col=False,
            dtype="category",
            na_filter=False,
            skip_blank_lines=False,
            encoding="utf-8",
            engine="c",
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError, OverflowError):
        return None
    if len(frame) != lines + 1:
        return None
    columns = [_column(frame[name]) for name in range(width)]
    return Table(columns, np.arange(skip + 1, skip + lines + 1, dtype=np.int32))


def _column(series: pd.Series[Any]) -> Column:
    categorical = series.array
    return Column(np.asarray(categorical.codes)[1:], [str(v) for v in categorical.categories])


def _exact(data: bytes, separator: str, width: int, skip: int) -> Table:
    """The table by the csv module, record by record, with the true line of each."""
    gathered: list[tuple[dict[str, int], array[int]]] = [({}, array("i")) for _ in range(width)]
    lines, too_long = array("i"), {}
    for line, record in _body_records(data, separator, skip):
        if any(cell.strip() for cell in record[width:]):
            too_long[len(lines)] = len(record)
        lines.append(line)
        cells = record + [""] * (width - len(record))
        for (numbers, codes), cell in zip(gathered, cells, strict=False):
            codes.append(numbers.setdefault(cell, len(numbers)))
    columns = [Column(np.array(codes, np.int32), list(numbers)) for numbers, codes in gathered]
    return Table(columns, np.array(lines, np.int32), too_long)


def _body_records(data: bytes, separator: str, skip: int) -> Iterator[tuple[int, list[str]]]:
    """Each record under the headings with the line it begins on; the last must end before the file does."""
    text = data.decode("utf-8")
    begins, opened, last = skip + 1, skip + 1, [_END]
    for line, record in records_of(text + ("" if text.endswith(("\n", "\r")) else "\n") + _END, separator):
        if line > skip and (record != [_END]):
            yield begins, record
        opened, begins, last = begins, max(line, skip) + 1, record
    if last != [_END]:
        raise UnreadableUpload("quote", row=opened)
