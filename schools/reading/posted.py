"""Marks that a school system posted as JSON, brought to the rows of a long file: same pupils, marks and problems."""

from __future__ import annotations

import datetime as dt
import json
import os
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NoReturn

import numpy as np

from schools.reading.headers import Header
from schools.reading.problems import Problem, visible
from schools.reading.reader import read_rows
from schools.reading.register_file import RegisterFile
from schools.reading.said import NOTHING_SAID, Said
from schools.reading.table import Column, Table

ENDING: Final = ".json"
"""How the name of a kept post ends."""

LAYOUT: Final = "posted"

PUPIL_WORDS: Final[Mapping[str, tuple[str, int]]] = {
    "upn": ("upn", 40),
    "admission_number": ("local_id", 40),
    "surname": ("surname", 150),
    "forename": ("forename", 150),
    "date_of_birth": ("born_on", 40),
    "sex": ("sex", 20),
    "year_group": ("year_group", 20),
    "registration_group": ("registration_group", 40),
    "admitted_on": ("admitted_on", 40),
    "left_on": ("left_on", 40),
}
"""What may be said of a pupil: the name in JSON, the reader's field, and how many characters it has at most."""

MARK_WORDS: Final[Mapping[str, int]] = {"date": 40, "session": 20, "mark": 20}
"""What is said of a mark, and how many characters it has at most. Only `mark` may be null: then there is none."""


class Malformed(Exception):
    """What was posted is not JSON, or not of the shape that is asked for. `sentence` says where and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


Posted = Mapping[str, Any]


def parse_posted(content: bytes) -> Posted:
    """The document, of the right shape down to every mark; whether a mark or a pupil is right is read later.

    Raises Malformed.
    """
    try:
        found = json.loads(content, parse_constant=_no_number, object_pairs_hook=_once_each)
    except RecursionError:
        raise Malformed("The JSON is nested too deeply to be a register.") from None
    except ValueError as error:
        why = error.msg if isinstance(error, json.JSONDecodeError) else "its text cannot be decoded"
        raise Malformed(f"The body is not JSON: {why}. Send UTF-8 JSON.") from None
    document = _object(found, "The body", {"accept_good_rows", "pupils"})
    if not isinstance(document.get("accept_good_rows", False), bool):
        raise Malformed("accept_good_rows must be true or false.")
    for place, pupil in enumerate(_list(document, "pupils", "")):
        _check_pupil(pupil, f"pupils[{place}]")
    return document


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names stand once: of a mark that is given twice neither is certain."""
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for at, (name, _) in enumerate(pairs) if name in dict(pairs[:at]))
        raise Malformed(f"An object gives {visible(twice)} twice. Give each name once.")
    return found


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number in JSON")


def _object(found: Any, where: str, known: Iterable[str]) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise Malformed(f"{where} must be a JSON object.")
    if unknown := sorted(set(found) - set(known)):
        names = ", ".join(visible(name) for name in unknown[:5])
        raise Malformed(f"{where} holds what is not known here: {names}. Known are {', '.join(sorted(known))}.")
    return found


def _list(holder: Mapping[str, Any], name: str, where: str) -> list[Any]:
    found = holder.get(name)
    if not isinstance(found, list) or not found:
        raise Malformed(f"{where}{name} must be a list with at least one element.")
    return found


def _check_pupil(pupil: Any, where: str) -> None:
    said = _object(pupil, where, {*PUPIL_WORDS, "marks"})
    for name, (_, longest) in PUPIL_WORDS.items():
        if said.get(name) is not None:
            _check_text(said[name], longest, where, name)
    for place, mark in enumerate(_list(said, "marks", f"{where}.")):
        if not _is_plain_mark(mark):
            _check_mark(mark, f"{where}.marks[{place}]")


def _is_plain_mark(mark: Any) -> bool:
    """The usual mark, told at a glance: there may be a hundred thousand."""
    if type(mark) is not dict or mark.keys() != MARK_WORDS.keys():
        return False
    return all(
        type(text) is str and len(text) <= 20 and text.isascii() and text.isprintable() for text in mark.values()
    )


def _check_mark(mark: Any, where: str) -> None:
    said = _object(mark, where, MARK_WORDS)
    for name, longest in MARK_WORDS.items():
        if name not in said:
            raise Malformed(f"{where} has no {name}.")
        if name != "mark" or said[name] is not None:
            _check_text(said[name], longest, where, name)


def _check_text(text: Any, longest: int, where: str, name: str) -> None:
    if not isinstance(text, str):
        raise Malformed(f"{where}.{name} must be a string.")
    if len(text) > longest:
        raise Malformed(f"{where}.{name} is longer than {longest} characters.")
    if any("\ud800" <= character <= "\udfff" or character == "\0" for character in text):
        raise Malformed(f"{where}.{name} holds a character that no text holds (NUL or half a surrogate pair).")


def read_posted(
    content: bytes | str | os.PathLike[str],
    *,
    file_name: str,
    on: dt.date,
    known_codes: frozenset[str] = frozenset(),
    school_urn: str | None = None,
    school_laestab: str | None = None,
    said: Said = NOTHING_SAID,
) -> RegisterFile:
    """What posted marks say, as `reader.read_register` tells it of a file; `row` is the mark's number, from 1.

    Of what the school said of its files (`said`) its own codes count here too; the names of columns are the JSON's.

    The school is that of the address it was posted to: a name that the file was kept under says nothing about it.
    """
    try:
        document = parse_posted(content if isinstance(content, bytes) else Path(content).read_bytes())
    except Malformed as malformed:
        problem = Problem("unreadable", details=(("what", malformed.sentence),))
        return RegisterFile(file_name=file_name, problems=(problem,), problem_counts={"unreadable": 1})
    table, header = _rows(document["pupils"])
    read = read_rows(
        table, header, on=on, known_codes=known_codes, school_urn=school_urn, school_laestab=school_laestab, said=said
    )
    return replace(read, file_name=file_name, layout=LAYOUT, encoding="utf-8", header_row=None)


def _rows(pupils: Sequence[Mapping[str, Any]]) -> tuple[Table, Header]:
    """A row for each mark, under headings that are the names in JSON."""
    counts = np.array([len(pupil["marks"]) for pupil in pupils], np.int64)
    marks = [mark for pupil in pupils for mark in pupil["marks"]]
    said = [name for name in PUPIL_WORDS if any(pupil.get(name) for pupil in pupils)]
    columns = [_column(pupil.get(name) for pupil in pupils) for name in said]
    repeated = [Column(np.repeat(column.codes, counts), column.values) for column in columns]
    each = [_column(mark[name] for mark in marks) for name in MARK_WORDS]
    fields = {PUPIL_WORDS[name][0]: at for at, name in enumerate(said)}
    fields |= {name: len(said) + at for at, name in enumerate(MARK_WORDS)}
    header = Header(",", 0, 0, [*said, *MARK_WORDS], fields, {})
    return Table([*repeated, *each], np.arange(1, len(marks) + 1, dtype=np.int32)), header


def _column(texts: Iterable[str | None]) -> Column:
    numbers: dict[str, int] = {}
    codes = array("i", (numbers.setdefault(text or "", len(numbers)) for text in texts))
    return Column(np.array(codes, np.int32), list(numbers))
