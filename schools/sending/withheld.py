"""Restricted children whom a member may not see, as any file may name them: no page shows what tells of one.

A file writes names as it likes (“SURNAME, Forename”, a preferred name, the name of before), so a child is known by a
number, by surname and any forename, by any two of what a row says, and by every name a file's match found. It fails
closed: what may tell of such a child is not shown.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from django.db.models import Q

from attendance_portal.models import Membership
from schools.models import Correction, Enrolment, FormerUpn, Pupil, School
from schools.reading.dates import read_date
from schools.stored.names import normal

_UPN: Final = re.compile(r"[a-z][0-9]{11}[0-9a-z]")
_ENOUGH: Final = 2
"""How many of surname, forename, birthday and number tell a child in a row."""

Words = frozenset[str]


@dataclass
class _Child:
    """One child: every UPN, every other name as words, the birthday and the numbers at the school."""

    surname: Words
    forename: Words
    born_on: dt.date | None
    upns: set[str]
    numbers: set[str] = field(default_factory=set)
    others: list[Words] = field(default_factory=list)

    def is_named(self, words: Words) -> bool:
        """By a number, by surname and a forename, or by another name in full."""
        if words & self.upns or any(other and other <= words for other in self.others):
            return True
        return bool(self.surname) and self.surname <= words and (not self.forename or bool(self.forename & words))

    def is_told_by(self, words: Words, cells: Words, days: frozenset[dt.date]) -> bool:
        """By any two of what a row may say, where nobody has said yet which column is which."""
        told = (
            bool(self.surname) and self.surname <= words,
            bool(self.forename & words),
            self.born_on in days,
            bool(self.numbers & cells),
        )
        return self.is_named(words) or sum(told) >= _ENOUGH


@dataclass(frozen=True)
class Withheld:
    """The children of whom nothing may be shown, on the day `on`."""

    children: Sequence[_Child]
    on: dt.date

    def is_named_in(self, *texts: str) -> bool:
        """Whether sentences, names or values name one of them."""
        words = _words(texts) if self.children else frozenset()
        return any(child.is_named(words) for child in self.children)

    def is_told_by(self, cells: Sequence[str]) -> bool:
        """Whether the cells of a row tell of one of them."""
        if not self.children:
            return False
        read = (read_date(cell, on=self.on, month_first=order) for cell in cells for order in (False, True))
        days = frozenset(reading.day for reading in read if reading.day)
        words, whole = _words(cells), frozenset(cell.strip().casefold() for cell in cells)
        return any(child.is_told_by(words, whole, days) for child in self.children)


def _words(texts: Iterable[str]) -> Words:
    """The words of texts, and UPNs that are written with spaces."""
    tidy = [normal(text) for text in texts]
    upns = (upn for text in tidy for upn in _UPN.findall(text.replace(" ", "")))
    return frozenset(word for text in tidy for word in text.split()) | frozenset(upns)


def withheld_from(
    member: Membership, school: School, *, texts: Iterable[str] = (), told_as: Mapping[str, Sequence[str]] | None = None
) -> Withheld:
    """The restricted children whom this member may not see: of the school, and of any whose UPN stands in `texts`.

    `told_as`: what a file called a child, by the child's key, where that is another name than is held. Five queries,
    and one where nobody is restricted.
    """
    told = told_as or {}
    restricted = Pupil.objects.filter(is_restricted=True)
    unseen = restricted.exclude(pk__in=Pupil.objects.visible_to(member).values("pk"))
    if not unseen.exists():
        return Withheld((), member.on)
    upns = [upn.upper() for upn in {upn for text in texts for upn in _UPN.findall(normal(text).replace(" ", ""))}]
    former = FormerUpn.objects.filter(upn__in=upns).values("pupil")
    keys = [uuid.UUID(key) for key in told]
    # On this roll in error as well: the file that put them there names them still.
    theirs = Q(enrolments__school=school) | Q(pk__in=keys) | Q(upn__in=upns) | Q(pk__in=former)
    return Withheld(list(_children(unseen.filter(theirs).distinct(), school, told)), member.on)


def _children(pupils: Iterable[Pupil], school: School, told: Mapping[str, Sequence[str]]) -> Iterable[_Child]:
    found = {
        pupil.pk: _Child(
            surname=_words([pupil.surname]),
            forename=_words([pupil.forename]),
            born_on=pupil.date_of_birth,
            upns={normal(pupil.upn)} if pupil.upn else set(),
            others=[_words([name]) for name in told.get(str(pupil.pk), ())],
        )
        for pupil in pupils
    }
    for key, upn in FormerUpn.objects.filter(pupil__in=found).values_list("pupil", "upn"):
        found[key].upns.add(normal(upn))
    for key, number in Enrolment.every.filter(pupil__in=found, school=school).values_list("pupil", "local_id"):
        found[key].numbers |= {number.casefold()} if number else set()
    for key, name in Correction.objects.filter(pupil__in=found, fact="Name").values_list("pupil", "before"):
        found[key].others.append(_words([name]))
    return found.values()
