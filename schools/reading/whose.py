"""Whose register a file is: the schools that its name, its titles or a column of it give by URN or DfE number."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from schools.reading.headers import Header, find_header
from schools.reading.opening import open_texts
from schools.reading.problems import UnreadableUpload
from schools.reading.schools_named import said_in, said_in_file_name
from schools.reading.table import records_of
from schools.reading.text import Text

_OPENING_BYTES: Final = 200_000
_ROWS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Named:
    """The numbers that a file gives, digits only."""

    urns: frozenset[str] = frozenset()
    laestabs: frozenset[str] = frozenset()


def schools_named_in(content: bytes | BinaryIO, *, file_name: str, on: dt.date) -> list[Named]:
    """What the file's name gives, what its titles give, and what its columns give; those that give nothing left out.

    `on` is today. A file that cannot be opened gives what its name does.
    """
    places = [said_in_file_name(file_name)]
    try:
        text = open_texts(content)[0]
        header = find_header(text.opening(_OPENING_BYTES), on=on)
        places += [[said for title in header.titles for said in said_in(title)], list(_in_columns(text, header))]
    except UnreadableUpload:
        pass
    found = [
        Named(
            frozenset(digits for what, digits in said if what == "URN"),
            frozenset(digits for what, digits in said if what == "LAESTAB"),
        )
        for said in places
    ]
    return [named for named in found if named.urns or named.laestabs]


def _in_columns(text: Text, header: Header) -> Iterator[tuple[str, str]]:
    """The numbers in the first rows of a column of URNs or DfE numbers."""
    columns = [(header.fields[name], what) for name, what in _COLUMNS if name in header.fields]
    if not columns:
        return
    records = records_of(text.opening(_OPENING_BYTES), header.separator)
    for line, cells in itertools.islice(records, _ROWS):
        for at, what in columns:
            if line > header.skip and at < len(cells) and (digits := "".join(re.findall("[0-9]", cells[at]))):
                yield what, digits


_COLUMNS: Final = (("school_urn", "URN"), ("school_laestab", "LAESTAB"))
