"""What changed a school's registers, act by act: uploads, syncs, corrections and undos, and which of them stand."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from attendance_portal.models import Membership
from schools.models import Enrolment, Pupil, RegisterChange, School
from schools.register.changes import Changes, Ids, composed, unpack, unpack_repeated
from schools.register.codes import MARKS
from schools.register.marks import day_of, half_of
from schools.register.replay import Step, standing
from schools.sending.senders import integration_name


@dataclass(frozen=True)
class Act:
    """One thing that was done to a school's registers: its records (of a sync several), and whether it stands.

    undone: the record of the undo that took it back and stands; taken: the act it took back itself.
    """

    key: uuid.UUID
    rows: list[RegisterChange]
    stands: bool
    undone: RegisterChange | None
    taken: uuid.UUID | None
    took_back_an_undo: bool

    @property
    def first(self) -> RegisterChange:
        return self.rows[0]

    @property
    def made_at(self) -> dt.datetime:
        return self.first.made_at

    @property
    def cells(self) -> int:
        return sum(row.cells for row in self.rows)

    @property
    def is_by_hand(self) -> bool:
        """One mark put right on a child's page."""
        return not (self.first.upload_id or self.first.sync_id or self.first.undoes_id) and self.cells == 1


def acts_of(school: School) -> list[Act]:
    """Everything that changed the school's registers, the latest first. One query, without the records themselves."""
    rows = RegisterChange.objects.filter(school=school).select_related("upload", "sync", "made_by__user", "undoes")
    rows = rows.annotate(posted_by=integration_name("upload"))
    held: list[Any] = list(rows.defer("record", "undoes__record").order_by("id"))
    place = {row.pk: at for at, row in enumerate(held)}
    stands = standing([place[row.undoes_id] if row.undoes_id else None for row in held])
    undone = {row.undoes_id: row for row, counts in zip(held, stands, strict=True) if row.undoes_id and counts}
    by_act: defaultdict[uuid.UUID, list[RegisterChange]] = defaultdict(list)
    for row in held:
        by_act[row.act].append(row)
    return [_act(theirs, [stands[place[row.pk]] for row in theirs], undone) for theirs in reversed(by_act.values())]


def _act(rows: list[RegisterChange], stands: list[bool], undone: dict[Any, RegisterChange]) -> Act:
    first = rows[0]
    return Act(
        key=first.act,
        rows=rows,
        stands=all(stands),
        undone=next((undone[row.pk] for row in rows if row.pk in undone), None),
        taken=first.undoes.act if first.undoes else None,
        took_back_an_undo=bool(first.undoes and first.undoes.undoes_id),
    )


def act_of(school: School, key: uuid.UUID) -> Act | None:
    """One of them."""
    return next((one for one in acts_of(school) if one.key == key), None)


@dataclass(frozen=True)
class Steps:
    """All records of a school's year in their order: what each did, and its row without the record."""

    rows: list[RegisterChange]
    steps: list[Step]

    def place(self, pk: int) -> int:
        """Where one record stands among them."""
        return next(at for at, row in enumerate(self.rows) if row.pk == pk)

    @property
    def stands(self) -> list[bool]:
        return standing([step.undoes for step in self.steps])


def steps_of(school_id: int, year: int, *, with_repeated: bool = True) -> Steps:
    """Every record of a school's registers of one year, unpacked. One query."""
    rows = RegisterChange.objects.filter(school=school_id, year=year).order_by("id")
    rows = rows.annotate(posted_by=integration_name("upload"))
    held: list[Any] = list(rows.select_related("upload", "sync", "made_by__user", "undoes").defer("undoes__record"))
    place = {row.pk: at for at, row in enumerate(held)}
    steps = []
    for row in held:
        record = bytes(row.record)
        undoes = place[row.undoes_id] if row.undoes_id else None
        repeated = {"repeated": unpack_repeated(record)} if with_repeated else {}
        steps.append(Step(unpack(record), undoes=undoes, **repeated))
    return Steps(held, steps)


# --- What one act changed, for a page -----------------------------------------------------------------------


@dataclass(frozen=True)
class Cell:
    """One half-day that changed, as shown: marks in letters, "" for none."""

    pupil: Pupil
    day: dt.date
    half: int
    before: str
    after: str


