"""Which enrolment here each mark of a file is for: a child may have left and come back (several stays)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from schools.reading import Marks
from schools.register.codes import NEW_CODES_BEGAN_ON, NOT_COLLECTED, edition_on
from schools.sending.roll import Held, Match


def _other_stays(matches: Sequence[Match]) -> list[tuple[int, Held]]:
    """The other enrolments here of the file's pupils, each with its pupil's place."""
    return [(place, stay) for place, match in enumerate(matches) for stay in match.other_stays]


def places_of(marks: Marks, matches: Sequence[Match]) -> np.ndarray:
    """Whose row each mark is for: its pupil's place; beyond all places, that of one of `_other_stays`. int[marks].

    A file of the whole year holds a child's days from before they left and since they came back.
    """
    others = _other_stays(matches)
    places = marks.pupil.astype(np.int64)
    if not others:
        return places
    days, away = _ordinals(marks.year, marks.column), _outside_own(marks, matches)
    for at, (place, stay) in enumerate(others, start=len(matches)):
        first = (stay.admission_on or dt.date.min).toordinal()
        last = (stay.leaving_on or dt.date.max).toordinal()
        places[away & (marks.pupil == place) & (days >= first) & (days <= last)] = at
    return places


def outside_every_stay(marks: Marks, matches: Sequence[Match]) -> np.ndarray:
    """Which marks lie outside every enrolment here, closures and 'not yet on roll' apart. bool[marks]."""
    collected = np.frombuffer(edition_on(NEW_CODES_BEGAN_ON).classes, np.uint8)[marks.code] != NOT_COLLECTED
    outside: np.ndarray = _outside_own(marks, matches) & collected & (places_of(marks, matches) < len(matches))
    return outside


def _outside_own(marks: Marks, matches: Sequence[Match]) -> np.ndarray:
    """Which marks lie outside the one enrolment that the file is taken to be about. bool[marks]."""
    if not any(_states_dates(match) for match in matches):
        return np.zeros(len(marks), np.bool_)
    first = np.array([_ordinal(match, "admission_on", dt.date.min) for match in matches], np.int64)
    last = np.array([_ordinal(match, "leaving_on", dt.date.max) for match in matches], np.int64)
    days = _ordinals(marks.year, marks.column)
    outside: np.ndarray = (days < first[marks.pupil]) | (days > last[marks.pupil])
    return outside


def _states_dates(match: Match) -> bool:
    """Whether the file or the enrolment held says when the pupil came or left."""
    told, held = match.told, match.held
    return bool(told.admitted_on or told.left_on or (held and (held.admission_on or held.leaving_on)))


def _ordinal(match: Match, name: str, otherwise: dt.date) -> int:
    """A date of the enrolment as it will be: what the file states, else what is held; the admission is that of before
    where the enrolment was carried over."""
    is_first = name == "admission_on"
    told = match.told.admitted_on if is_first else match.told.left_on
    held = getattr(match.held, name) if match.held else None
    return (told or (match.carried_from if is_first else None) or held or otherwise).toordinal()


def _ordinals(years: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The proleptic ordinal of each mark's day."""
    found = np.zeros(len(years), np.int64)
    for year in np.unique(years):
        found[years == year] = dt.date(int(year), 8, 1).toordinal()
    ordinals: np.ndarray = found + columns // 2
    return ordinals


def ids_of_other_stays(matches: Sequence[Match]) -> dict[int, int]:
    """The enrolments of the places that `places_of` adds beyond those of the file's pupils."""
    return {at: stay.enrolment for at, (_, stay) in enumerate(_other_stays(matches), start=len(matches))}
