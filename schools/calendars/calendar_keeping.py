"""Calendars kept: terms entered, days that differ put in and taken out, and differences from the register settled.

Every function is one transaction with the request it is part of, and leaves one audit event. Who tells us of a school's
own days sees its figures anew at once; the authority's terms are followed by the night's banding.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from attendance_portal.audit import record
from attendance_portal.days import TERMS, Term, Window, year_label, year_of, year_window
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from schools.banding import band_schools
from schools.models import CalendarEntry, CalendarSettlement, School, TermDates
from schools.register.calendars import TermDays
from schools.standing.summaries import year_group_words

EVERYONE = "every school"


@dataclass(frozen=True)
class Differing:
    """Days that differ from the terms, as someone told them; half "" is the whole day."""

    kind: str
    days: Window
    half: str = ""
    year_group: str = ""
    reason: str = ""

    def touches(self, other: Differing) -> bool:
        """Whether both speak of the same half-day of the same year groups (one year group's outdo everyone's)."""
        days = self.days.first <= other.days.last and other.days.first <= self.days.last
        halves = self.half == other.half or not (self.half and other.half)
        return days and halves and self.year_group == other.year_group


def check_terms(year: int, terms: Mapping[Term, TermDays]) -> None:
    """Refuses terms that cannot be, in a sentence."""
    held, last = year_window(year), None
    for term in TERMS:
        if term not in terms:
            continue
        (first, end), half_term = terms[term].days, terms[term].half_term
        name = f"The {term.value} term"
        if end < first:
            raise Refused(f"{name} must end after it begins.")
        if not (held.holds(first) and held.holds(end)):
            raise Refused(f"{name} must lie between 1 August {year} and 31 July {year + 1}.")
        if half_term and not first < half_term.first <= half_term.last < end:
            raise Refused(f"{name}: half term must begin and end inside the term.")
        if last is not None and first <= last:
            raise Refused(f"{name} must begin after the term before has ended.")
        last = end


def among_held(held: Mapping[Term, TermDays], told: Mapping[Term, TermDays], year: int) -> dict[Term, TermDays]:
    """The terms of a year once those that a file names take the place of the same ones held; the others stay, and so
    does a half term that the file does not name and that still lies inside. Refuses what cannot be together."""
    found = dict(held)
    for term, days in told.items():
        half = held[term].half_term if term in held and days.half_term is None else None
        stays = half is not None and days.days.first < half.first <= half.last < days.days.last
        found[term] = TermDays(days.days, half) if stays else days
    check_terms(year, found)
    return found


def enter_terms(
    school: School | None, *, year: int, terms: Mapping[Term, TermDays], by: Membership, on: dt.date
) -> bool:
    """The terms of an academic year, in the place of those held (no school: the authority's). Whether any changed."""
    check_terms(year, terms)
    held = {one.term: one for one in TermDates.objects.filter(school=school, year=year)}
    wanted = {term.value: _columns(days) for term, days in terms.items()}
    now = {name: {column: getattr(one, column) for column in _COLUMNS} for name, one in held.items()}
    if now == wanted:
        return False
    TermDates.objects.filter(school=school, year=year).exclude(term__in=wanted).delete()
    for name, columns in wanted.items():
        TermDates.objects.update_or_create(school=school, year=year, term=name, defaults=columns)
    whose = str(school) if school else EVERYONE
    told = {name: {column: str(day or "") for column, day in columns.items()} for name, columns in wanted.items()}
    words = f"Entered the terms of {year_label(year)} for {whose}."
    record("enter_terms", by=by, words=words, subject=school, year=year, terms=told)
    _band(school, on)
    return True


_COLUMNS = ("first_on", "last_on", "half_term_first_on", "half_term_last_on")


def _columns(days: TermDays) -> dict[str, dt.date | None]:
    half = days.half_term or (None, None)
    return dict(zip(_COLUMNS, (*days.days, *half), strict=True))


def _band(school: School | None, on: dt.date) -> None:
    if school is not None:
        band_schools([school.pk], on=on, is_history=False)


def add_entries(
    school: School | None, told: Sequence[Differing], *, by: Membership, at: dt.datetime, on: dt.date
) -> list[CalendarEntry]:
    """Put in days that differ from the terms, in this order; those that stand there already are not put in twice.

    The later entry counts: what stands, but under a later one that says otherwise, is put in again over it.
    """
    rows = CalendarEntry.objects.filter(school=school).order_by("pk").values_list(*_TOLD)
    new = _not_standing(told, [Differing(kind, Window(first, last), *more) for kind, first, last, *more in rows])
    for one in new:
        if one.days.last < one.days.first:
            raise Refused("The last day must be the first day or after it.")
        if year_of(one.days.first) != year_of(one.days.last):
            raise Refused("The days must lie in one academic year: put in each year's days apart.")
    made: list[CalendarEntry] = CalendarEntry.objects.bulk_create(
        CalendarEntry(
            school=school, kind=one.kind, first_on=one.days.first, last_on=one.days.last, half=one.half,
            year_group=one.year_group, reason=one.reason, entered_at=at, entered_by=by,
        )
        for one in new
    )  # fmt: skip
    if made:
        whose = str(school) if school else EVERYONE
        words = f"Put into the calendar of {whose}: {'; '.join(words_of(one) for one in made[:20])}."
        record("add_entries", by=by, words=words, subject=school, entries=len(made))
        _band(school, on)
    return made


_TOLD = ("kind", "first_on", "last_on", "half", "year_group", "reason")


def _not_standing(told: Sequence[Differing], held: Sequence[Differing]) -> list[Differing]:
    """Those of `told` without which the days would not be as the whole of it says, in its order, after `held`."""
    standing, new = list(held), []
    place = {one: at for at, one in enumerate(standing)}
    told_last = {one: at for at, one in enumerate(told)}
    for at, one in enumerate(told):
        over = standing[place[one] + 1 :] if one in place else []
        # What was put in over it and is told again below will lie over it again.
        if one in place and not any(later.touches(one) and told_last.get(later, -1) <= at for later in over):
            continue
        place[one] = len(standing)
        standing.append(one)
        new.append(one)
    return new


def words_of(entry: CalendarEntry) -> str:
    """An entry in words: “INSET day, 1 September 2026”."""
    parts = [entry.get_kind_display(), days_words(Window(entry.first_on, entry.last_on), entry.half)]
    if entry.year_group:
        parts.append(year_group_words(entry.year_group))
    return ", ".join(parts)


def days_words(days: Window, half: str = "") -> str:
    """“1 September 2026”, “1 to 5 September 2026, afternoon only”."""
    first, last = days
    words = f"{last:%-d %B %Y}"
    if first != last:
        begins = f"{first:%-d}" if (first.year, first.month) == (last.year, last.month) else f"{first:%-d %B %Y}"
        words = f"{begins} to {words}"
    return f"{words}, {CalendarEntry.Half(half).label.lower()}" if half else words


def remove_entry(entry: CalendarEntry, *, by: Membership, on: dt.date) -> None:
    """Take an entry out again."""
    school, whose = entry.school, str(entry.school) if entry.school else EVERYONE
    words = f"Took out of the calendar of {whose}: {words_of(entry)}."
    entry.delete()
    record("remove_entry", by=by, words=words, subject=school)
    _band(school, on)


def settle_difference(
    school: School, *, found: str, days: Window, half: str, year_group: str, choice: str,
    by: Membership, at: dt.datetime, on: dt.date,
) -> None:  # fmt: skip
    """Say which is wrong: the calendar, which is then changed, or the register, which the school corrects."""
    CalendarSettlement.objects.create(
        school=school, found=found, first_on=days.first, last_on=days.last, half=half, year_group=year_group,
        choice=choice, settled_at=at, settled_by=by,
    )  # fmt: skip
    told = CalendarSettlement.Choice(choice).label
    words = f"{school}, {days_words(days, half)}: {CalendarSettlement.Found(found).label}. {told}."
    record("settle_difference", by=by, words=words, subject=school)
    if choice == CalendarSettlement.Choice.CALENDAR:
        opens = found == CalendarSettlement.Found.CLOSED_BUT_MARKED
        kind = CalendarEntry.Kind.OPEN if opens else CalendarEntry.Kind.CLOSED
        add_entries(school, [Differing(kind, days, half, year_group, "As the register says")], by=by, at=at, on=on)
