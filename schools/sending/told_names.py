"""What a file calls children where that is not the name held: those names tell of a restricted child as well."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Protocol

from schools.reading import PupilInFile
from schools.stored.names import normal

Known = Mapping[str, tuple[uuid.UUID, str, dt.date | None]]
"""By UPN, present or former: the child, the name as lists sort it, and the birthday."""


class Enrolled(Protocol):
    """An enrolment of the school as matching sees it."""

    pupil: uuid.UUID
    name: str
    born_on: dt.date | None
    local_id: str


def told_otherwise(pupils: Iterable[PupilInFile], roll: Iterable[Enrolled], known: Known) -> dict[str, list[str]]:
    """The names by which a file means children, where those held do not stand in them or it is not their school.

    Kept with what was understood: should the record be restricted, today or later, those names tell of the child too.
    Everyone is meant who has the UPN or the number, or the birthday and a name in common.
    """
    by_number: dict[str, list[Enrolled]] = defaultdict(list)
    by_birthday: dict[dt.date, list[Enrolled]] = defaultdict(list)
    here: set[uuid.UUID] = set()
    for row in roll:
        here.add(row.pupil)
        if row.local_id:
            by_number[row.local_id.casefold()].append(row)
        if row.born_on:
            by_birthday[row.born_on].append(row)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for told in pupils:
        said = set(normal(f"{told.surname} {told.forename}").split())
        born_then = by_birthday.get(told.born_on, []) if told.born_on else []
        rows = [row for row in born_then if said & set(row.name.split())]
        rows += by_number.get((told.local_id or "").casefold(), [])
        by_upn = [known[upn][:2] for upn in (told.upn, told.former_upn) if upn and upn in known]
        for pupil, name in {*by_upn, *((row.pupil, row.name) for row in rows)}:
            if said and not (pupil in here and set(name.split()) <= said):
                found[str(pupil)].append(f"{told.forename} {told.surname}".strip())
    return dict(found)
