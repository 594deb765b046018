"""The categories in which authorities tell DfE of children missing education and educated at home, as dated rows.

What could not be confirmed says so in its row (domain reference, sections 8 and 13): the page of the counts repeats it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from attendance_portal.law import Confidence, DatedRule, Strength, all_in_force, in_force

BEGAN_ON: Final = dt.date(2022, 9, 1)
REASONS_BEGAN_ON: Final = dt.date(2023, 9, 1)
MORE_REASONS_BEGAN_ON: Final = dt.date(2025, 9, 1)

UNSUITABLE_HOME: Final = "unsuitable"

_CME = (
    "DfE, Children missing education: statistics and methodology (the return itself: EHE and CME collection, COLLECT)"
)
_EHE = "DfE, Elective home education: statistics and methodology"
_DEVON = "Devon, elective home education: facts and figures; close to DfE's own list, which was not at hand"


@dataclass(frozen=True, kw_only=True)
class Category(DatedRule):
    """One line of a return: `code` is stored and never changes, `label` is shown and downloaded."""

    code: str
    label: str


@dataclass(frozen=True, kw_only=True)
class LongMissing(DatedRule):
    """Up to so many weeks missing education is the shorter of the two lengths that the return asks for."""

    weeks: int


@dataclass(frozen=True, kw_only=True)
class CensusDay(DatedRule):
    """The day on which a term's children are counted: the so-manieth Thursday of a month."""

    term: str
    month: int
    thursday: int


def _missing(
    code: str, label: str, confidence: Confidence, since: dt.date = REASONS_BEGAN_ON, source: str = _CME
) -> Category:
    return Category(
        code=code, label=label, in_force_from=since, source=source, strength=Strength.MUST, confidence=confidence
    )


def _home(code: str, label: str) -> Category:
    return Category(
        code=code, label=label, in_force_from=BEGAN_ON, source=_DEVON, strength=Strength.MUST,
        confidence=Confidence.COUNCIL,
    )  # fmt: skip


def _school(code: str, label: str, confidence: Confidence = Confidence.BELIEVED) -> Category:
    return Category(
        code=code, label=label, in_force_from=BEGAN_ON, strength=Strength.MUST, confidence=confidence,
        source=f"{_EHE}: starts by kind of school before",
    )  # fmt: skip


