"""A child's chronology for one member: put together, narrowed, and as the page, the file and the document show it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any, Final

from django.conf import settings

from attendance_portal.chronology import Happening, Kind, happenings
from attendance_portal.days import moment_words
from attendance_portal.models import Membership
from attendance_portal.tables import Column
from attendance_portal.withheld_words import WITHHELD
from schools.children.families import homes_told
from schools.models import Pupil

COLUMNS: Final = (
    Column("on", "Date", ("on",)),
    Column("what", "What happened"),
    Column("kind", "About", ("kind_label", "on")),
    Column("source", "Source and author"),
)
HEADINGS: Final = ("Date", "What happened", "Words", "About", "Source", "Author", "Held as")


@dataclass(frozen=True)
class Narrowed:
    """What a reader asked for: kinds (none named: all), days from and until (inclusive), words that all stand in it."""

    kinds: frozenset[str] = frozenset()
    from_on: dt.date | None = None
    until_on: dt.date | None = None
    words: str = ""

    def holds(self, one: Happening) -> bool:
        if self.kinds and one.kind.code not in self.kinds:
            return False
        if (self.from_on and one.on < self.from_on) or (self.until_on and one.on > self.until_on):
            return False
        said = " ".join((one.title, one.words, one.source, one.by)).casefold()
        return all(word in said for word in self.words.casefold().split())

    @property
    def sentence(self) -> str:
        """The filters as the document tells them."""
        labels = [kind.label for kind in Kind if kind.code in self.kinds]
        parts = [f"only {'; '.join(labels)}"] if labels else []
        if self.from_on:
            parts.append(f"from {self.from_on:%-d %B %Y}")
        if self.until_on:
            parts.append(f"until {self.until_on:%-d %B %Y}")
        if self.words:
            parts.append(f"with the words “{self.words}”")
        return ", ".join(parts) or "None: everything that the person who asked may see"


def chronology_of(records: Sequence[Pupil], member: Membership) -> list[Happening]:
    """All that happened to the child whose records these are (`records_seen`), earliest first.

    As many queries for one entry as for a thousand. Words that tell where a restricted child lives whom the member
    does not hold are not among them.
    """
    by_pk = happenings(settings.CHRONOLOGY, records, member)
    told = [one if place == 0 else replace(one, held_as=str(record))
            for place, record in enumerate(records) for one in by_pk[record.pk]]  # fmt: skip
    found = sorted(told, key=lambda one: one.on)
    texts = [text for one in found for text in (one.title, one.words)]
    hidden = homes_told(texts, member)
    title, words = ([WITHHELD if at in hidden else texts[at] for at in range(first, len(texts), 2)] for first in (0, 1))
    return [replace(one, title=title[at], words=words[at]) for at, one in enumerate(found)] if hidden else found


def file_rows(found: Iterable[Happening]) -> list[list[Any]]:
    """Rows under `HEADINGS`."""
    return [[one.on, one.title, one.words, one.kind.label, one.source, one.author, one.held_as] for one in found]


def document_of(
    records: Sequence[Pupil], found: Sequence[Happening], narrowed: Narrowed, *, by: Membership, at: dt.datetime
) -> dict[str, Any]:
    """The context of `documents/chronology.html`: of whom, asked by whom and when, the filters, the entries by year."""
    pupil = records[0]
    born = f"{pupil.date_of_birth:%-d %B %Y}" if pupil.date_of_birth else "not held"
    return {
        "title": f"Chronology of {pupil}",
        "authority": by.authority,
        "pupil": pupil,
        "born": born,
        "also": [str(one) for one in records[1:]],
        "asked_by": by.described,
        "asked_at": moment_words(at),
        "filters": narrowed.sentence,
        "count": len(found),
        "years": [(year, list(each)) for year, each in groupby(found, key=lambda one: one.on.year)],
    }
