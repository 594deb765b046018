"""What a person is asked about the columns of a file that was not recognised, and the layout that the answers make."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from attendance_portal.upn import is_upn
from schools.reading.cells import tidy
from schools.reading.dates import DateReading, plain, read_date, read_heading, read_session
from schools.reading.headers import (
    ALIASES,
    COUNTS,
    SEARCHED_ROWS,
    TOTALS,
    Header,
    fields_of,
    is_admission_number,
    normal,
    two_rows,
)
from schools.reading.pupils import read_year_group
from schools.reading.said import (
    WHOLE_DAY,
    Layout,
    heading_key,
    heading_row,
    likely_half,
    numbered,
    places_of,
    split_day,
)
from schools.register.codes import NUMBERS

NOT_USED: Final = ""
DAYS: Final = {"day-0": 0, "day-1": 1, "day-2": WHOLE_DAY}
"""The answers for columns that are days: the morning, the afternoon, or both marks in one cell."""

FIELDS: Final = (*(name for name in ALIASES if name not in TOTALS), *COUNTS)
ASKED_COLUMNS: Final = 60
EXAMPLES: Final = 3

Rows = Sequence[tuple[int, Sequence[str]]]
_KNOWN: Final = {normal(alias): name for name, aliases in ALIASES.items() for alias in aliases if name in FIELDS}
NO_HEADINGS: Final = 0
"""The line of the headings of a file that has none."""

_YOUNGEST: Final = 2 * 365
_DATES_OF_A_ROW: Final = 4
"""A row of a long file has no more dates than birth, day, admission and leaving."""


@dataclass(frozen=True, slots=True)
class Question:
    """One column (or several days' columns that read alike): its headings, some of its cells, and the best guess."""

    key: str
    headings: tuple[str, ...]
    examples: tuple[str, ...]
    guess: str
    place: tuple[str, int] | None = None
    """The heading as layouts remember it; None for days."""
    beside: str | None = None
    """What stands beside the dates of days."""

    @property
    def is_day(self) -> bool:
        return self.beside is not None


@dataclass(frozen=True, slots=True)
class DateQuestion:
    """One date of the file that may be read both ways: how it stands, and which day it is in each order, if any."""

    text: str
    day_first: dt.date | None
    month_first: dt.date | None
    guess: str


@dataclass(frozen=True, slots=True)
class Asked:
    """The questions about one file: which line holds the headings, the questions, and days known already."""

    line: int
    """NO_HEADINGS where no row holds headings."""
    headings: tuple[str, ...]
    questions: tuple[Question, ...]
    known_days: tuple[str, ...]
    left_aside: int
    """Columns beyond those that are asked about."""
    dates: DateQuestion | None = None
    """None where every date of the first rows can be read in one way only."""


def ask(
    rows: Rows,
    *,
    on: dt.date,
    line: int | None = None,
    said: Layout | None = None,
    dates: Sequence[str] = (),
    codes: frozenset[str] = frozenset(),
    roll: Mapping[str, frozenset[str]] | None = None,
) -> Asked | None:
    """The questions about a file whose first `rows` (line, cells) these are; None where there are no rows.

    `line` is where the person says that the headings stand, else the likeliest row; `said` what was said before;
    `dates` are dates of the file whose order is in question; `codes` are three-digit authority numbers valid in UPNs
    beside the national ones; `roll` is what the school's roll holds of a field, as `roll_key` has it.
    """
    headers = _headers(rows, on)
    if not headers:
        return None
    looks = _Looks(on, codes, roll or {})
    header = _chosen(headers, rows, line, said, looks)
    below = [cells for begins, cells in rows if begins > header.skip]
    asked = _days(header, below) + _columns(header, below, looks)
    left_aside = max(len(asked) - ASKED_COLUMNS, 0)
    questions = [_as_said(question, said) for question in asked[:ASKED_COLUMNS]]
    days = tuple(header.cells[at] for at in header.days)
    order = _date_question(dates, [*days, *(cell for cells in below for cell in cells)], said, on)
    return Asked(header.line, tuple(header.cells), tuple(questions), days, left_aside, order)


@dataclass(frozen=True, slots=True)
class _Looks:
    """What cells look like to hold, on a day, at a school with this roll, with these authority numbers in UPNs."""

    on: dt.date
    codes: frozenset[str]
    roll: Mapping[str, frozenset[str]]

    def guess(self, examples: Sequence[str]) -> str:
        """The field that these cells look like."""
        tests: tuple[tuple[str, Callable[[str], bool]], ...] = (
            ("upn", self.upn),
            ("born_on", self.birthday),
            ("date", self.date),
            ("session", lambda cell: read_session(cell) is not None and not plain(cell).isdecimal()),
            *((name, partial(self._held, name)) for name in self.roll),
            ("mark", lambda cell: tidy(cell) in NUMBERS),
        )
        return next((name for name, test in tests if examples and all(map(test, examples))), NOT_USED)

    def _held(self, name: str, cell: str) -> bool:
        said = read_year_group(cell) or "" if name == "year_group" else cell
        return roll_key(said) in self.roll[name]

    def upn(self, cell: str) -> bool:
        return is_upn(cell, self.codes)

    def date(self, cell: str) -> bool:
        reading = read_date(cell, on=self.on)
        return reading.day is not None or reading.contradicts

    def birthday(self, cell: str) -> bool:
        days = (read_date(cell, on=self.on, month_first=order).day for order in (False, True))
        return any(day is not None and (self.on - day).days > _YOUNGEST for day in days)

    def of_a_row(self, cell: str) -> bool:
        """Whether a cell stands in a row of marks rather than of headings."""
        return self.upn(cell) or self.date(cell)


def roll_key(text: str) -> str:
    """What a cell and the roll are compared by."""
    return plain(text).casefold()


def _chosen(headers: Sequence[Header], rows: Rows, line: int | None, said: Layout | None, looks: _Looks) -> Header:
    """The headings in the line that was chosen; else those that were said before; else the likeliest, or none."""
    width = max(len(cells) for _, cells in rows)
    unheaded = Header(",", NO_HEADINGS, 0, numbered(width), {}, {})
    if line == NO_HEADINGS or (line is None and said and said.width == width):
        return unheaded
    likeliest = max(headers, key=_worth)
    if line is None and not _worth(likeliest)[0] and any(looks.of_a_row(cell) for cell in likeliest.cells):
        return unheaded
    return next((header for header in headers if header.line == line), likeliest)


def _date_question(dates: Sequence[str], cells: Sequence[str], said: Layout | None, on: dt.date) -> DateQuestion | None:
    """The first date that may be read both ways, else one that has the month first; None where others prove it."""
    found = [(text, _date_in(text, on)) for text in (*dates, *cells)]
    proven = any(reading.proves for _, reading in found) and not (said and said.date_order)
    open_ones = [text for text, reading in found if reading.other]
    wrong_ones = [text for text, reading in found if reading.contradicts]
    text = next(iter([*dates, *([] if proven else open_ones + wrong_ones)]), None)
    if text is None:
        return None
    day_first, month_first = (_date_in(text, on, month_first=order).day for order in (False, True))
    return DateQuestion(text, day_first, month_first, said.date_order if said else "")


def _date_in(text: str, on: dt.date, *, month_first: bool = False) -> DateReading:
    """The date of a cell, or the one that stands in a heading."""
    heading = read_heading(text, on=on, month_first=month_first)
    return heading.reading if heading else read_date(text, on=on, month_first=month_first)


def _headers(rows: Rows, on: dt.date) -> list[Header]:
    """Each of the first rows as headings, the row of AM and PM below it taken in where there is one."""
    ends = [begins - 1 for begins, _ in rows[1:]] + [rows[-1][0]] if rows else []
    records = [(end, list(cells)) for end, (_, cells) in zip(ends, rows, strict=True)]
    found = []
    for at in range(min(len(records), SEARCHED_ROWS)):
        header = heading_row(records, at, ",", on=on)
        found.append(two_rows(header, records, at, any_heading=True) or header)
    return found


def _worth(header: Header) -> tuple[int, int, int]:
    """How likely a row holds the headings: by what is understood, then by how many cells say something."""
    days = sum(split_day(cell) is not None for cell in header.cells)
    known = len({_KNOWN[key] for cell in header.cells if (key := normal(cell)) in _KNOWN})
    is_wide = days > _DATES_OF_A_ROW
    return known + 5 * is_wide, sum(bool(cell.strip()) for cell in header.cells), -header.line


def _days(header: Header, below: Sequence[Sequence[str]]) -> list[Question]:
    """A question for each way in which headings with a date read beside it, where the reader does not know them."""
    groups: dict[str, list[int]] = {}
    for at, cell in enumerate(header.cells):
        split = split_day(cell)
        if at not in header.days and split and normal(cell) not in _KNOWN:
            groups.setdefault(split[1], []).append(at)
    return [
        Question(
            key=f"d{n}",
            headings=tuple(header.cells[at] for at in columns),
            examples=_examples(below, columns[0]),
            guess=f"day-{likely_half(beside)}",
            beside=beside,
        )
        for n, (beside, columns) in enumerate(groups.items())
    ]


def _columns(header: Header, below: Sequence[Sequence[str]], looks: _Looks) -> list[Question]:
    """A question for each column that is no day; a field is guessed for one column only."""
    taken: set[str] = set()
    known = {at: name for name, at in fields_of(header.cells).items() if name in FIELDS}
    questions = []
    for place, at in sorted(places_of(header.cells).items(), key=lambda pair: pair[1]):
        if at in header.days or (split_day(header.cells[at]) and normal(header.cells[at]) not in _KNOWN):
            continue
        examples = _examples(below, at)
        guess = known.get(at, NOT_USED) if normal(header.cells[at]) in _KNOWN else looks.guess(examples)
        guess = NOT_USED if guess in taken else guess
        taken.add(guess)
        questions.append(Question(f"c{at}", (header.cells[at],), examples, guess, place=place))
    if {"upn", "surname", "name", "born_on"} & taken:
        return questions
    return [_without_doubtful_number(question) for question in questions]


def _without_doubtful_number(question: Question) -> Question:
    """Where a number alone tells the pupils, a person must say by themselves that it is the admission number."""
    doubtful = question.guess == "local_id" and not is_admission_number(question.headings[0])
    return replace(question, guess=NOT_USED) if doubtful else question


def _examples(below: Sequence[Sequence[str]], at: int) -> tuple[str, ...]:
    cells = [cells[at].strip() for cells in below if at < len(cells)]
    return tuple(dict.fromkeys(cell for cell in cells if cell))[:EXAMPLES]


def _as_said(question: Question, said: Layout | None) -> Question:
    """The question with what was said before as its guess."""
    if said is None:
        return question
    if question.is_day:
        half = dict(said.days).get(question.beside or "")
        guess = NOT_USED if half is None else f"day-{half}"
    else:
        guess = next((name for heading, nth, name in said.fields if (heading, nth) == question.place), NOT_USED)
    return Question(question.key, question.headings, question.examples, guess, question.place, question.beside)


def layout_of(asked: Asked, answers: Mapping[str, str], date_order: str = "") -> Layout:
    """The layout that answers by the questions' keys make, and the order of its dates if that was asked."""
    fields, days = [], []
    for question in asked.questions:
        answer = answers.get(question.key, NOT_USED)
        if question.place:
            fields.append((*question.place, answer if answer in FIELDS else NOT_USED))
        if question.beside is not None and answer in DAYS:
            days.append((question.beside, DAYS[answer]))
    width = len(asked.headings) if asked.line == NO_HEADINGS else 0
    return Layout(tuple(fields), tuple(days), date_order, width)


def wrong_with(asked: Asked, answers: Mapping[str, str], words: Mapping[str, str]) -> list[tuple[str | None, str]]:
    """What keeps these answers from making sense, as (key of the question or None, sentence).

    `words` are the names of the fields as the page says them.
    """
    by_field: dict[str, list[Question]] = {}
    for question in asked.questions:
        by_field.setdefault(answers.get(question.key, NOT_USED), []).append(question)
    found: list[tuple[str | None, str]] = []
    for name in FIELDS:
        both = by_field.get(name, [])
        if len(both) > 1:
            first, second = (_called(question) for question in both[:2])
            found.append((both[1].key, f"‘{first}’ and ‘{second}’ cannot both hold the {words[name]}: choose one"))
    return found or [(None, sentence) for sentence in _lacking(asked, by_field)]


def _called(question: Question) -> str:
    return question.headings[0].strip() or f"the column without a heading ({question.key[1:]})"


def _lacking(asked: Asked, by_field: Mapping[str, object]) -> list[str]:
    has, found = by_field.keys(), []
    if not ({"upn", "local_id"} & has or ("born_on" in has and {"surname", "name"} & has)):
        found.append(
            "Say which column tells the pupils apart: the UPN, the admission number, or the name and the date of birth"
        )
    if {"possible", "authorised", "unauthorised"} <= has:
        return found
    long_layout = {"date", "mark"} & has
    if not ({"date", "mark"} <= has or (not long_layout and (asked.known_days or DAYS.keys() & has))):
        lacks = "date" if "mark" in has else "mark"
        found.append(
            f"Say which column holds the {lacks}" if long_layout else "Say which columns hold the date and the mark"
        )
    return found


def identity(header: Header) -> Layout:
    """The layout that says of a file's columns what the reader recognised by itself."""
    places = {at: place for place, at in places_of(header.cells).items()}
    return Layout(tuple((*places[at], name) for name, at in header.fields.items()))


def beside_of(heading: str) -> str:
    """What a day's heading says beside its date, in words; for a page that lists what was said."""
    return re.sub(r"\s+", " ", heading_key(heading)) or "the date alone"
