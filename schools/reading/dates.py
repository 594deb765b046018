"""Dates, sessions and column headings as school systems write them: day first, unless the school said otherwise."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

AM: Final = 0
PM: Final = 1
EXCEL_EPOCH: Final = dt.date(1899, 12, 30)
_SERIALS = range(20_000, 80_000)
_IN_WORDS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_TIME = (
    r"(?:[T\s]+(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::[0-9.]+)?\s*(?P<half>[ap]m)?"
    r"(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_WEEKDAY = r"(?:(?P<weekday>mon|tue|wed|thu|fri|sat|sun)[a-z]*\.?,?\s+)?"
_ISO = re.compile(
    rf"{_WEEKDAY}(?P<y>[0-9]{{4}})(?P<sep>[-/.]?)(?P<m>[0-9]{{1,2}})(?P=sep)(?P<d>[0-9]{{1,2}}){_TIME}", re.I
)
_SLASHED = re.compile(
    rf"{_WEEKDAY}(?P<d>[0-9]{{1,2}})[-/.](?P<m>[0-9]{{1,2}})[-/.](?P<y>[0-9]{{4}}|[0-9]{{2}}){_TIME}", re.I
)
_NAMED = re.compile(
    rf"{_WEEKDAY}(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?[-/.\s]+(?P<name>[a-z]{{3,9}})[-/.,\s]+(?P<y>[0-9]{{4}}|[0-9]{{2}}){_TIME}",
    re.I,
)
_SERIAL = re.compile(r"(?P<serial>[0-9]{5})(?P<part>\.[0-9]+)?")
_SHORT = re.compile(r"(?P<d>[0-9]{1,2})[-/.](?P<m>[0-9]{1,2})|(?P<nd>[0-9]{1,2})[-/.\s]+(?P<name>[a-z]{3,9})", re.I)

_SESSION_WORDS = {
    "am": AM,
    "a": AM,
    "1": AM,
    "morning": AM,
    "session1": AM,
    "amsession": AM,
    "sessionam": AM,
    "amreg": AM,
    "pm": PM,
    "p": PM,
    "2": PM,
    "afternoon": PM,
    "session2": PM,
    "pmsession": PM,
    "sessionpm": PM,
    "pmreg": PM,
}
_CLOCK = re.compile(r"(?:.*[T\s])?([0-9]{1,2})[:.]([0-9]{2})(?::[0-9.]+)?\s*([ap]m)?Z?", re.I)


@dataclass(frozen=True, slots=True)
class DateReading:
    """What one text says in the order it was read by: a day, or that it is one only in the other order, or neither."""

    day: dt.date | None = None
    hour: int | None = None
    contradicts: bool = False
    """It is a date only in the other order."""
    proves: bool = False
    """It is a date only in this order."""
    weekday: int | None = None
    other: dt.date | None = None
    """The day it would be in the other order, where it would be another."""


NO_DATE = DateReading()


def in_words(day: dt.date) -> str:
    """'8 September 2025'."""
    return f"{day.day} {_IN_WORDS[day.month - 1]} {day.year}"


def plain(text: str) -> str:
    """`text` with full-width forms made ordinary and every kind of space trimmed."""
    if text.isascii():
        return text.strip()
    kept = "".join(c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) != "Cf")
    return kept.strip()


def read_date(text: str, *, on: dt.date, month_first: bool = False) -> DateReading:
    """The date in `text`: day first (or as `month_first` says), ISO, a month by name, or an Excel serial.

    Two-figure years are taken as this century unless that lies more than a year after `on`.
    """
    text = plain(text)
    if match := _SLASHED.fullmatch(text):
        return _from_slashed(match, on, month_first)
    if match := _NAMED.fullmatch(text):
        return _from_parts(match, on)
    if (match := _ISO.fullmatch(text)) and (match["sep"] or len(re.split(r"[T\s]", text)[0]) == 8):
        return _from_parts(match, on)
    if match := _SERIAL.fullmatch(text):
        return _from_serial(int(match["serial"]), float(match["part"] or 0))
    return NO_DATE


def _from_slashed(match: re.Match[str], on: dt.date, month_first: bool) -> DateReading:
    """Two numbers and a year: the order that was asked for, and what the other would make of them."""
    parts = match.groupdict()
    year, numbers = _full_year(parts["y"], on), (int(parts["d"]), int(parts["m"]))
    day, month = numbers[::-1] if month_first else numbers
    found, other = _day(year, month, day), _day(year, day, month)
    if found is None:
        return DateReading(contradicts=True) if other else NO_DATE
    weekday = _weekday(parts)
    could_be = other is not None and other != found and weekday in (None, other.weekday())
    return DateReading(found, _hour(parts), proves=other is None, weekday=weekday, other=other if could_be else None)


def _from_parts(match: re.Match[str], on: dt.date) -> DateReading:
    parts = match.groupdict()
    month = _month_number(parts["name"] or "") if "name" in parts else int(parts["m"] or 0)
    found = _day(_full_year(parts["y"] or "", on), month, int(parts["d"] or 0))
    return DateReading(found, _hour(parts), weekday=_weekday(parts)) if found else NO_DATE


def _weekday(parts: dict[str, str | None]) -> int | None:
    return _DAYS.index(parts["weekday"].lower()) if parts["weekday"] else None


def _from_serial(serial: int, part: float) -> DateReading:
    if serial not in _SERIALS:
        return NO_DATE
    return DateReading(EXCEL_EPOCH + dt.timedelta(days=serial), int(part * 24) if part else None)


def _full_year(text: str, on: dt.date) -> int:
    if len(text) == 4:
        return int(text)
    year = on.year - on.year % 100 + int(text)
    return year if year <= on.year + 1 else year - 100


def _month_number(name: str) -> int:
    full = name.lower()
    for number, short in enumerate(_MONTHS, start=1):
        if full.startswith(short):
            return number
    return 99


def _day(year: int, month: int, day: int) -> dt.date | None:
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _hour(parts: dict[str, str | None]) -> int | None:
    if parts["hour"] is None:
        return None
    return _of_24(int(parts["hour"]), parts["half"])


def _of_24(hour: int, half: str | None) -> int:
    if half is None:
        return hour
    return hour % 12 + (12 if half.lower() == "pm" else 0)


def read_session(text: str) -> int | None:
    """0 for the morning, 1 for the afternoon, None when `text` says neither; a time before 12:00 is AM."""
    text = plain(text).lower()
    word = re.sub(r"[\s_.\-]+", "", text)
    if word in _SESSION_WORDS:
        return _SESSION_WORDS[word]
    if match := _CLOCK.fullmatch(text):
        hour = _of_24(int(match[1]), match[3])
        return None if hour > 23 else (AM if hour < 12 else PM)
    return None


@dataclass(frozen=True, slots=True)
class Heading:
    """A column heading that is a day: its date (or, with no year, its day and month), and its session."""

    text: str
    reading: DateReading
    short: tuple[int, int] | None
    session: int | None
    weekday: int | None


_HEADING = re.compile(
    rf"(?:(?P<lead>am|pm)[\s_\-]+)?{_WEEKDAY}(?P<date>[0-9][0-9a-z/.\-]*(?:\s+[a-z]{{3,9}}(?:\s+[0-9]{{2,4}})?)?)"
    r"(?:[T\s]+00:00(?::00)?)?"
    r"(?:[\s_\-(]*(?P<tail>am|pm)\)?|[\s_\-]+(?P<word>a|p|1|2|morning|afternoon|session\s*[12]))?",
    re.I,
)
_JOINED = re.compile(r"(.*[0-9])[\s_\-]*(am|pm)", re.I | re.S)


def read_heading(text: str, *, on: dt.date, month_first: bool = False) -> Heading | None:
    """The day and session that a column heading names, or None for any other heading."""
    tidy = " ".join(plain(text).split())
    joined = _JOINED.fullmatch(tidy)
    match = _HEADING.fullmatch(f"{joined[1]} {joined[2]}" if joined else tidy)
    if match is None:
        return None
    reading, short = read_date(match["date"], on=on, month_first=month_first), _short(match["date"], month_first)
    looks_like_one = re.fullmatch(r"[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{1,4}", match["date"])
    if reading.day is None and short is None and not reading.contradicts and not looks_like_one:
        return None
    said = match["tail"] or match["word"] or match["lead"]
    weekday = _DAYS.index(match["weekday"].lower()) if match["weekday"] else None
    return Heading(text, reading, short, read_session(said) if said else None, weekday)


def _short(text: str, month_first: bool = False) -> tuple[int, int] | None:
    """The day and month of a date without a year; the month may be 13 or more, which no year puts right."""
    match = _SHORT.fullmatch(text)
    if match is None:
        return None
    if match["name"]:
        month = _month_number(match["name"])
        return (int(match["nd"]), month) if month <= 12 else None
    first, second = int(match["d"]), int(match["m"])
    return (second, first) if month_first else (first, second)


_ANY_DATE = re.compile(
    r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{4}|[0-9]{2})|[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"|[0-9]{1,2}(?:st|nd|rd|th)?\s+[a-z]{3,9}\s+[0-9]{4}",
    re.I,
)
_SCHOOL_YEAR = re.compile(r"(?<![0-9])(20[0-9]{2})\s*[-/_–]\s*(?:20)?([0-9]{2})(?![0-9])")


def stated_range(texts: list[str], *, on: dt.date, month_first: bool = False) -> tuple[dt.date, dt.date] | None:
    """The first and last day named above the headings: by dates, or as a school year (2025/26)."""
    days = []
    for text in texts:
        found = (read_date(match, on=on, month_first=month_first).day for match in _ANY_DATE.findall(text))
        days += [day for day in found if day]
    if days:
        return min(days), max(days)
    for text in texts:
        for first, second in _SCHOOL_YEAR.findall(text):
            if (int(first) + 1) % 100 == int(second):
                return dt.date(int(first), 8, 1), dt.date(int(first) + 1, 7, 31)
    return None


def in_range(day: int, month: int, span: tuple[dt.date, dt.date]) -> dt.date | None:
    """The one date of that day and month in the range; in its school year where the range is a single day."""
    first, last = span
    found = [d for year in range(first.year, last.year + 1) if (d := _day(year, month, day)) and first <= d <= last]
    return found[0] if len(found) == 1 else None
