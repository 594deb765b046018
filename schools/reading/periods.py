"""The period that counts are for, as a file says it: a term, a school year, a range of days, or up to a day."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

from attendance_portal.days import Term, term_window, year_label, year_of, year_window
from schools.reading.dates import in_words, plain, stated_range

_YEAR: Final = re.compile(r"(20[0-9]{2})(?:\s*[-/_–]?\s*((?:20)?[0-9]{2}))?")
_TERM: Final = re.compile(r"(autumn|spring|summer)(?:\s+term)?", re.I)
_TERM_SAID: Final = re.compile(
    r"\b(?P<term>autumn|spring|summer)(?:[\s_-]+term)?[\s_,-]+(?P<year>20[0-9]{2})(?:[-/_–](?P<next>(?:20)?[0-9]{2}))?"
    r"(?![0-9])",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Period:
    """The words of a period, and its days where they are known. Empty words: the file does not say."""

    words: str = ""
    from_on: dt.date | None = None
    until_on: dt.date | None = None


NOT_SAID: Final = Period()


def period_above(texts: list[str], *, on: dt.date) -> Period:
    """The period that the title, the name of the sheet or the name of the file tells; else NOT_SAID."""
    for text in texts:
        if match := _TERM_SAID.search(text):
            term, year = Term(match["term"].lower()), int(match["year"])
            started = year if match["next"] or term == Term.AUTUMN else year - 1
            return _of_term(started, term)
    span = stated_range(texts, on=on)
    if span is None:
        return NOT_SAID
    if span == tuple(year_window(year_of(span[0]))):
        return _of_year(year_of(span[0]))
    if span[0] == span[1]:
        return up_to(span[0])
    return Period(f"{in_words(span[0])} to {in_words(span[1])}", *span)


def up_to(day: dt.date) -> Period:
    """The school year until a day."""
    year = year_of(day)
    return Period(f"School year {year_label(year)}, up to {in_words(day)}", year_window(year).first, day)


def period_of(year_text: str, term_text: str, until_on: dt.date | None = None) -> Period:
    """The period of a row, by what its cells say of the school year and the term; what is not known stays in words."""
    year, term = school_year(year_text), _TERM.fullmatch(plain(term_text))
    if year is None:
        return Period(" ".join(f"{term_text} {year_text}".split())[:100])
    if term:
        return _of_term(year, Term(term[1].lower()))
    if plain(term_text):
        window = year_window(year)
        return Period(f"{' '.join(term_text.split())}, school year {year_label(year)}"[:100], window.first, window.last)
    return up_to(until_on) if until_on and year_of(until_on) == year else _of_year(year)


def school_year(text: str) -> int | None:
    """2025 for 2025/26, 2025-2026, 202526 or 2025; None for anything else."""
    match = _YEAR.fullmatch(plain(text))
    if match is None or (match[2] and (int(match[1]) + 1) % 100 != int(match[2]) % 100):
        return None
    return int(match[1])


def _of_term(year: int, term: Term) -> Period:
    return Period(f"{term.value.capitalize()} term {year_label(year)}", *term_window(year, term))


def _of_year(year: int) -> Period:
    return Period(f"School year {year_label(year)}", *year_window(year))
