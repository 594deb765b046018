"""Whether what a file says of a pupil fits a child who is held: enough on the school's own roll, or anywhere."""

from __future__ import annotations

import datetime as dt

from schools.reading import PupilInFile
from schools.stored.names import normal, sort_key


def may_be(told: PupilInFile, name: str, born_on: dt.date | None) -> bool:
    """Whether what the file says of a pupil fits the one held: the birthday, or where it is silent the surname."""
    if told.born_on and born_on:
        return told.born_on == born_on or sort_key(told.surname, told.forename) == name
    return not told.surname or _has_surname(name, told)


def _has_surname(name: str, told: PupilInFile) -> bool:
    """Whether the surname stands in a held name, as whole words: Li is not Oliver."""
    return f" {normal(told.surname)} " in f" {name} "


def is_known_as(told: PupilInFile, name: str, born_on: dt.date | None) -> bool:
    """Whether the file knows both birthday and surname of a child not on this roll: UPNs alone can be guessed."""
    is_the_day = told.born_on is not None and (born_on is None or told.born_on == born_on)
    return is_the_day and bool(told.surname) and _has_surname(name, told)