class Cells(Sequence[Cell]):
    """Changed half-days by day and name, made only as they are asked for: a first file has half a million."""

    def __init__(self, year: int, changes: Changes, pupils: dict[int, Pupil]) -> None:
        self.pupils = pupils
        known = np.array(sorted(pupils), np.int64)
        by_name = {pk: at for at, pk in enumerate(sorted(pupils, key=lambda pk: pupils[pk].sort_key))}
        seen = changes.where(np.isin(changes.ids, known))
        rank = np.array([by_name[pk] for pk in known.tolist()], np.int64)
        names = rank[np.searchsorted(known, seen.ids)] if len(seen) else np.zeros(0, np.int64)
        order = np.lexsort((seen.columns % 2, names, seen.columns // 2))
        self.year = year
        self.changes = Changes(seen.ids[order], seen.columns[order], seen.before[order], seen.after[order])

    def __len__(self) -> int:
        return len(self.changes)

    @overload
    def __getitem__(self, at: int) -> Cell: ...
    @overload
    def __getitem__(self, at: slice) -> list[Cell]: ...
    def __getitem__(self, at: int | slice) -> Cell | list[Cell]:
        if isinstance(at, slice):
            return [self[n] for n in range(*at.indices(len(self)))]
        column = int(self.changes.columns[at])
        return Cell(
            pupil=self.pupils[int(self.changes.ids[at])],
            day=day_of(self.year, column),
            half=half_of(column),
            before=MARKS.get(int(self.changes.before[at]), ""),
            after=MARKS.get(int(self.changes.after[at]), ""),
        )

    def of(self, *, pupil: str = "", day: str = "") -> Cells:
        """Those of one child (the key) or one day (as in an address); what makes no sense narrows nothing."""
        chosen = np.ones(len(self), np.bool_)
        theirs = [pk for pk, one in self.pupils.items() if str(one.pk) == pupil]
        if theirs:
            chosen &= np.isin(self.changes.ids, theirs)
        if day in self.days:
            chosen &= self.changes.columns // 2 == self.days[day]
        return Cells(self.year, self.changes.where(chosen), self.pupils)

    @cached_property
    def days(self) -> dict[str, int]:
        """The changed days as in an address, with their place in the year."""
        return {str(day_of(self.year, 2 * int(n))): int(n) for n in np.unique(self.changes.columns // 2)}

    def by_day(self) -> list[tuple[dt.date, int, int]]:
        """Each day with its new marks and its other changes."""
        new = Counter((self.changes.columns[self.changes.before == 0] // 2).tolist())
        other = Counter((self.changes.columns[self.changes.before != 0] // 2).tolist())
        return [(day_of(self.year, 2 * n), new[n], other[n]) for n in sorted({*new, *other})]

    def by_pupil(self) -> list[tuple[Pupil, int, int]]:
        """Each child with their new marks and other changes; most other changes first."""
        new = Counter(self.changes.ids[self.changes.before == 0].tolist())
        other = Counter(self.changes.ids[self.changes.before != 0].tolist())
        found = [(self.pupils[pk], new[pk], other[pk]) for pk in {*new, *other}]
        return sorted(found, key=lambda row: (-row[2], -row[1], row[0].sort_key))

    @property
    def counts(self) -> tuple[int, int, int]:
        """New marks, corrected ones, and marks taken away."""
        before, after = self.changes.before != 0, self.changes.after != 0
        return int((~before & after).sum()), int((before & after).sum()), int((before & ~after).sum())


@dataclass(frozen=True)
class Changed:
    """What an act changed that a member may see, a part for each year; of other children nothing is told."""

    parts: list[Cells]

    def __iter__(self) -> Iterator[Cell]:
        return (cell for part in self.parts for cell in part)

    @property
    def pupils(self) -> set[uuid.UUID]:
        """Everyone of whom a half-day is shown."""
        ids = {pk: one.pk for part in self.parts for pk, one in part.pupils.items()}
        return {ids[int(pk)] for part in self.parts for pk in np.unique(part.changes.ids)}


def changed_by(rows: Sequence[RegisterChange], member: Membership) -> Changed:
    """What these records changed, for one member. Two queries."""
    records = RegisterChange.objects.filter(pk__in=[row.pk for row in rows]).order_by("year", "pk")
    of_year: defaultdict[int, list[Changes]] = defaultdict(list)
    for year, record in records.values_list("year", "record"):
        of_year[year].append(unpack(bytes(record)))
    changes = [(year, composed(parts)) for year, parts in of_year.items()]
    pupils = pupils_seen(np.unique(np.concatenate([part.ids for _, part in changes])), member)
    return Changed([Cells(year, part, pupils) for year, part in changes])


def pupils_seen(enrolments: Ids | npt.NDArray[np.int64], member: Membership) -> dict[int, Pupil]:
    """The children of these enrolments that a member may see. One query."""
    seen = Enrolment.objects.filter(pk__in=enrolments.tolist(), pupil__in=Pupil.objects.visible_to(member))
    return {one.pk: one.pupil for one in seen.select_related("pupil")}