_DEFINED = f"{_CME}: named in the definition of who is counted; that it is a reason of the return is not confirmed"
MISSING_REASONS: Final[tuple[Category, ...]] = (
    _missing("application", "School application awaiting outcome", Confidence.PRIMARY),
    _missing("offered", "School place offered, not yet started", Confidence.BELIEVED, source=_DEFINED),
    _missing(UNSUITABLE_HOME, "Home education found not to be suitable", Confidence.BELIEVED, source=_DEFINED),
    _missing("whereabouts", "Where the child is, is not known", Confidence.BELIEVED, source=_DEFINED),
    _missing(
        "abroad", "Believed to have moved out of the country", Confidence.PRIMARY,
        source=f"{_CME}; whether it is one of the five added in autumn 2025 is not confirmed",
    ),
    _missing("other", "Another reason", Confidence.BELIEVED),
    _missing("not-given", "No reason given", Confidence.BELIEVED),
    _missing("unknown", "Not known", Confidence.BELIEVED),
)  # fmt: skip
HOME_REASONS: Final[tuple[Category, ...]] = (
    _home("place", "Could not get a school place"),
    _home("preference", "Did not get the school they preferred"),
    _home("send", "Not satisfied with the school: special educational needs"),
    _home("bullying", "Not satisfied with the school: bullying"),
    _home("general", "Not satisfied with the school: in general"),
    _home("covid", "Health: to do with Covid-19"),
    _home("lifestyle", "Lifestyle"),
    _home("mental-health", "Mental health"),
    _home("physical-health", "Physical health"),
    _home("philosophical", "Philosophical or preferred"),
    _home("religious", "Religious"),
    _home("excluded", "Permanent exclusion"),
    _home("at-risk", "Risk of exclusion"),
    _home("pressure", "Pressed by the school"),
    _home("other", "Another reason"),
    _home("not-given", "No reason given"),
    _home("unknown", "Not known"),
)
SCHOOLS_BEFORE: Final[tuple[Category, ...]] = (
    _school("academy", "Academy or free school", Confidence.PRIMARY),
    _school("maintained", "Maintained school"),
    _school("special", "Special school"),
    _school("alternative", "Alternative provision", Confidence.PRIMARY),
    _school("independent", "Independent school"),
    _school("none", "None: never at a school here"),
    _school("unknown", "Not known"),
)
SEXES: Final[tuple[Category, ...]] = tuple(
    Category(
        code=code, label=label, in_force_from=BEGAN_ON, source=f"{_CME}, breakdown by sex", strength=Strength.MUST,
        confidence=Confidence.PRIMARY,
    )
    for code, label in (("F", "Female"), ("M", "Male"), ("", "Sex not known"))
)  # fmt: skip
LONG_MISSING: Final = LongMissing(
    weeks=12, in_force_from=REASONS_BEGAN_ON, strength=Strength.MUST, confidence=Confidence.PRIMARY,
    source=f"{_CME}: 12 weeks or less, more than 12 weeks, not known; added in autumn 2023",
)  # fmt: skip
_THURSDAYS = (
    "DfE's census dates of 2022/23 (6 October, 19 January, 18 May) were the first Thursday of October and the third "
    "ones of January and May; that it is so in every year is not confirmed: type the date that DfE asks for"
)
CENSUS_DAYS: Final[tuple[CensusDay, ...]] = tuple(
    CensusDay(
        term=term, month=month, thursday=thursday, in_force_from=BEGAN_ON, source=_THURSDAYS,
        strength=Strength.MUST, confidence=Confidence.BELIEVED,
    )
    for term, month, thursday in (("Autumn", 10, 1), ("Spring", 1, 3), ("Summer", 5, 3))
)  # fmt: skip
NOT_CONFIRMED: Final = (
    "Five more reasons for missing education were added in autumn 2025. Their names could not be confirmed, so they "
    "are not in this list: check it against DfE’s guide before you send the figures.",
    "The reasons for home education and the kinds of school before are those of a council’s own publication or are "
    "believed to be DfE’s. The codes of the return itself are not known here.",
    "The census date is worked out from those of 2022/23. Type the date that DfE asks for.",
)


def choices(rows: Iterable[Category], on: dt.date) -> list[tuple[str, str]]:
    """The categories in force on a day as choices of a form."""
    return [(row.code, row.label) for row in all_in_force(rows, on)]


def label_of(rows: Iterable[Category], code: str) -> str:
    """The words of a stored code, in force or not; a code that is in no row is shown as it is."""
    return next((row.label for row in rows if row.code == code), code or "Not known")


def census_day(term: CensusDay, calendar_year: int) -> dt.date:
    """That term's census day in a calendar year."""
    first = dt.date(calendar_year, term.month, 1)
    to_thursday = (3 - first.weekday()) % 7
    return first + dt.timedelta(days=to_thursday + 7 * (term.thursday - 1))


def latest_census(on: dt.date) -> dt.date:
    """The latest census day up to a day."""
    days = (census_day(term, year) for term in CENSUS_DAYS for year in (on.year - 1, on.year))
    return max(day for day in days if day <= on)


def length_missing(missing_from_on: dt.date | None, census_on: dt.date) -> str:
    """Which of the three lengths a child missing since a day is counted under: short, long or unknown."""
    if missing_from_on is None:
        return "unknown"
    rule = in_force([LONG_MISSING], max(census_on, LONG_MISSING.in_force_from))
    return "short" if census_on - missing_from_on <= dt.timedelta(weeks=rule.weeks) else "long"


LENGTHS: Final = (("short", "12 weeks or less"), ("long", "More than 12 weeks"), ("unknown", "Not known"))
