"""The school year and its terms, school-week Mondays, ages in law, and times as words."""

from __future__ import annotations

from calendar import isleap
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

# The Spring bank holiday is the last Monday in May, except where a proclamation moved it for a jubilee
# (GOV.UK bank holidays).
MOVED_SPRING_BANK_HOLIDAYS = {
    2002: date(2002, 6, 4),
    2012: date(2012, 6, 4),
    2022: date(2022, 6, 2),
}

# Prescribed days for the start of compulsory school age (month, day); secondary sources: Newham, IPSEA.
PRESCRIBED_DAYS = ((3, 31), (8, 31), (12, 31))


class Term(StrEnum):
    AUTUMN = "autumn"
    SPRING = "spring"
    SUMMER = "summer"


TERMS = (Term.AUTUMN, Term.SPRING, Term.SUMMER)


class Window(NamedTuple):
    """A span of days, both ends inclusive."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def year_of(day: date) -> int:
    """The academic year of a day, named by the year it starts in: 1 August to 31 July."""
    return day.year if day.month >= 8 else day.year - 1


def year_label(year: int) -> str:
    """The academic year as it is written: 2025 gives '2025/26'."""
    return f"{year}/{(year + 1) % 100:02d}"


def year_window(year: int) -> Window:
    return Window(date(year, 8, 1), date(year + 1, 7, 31))


def easter(calendar_year: int) -> date:
    """Easter Sunday of the Gregorian calendar (the computation of Meeus, Jones and Butcher)."""
    a, (b, c) = calendar_year % 19, divmod(calendar_year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    weekday_shift = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 19 * weekday_shift) // 433
    month = (h + weekday_shift - 7 * m + 90) // 25
    return date(calendar_year, month, (h + weekday_shift - 7 * m + 33 * month + 19) % 32)


def spring_bank_holiday(calendar_year: int) -> date:
    """The late May bank holiday: the last Monday in May unless it was moved."""
    last_of_may = date(calendar_year, 5, 31)
    return MOVED_SPRING_BANK_HOLIDAYS.get(calendar_year, monday_of(last_of_may))


def term_window(year: int, term: Term) -> Window:
    """The census window of a term (DfE absence methodology), until an authority enters its own dates.

    Autumn 1 August to 31 December, spring 1 January to Easter Sunday, summer Easter Monday to 31 July.
    """
    sunday = easter(year + 1)
    windows = {
        Term.AUTUMN: Window(date(year, 8, 1), date(year, 12, 31)),
        Term.SPRING: Window(date(year + 1, 1, 1), sunday),
        Term.SUMMER: Window(sunday + timedelta(days=1), date(year + 1, 7, 31)),
    }
    return windows[term]


def summer_halves(year: int) -> tuple[Window, Window]:
    """The two halves of the summer term: up to the Sunday before the late May bank holiday, and after it."""
    summer = term_window(year, Term.SUMMER)
    holiday = spring_bank_holiday(year + 1)
    sunday_before = holiday - timedelta(days=holiday.weekday() + 1)
    return Window(summer.first, sunday_before), Window(sunday_before + timedelta(days=1), summer.last)


def term_of(day: date) -> Term:
    """The term whose census window holds the day; every day is in one."""
    return next(term for term in TERMS if term_window(year_of(day), term).holds(day))


def previous_term(year: int, term: Term) -> tuple[int, Term]:
    """The term before, with its academic year: before autumn comes the summer of the year before."""
    place = TERMS.index(term)
    return (year, TERMS[place - 1]) if place else (year - 1, TERMS[-1])


def next_term(year: int, term: Term) -> tuple[int, Term]:
    """The term after, with its academic year."""
    place = TERMS.index(term)
    return (year, TERMS[place + 1]) if place < 2 else (year + 1, TERMS[0])


def monday_of(day: date) -> date:
    """The Monday of the day's week; school weeks are counted Monday to Sunday."""
    return day - timedelta(days=day.weekday())


def birthday_in(born_on: date, calendar_year: int) -> date:
    """The birthday in a calendar year; 29 February becomes 1 March in a common year."""
    if (born_on.month, born_on.day) == (2, 29) and not isleap(calendar_year):
        return date(calendar_year, 3, 1)
    return born_on.replace(year=calendar_year)


def age_on(born_on: date, on: date) -> int:
    """Age in whole years."""
    return on.year - born_on.year - (on < birthday_in(born_on, on.year))


def compulsory_school_age_starts_on(born_on: date) -> date:
    """The prescribed day (31 March, 31 August, 31 December) on or next after the fifth birthday.

    Education Act 1996 s.8, as repeated by Newham and IPSEA.
    """
    fifth = birthday_in(born_on, born_on.year + 5)
    return next(day for month, last in PRESCRIBED_DAYS if (day := date(fifth.year, month, last)) >= fifth)


def compulsory_school_age_ends_on(born_on: date) -> date:
    """The last Friday in June of the school year in which the child turns sixteen.

    Education Act 1996 s.8, as repeated by Newham and IPSEA. The school year is read as September to
    August: a child who turns sixteen on 31 August leaves that June.
    """
    sixteenth = birthday_in(born_on, born_on.year + 16)
    calendar_year = sixteenth.year + (sixteenth.month >= 9)
    last_of_june = date(calendar_year, 6, 30)
    return last_of_june - timedelta(days=(last_of_june.weekday() - 4) % 7)


def is_of_compulsory_school_age(born_on: date, on: date) -> bool:
    return compulsory_school_age_starts_on(born_on) <= on <= compulsory_school_age_ends_on(born_on)


def age_at_start_of_year(born_on: date, year: int) -> int:
    """Age on 31 August of the academic year, which official absence figures go by."""
    return age_on(born_on, date(year, 8, 31))


def counts_in_official_rates(born_on: date, year: int) -> bool:
    """Official rates count pupils aged 5 to 15 on 31 August (DfE attendance and absence methodology)."""
    return 5 <= age_at_start_of_year(born_on, year) <= 15


def time_words(local: datetime) -> str:
    """A local time as GOV.UK writes it: “2pm”, “2:30pm”, “midday”, “midnight”."""
    if local.minute == 0 and local.hour % 12 == 0:
        return "midday" if local.hour else "midnight"
    return f"{local:%-I:%M}".removesuffix(":00") + ("am" if local.hour < 12 else "pm")


def moment_words(local: datetime) -> str:
    """A local day and time: “3 September 2025 at 10:32am”."""
    return f"{local:%-d %B %Y} at {time_words(local)}"
