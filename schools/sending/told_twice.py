"""Marks of one file that contradict each other though no number joins their rows: the roll knows them as one child's.

The reader tells what contradicts under one number (formats.md 9.7); here a row gives the UPN, and another only the
admission number, or a former UPN.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from schools.reading import LISTED_PER_KIND, Marks, Problem
from schools.reading.dates import in_words
from schools.register.marks import day_of, half_of, mark_at
from schools.sending.roll import Match
from schools.sending.stays import ids_of_other_stays, outside_every_stay, places_of

KIND: Final = "contradicting-marks"
Flags = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def without_contradictions(marks: Marks, matches: Sequence[Match]) -> tuple[Marks, list[Problem]]:
    """The marks of a file without those half-days of an enrolment of which it tells different ones, each told."""
    times: Counter[uuid.UUID | None] = Counter(
        match.pupil for match in matches if match.pupil and match.problem is None
    )
    twice = np.array([times[match.pupil] > 1 for match in matches], np.bool_)
    if not twice[marks.pupil].any():
        return marks, []
    where = np.flatnonzero(twice[marks.pupil] & ~outside_every_stay(marks, matches))
    first, differs = _first_of_each(marks, _owners(marks, matches), where)
    again = where[differs]
    problems = [_problem(marks, matches, *pair) for pair in zip(again.tolist(), first[differs].tolist(), strict=True)]
    stays = np.ones(len(marks), np.bool_)
    stays[where[np.isin(first, first[differs])]] = False
    columns = ("pupil", "year", "column", "code", "row")
    return replace(marks, **{name: getattr(marks, name)[stays] for name in columns}), _listed(problems)


def _owners(marks: Marks, matches: Sequence[Match]) -> Ints:
    """A number for the enrolment that each mark is for; those of children who are new here are below 0. int64[marks]"""
    new = {match.pupil: -1 - place for place, match in enumerate(matches)}
    own = {place: match.held.enrolment if match.held else new[match.pupil] for place, match in enumerate(matches)}
    ids = own | ids_of_other_stays(matches)
    owners: Ints = np.array([ids[place] for place in range(len(ids))], np.int64)[places_of(marks, matches)]
    return owners


def _first_of_each(marks: Marks, owners: Ints, where: npt.NDArray[np.intp]) -> tuple[npt.NDArray[np.intp], Flags]:
    """For each of the marks at `where` the earliest of the same half-day of the same enrolment, and which differ."""
    keys = np.stack([owners[where], marks.year[where], marks.column[where]])
    _, group = np.unique(keys, axis=1, return_inverse=True)
    order = np.lexsort((marks.row[where], group.ravel()))
    sorted_group = group.ravel()[order]
    begins = np.r_[True, sorted_group[1:] != sorted_group[:-1]][: len(order)]
    first = np.empty(len(where), np.intp)
    first[order] = where[order[np.flatnonzero(begins)[np.cumsum(begins) - 1]]]
    return first, marks.code[where] != marks.code[first]


def _problem(marks: Marks, matches: Sequence[Match], again: int, before: int) -> Problem:
    year, column = int(marks.year[again]), int(marks.column[again])
    day = f"the {('morning', 'afternoon')[half_of(column)]} of {in_words(day_of(year, column))}"
    value, other = (mark_at(marks.code[at : at + 1], 0) for at in (again, before))
    pupil = matches[int(marks.pupil[again])].told.known_as
    details = (("day", day), ("pupil", pupil), ("other_row", str(marks.row[before])), ("other", other))
    return Problem(KIND, int(marks.row[again]), "the mark", value, details)


def _listed(problems: list[Problem]) -> list[Problem]:
    """As many as are listed of one kind; the last stands for the rest too."""
    rest = problems[LISTED_PER_KIND - 1 :]
    return [*problems[: LISTED_PER_KIND - 1], replace(rest[0], times=len(rest))] if len(rest) > 1 else problems
