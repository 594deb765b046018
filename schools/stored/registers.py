"""Registers between the database and the engine: schools' years as matrices, and changed rows back."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import Q

from attendance_portal.days import year_window
from attendance_portal.tenancy import current_authority_id
from schools.models import School, Succession
from schools.models.places import TAKEN_OVER_WHOLE
from schools.register.changes import as_known_before
from schools.register.codes import NUMBERS, PLANNED_CLOSURE
from schools.register.marks import NOT_STATED, WIDTH, leaving_column, look_up
from schools.register.measures import REAL_FLAGS, clip
from schools.stored import bulk
from schools.stored.bulk import LINES, NO_DAY
from schools.stored.carried import NOTHING_CARRIED, Carried, Earlier, carried_into
from schools.stored.fetched import Fetched, fetch_marks, put_together
from schools.stored.known import ENROLMENTS_AS_KNOWN, end_of, later_changes, unknown_on
from schools.stored.takeovers import takeovers_between

Ids = npt.NDArray[np.int64]
Marks = npt.NDArray[np.uint8]
Days = npt.NDArray[np.int32]

ROWS_A_PIECE: Final = 2048
"""Enrolments put together and worked out while the next are read."""


@dataclass(frozen=True)
class Roll:
    """The enrolments of some schools in one academic year, sorted by id, with their marks row for row.

    marks uint8[n, WIDTH]; group int[n] points into `groups`, the year groups of each school; admitted and left
    int16[n] columns; pupils bytes[n] of 16 (the key); born_on, admission_on and leaving_on
    int32[n] days as in `bulk.dates`, or NO_DAY.

    Of those who came with a school that was taken over (`carried`) the marks and the admission are those of before,
    up to the column `own_from` (int16[n]; 0 for all others). They are groups of their own beside the others of their
    year group, for they were elsewhere: `earlier`, see `Carried.earlier`, empty where nothing was carried.
    ends: the last column of each school that was taken over in the year, by its key.
    """

    year: int
    enrolments: Ids
    schools: Ids
    pupils: npt.NDArray[np.void]
    marks: Marks
    groups: list[tuple[int, str]]
    group: npt.NDArray[np.int32]
    admitted: npt.NDArray[np.int16]
    left: npt.NDArray[np.int16]
    born_on: Days
    admission_on: Days
    leaving_on: Days
    own_from: npt.NDArray[np.int16]
    carried: Carried = NOTHING_CARRIED
    earlier: Earlier = ()
    ends: Mapping[int, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.enrolments)

    def part(self, rows: npt.NDArray[np.intp]) -> Roll:
        """Some of the enrolments, all of those of some schools, `groups` those of these schools only."""
        columns = (
            "enrolments", "schools", "pupils", "marks", "admitted", "left", "born_on", "admission_on", "leaving_on",
            "own_from",
        )  # fmt: skip
        used, group = np.unique(self.group[rows], return_inverse=True)
        return replace(
            self,
            groups=[self.groups[at] for at in used.tolist()],
            earlier=tuple(self.earlier[at] for at in used.tolist()) if self.earlier else (),
            group=group.astype(np.int32),
            **{name: getattr(self, name)[rows] for name in columns},
        )

    @property
    def whole_groups(self) -> npt.NDArray[np.int32]:
        """For each of `groups` which year group it is of, from 0: those who were carried over are part of one."""
        number = {key: at for at, key in enumerate(dict.fromkeys(self.groups))}
        return np.array([number[key] for key in self.groups], np.int32)

    @property
    def year_groups(self) -> list[str]:
        """The year group of each enrolment."""
        return [self.groups[at][1] for at in self.group.tolist()]

    @property
    def leaving(self) -> list[dt.date | None]:
        """The leaving day of each enrolment, where one is stated."""
        return [bulk.day(number) if number != NO_DAY else None for number in self.leaving_on.tolist()]


_ROLL = r"""
    SELECT array_agg(e.id), array_agg(e.school_id), array_agg(e.pupil_id), string_agg(e.year_group, E'\n'),
           array_agg(coalesce(e.admission_on - date '2000-01-01', %(no_day)s)),
           array_agg(coalesce(e.leaving_on - date '2000-01-01', %(no_day)s)),
           array_agg(coalesce(p.date_of_birth - date '2000-01-01', %(no_day)s)),
           ARRAY[(SELECT count(*) FROM schools_succession s WHERE s.authority_id = %(authority)s
                  AND s.linked_on BETWEEN %(year_before)s AND %(ends)s)]
    FROM schools_enrolment e
    JOIN schools_pupil p ON p.id = e.pupil_id AND p.authority_id = e.authority_id
    WHERE e.authority_id = %(authority)s AND e.school_id = ANY(%(schools)s) AND e.made_in_error_at IS NULL
      AND ((e.leaving_on IS NULL OR e.leaving_on >= %(begins)s)
           AND (e.admission_on IS NULL OR e.admission_on <= %(ends)s)
           OR e.id IN (SELECT r.enrolment_id FROM schools_register r WHERE r.authority_id = %(authority)s
                       AND r.school_id = ANY(%(schools)s) AND r.year = %(year)s))
"""
_ROLL_AS_KNOWN = _ROLL.replace("schools_enrolment", ENROLMENTS_AS_KNOWN)
_ROLL_TYPES = (">i8", ">i8", "V16", LINES, ">i4", ">i4", ">i4", ">i8")


def hold_registers(school_ids: Sequence[int]) -> None:
    """Take turns: until this transaction ends, no other process changes or bands these schools' registers.

    Whoever stores a file takes it before matching its pupils, lest two files of one moment both create them. The
    schools that took these over, and those that took these over, are held too, in the same order: their figures count
    the marks of these.
    """
    links = Succession.objects.filter(kind__in=TAKEN_OVER_WHOLE)
    after = links.filter(predecessor__in=school_ids).values("successor")
    asked = Q(pk__in=school_ids) | Q(pk__in=after) | Q(pk__in=links.filter(predecessor__in=after).values("successor"))
    list(School.objects.select_for_update(no_key=True).filter(asked).order_by("pk").values_list("pk", flat=True))


# Trimmed of every byte that is no real mark, a row without one is empty. The first row that is not ends the search.
_LATEST_YEARS = """
    SELECT array_agg(found.school), array_agg(found.year) FROM (
        SELECT s.school, coalesce(
            (SELECT r.year FROM schools_register r
             WHERE r.authority_id = %(authority)s AND r.school_id = s.school AND r.year <= %(year)s
               AND btrim(r.marks, %(unreal)s::bytea) <> ''
             ORDER BY r.year DESC LIMIT 1),
            (SELECT max(r.year) FROM schools_register r
             WHERE r.authority_id = %(authority)s AND r.school_id = s.school AND r.year <= %(year)s)
        )::integer AS year
        FROM unnest(%(schools)s::bigint[]) AS s(school)
    ) found WHERE found.year IS NOT NULL
"""
_UNREAL = bytes([0, NUMBERS[PLANNED_CLOSURE], NUMBERS["Z"]])


def latest_years(school_ids: Sequence[int], year: int) -> dict[int, int]:
    """The latest academic year up to `year` of which each school has a real mark (not # or Z), by the school's key.

    Registers of `#` alone, as on an INSET day in September, begin no year. Schools with no real mark at all are of the
    latest year with any register; those without a register are not there.
    """
    asked = _asked(school_ids, year) | {"unreal": _UNREAL}
    schools, years = bulk.read(_LATEST_YEARS, asked, (">i8", ">i4"))
    return dict(zip(schools.tolist(), years.tolist(), strict=True))


_YEAR_GROUPS_MARKED = r"""
    SELECT array_agg(found.school_id), string_agg(found.year_group, E'\n') FROM (
        SELECT DISTINCT r.school_id, r.year_group FROM schools_register r
        WHERE r.authority_id = %(authority)s AND r.school_id = ANY(%(schools)s) AND r.year = %(year)s
          AND r.year_group <> '' AND btrim(r.marks, %(unreal)s::bytea) <> ''
    ) found
"""


def year_groups_marked(school_ids: Sequence[int], year: int) -> list[tuple[int, str]]:
    """The year groups of these schools in which anybody has a real mark of that academic year. One query."""
    asked = _asked(school_ids, year) | {"unreal": _UNREAL}
    schools, names = bulk.read(_YEAR_GROUPS_MARKED, asked, (">i8", LINES))
    return [(school, name.decode()) for school, name in zip(schools.tolist(), names.tolist(), strict=True)]


@dataclass(frozen=True)
class Piece:
    """Some whole schools of a `Listed`: rows, where its people stand there, and what was read of their marks."""

    schools: list[int]
    rows: npt.NDArray[np.intp]
    fetched: Fetched


@dataclass(frozen=True)
class Listed:
    """Who is on the rolls of some schools in an academic year: what of a `Roll` is read before its marks.

    Sorted by id, row for row as in `Roll`; year_groups are those of now. has_takeovers: whether any school of the
    authority was taken over so lately that marks may have been carried over (`Roll.carried`).
    """

    year: int
    school_ids: Sequence[int]
    enrolments: Ids
    schools: Ids
    pupils: npt.NDArray[np.void]
    year_groups: npt.NDArray[np.bytes_]
    admission_on: Days
    leaving_on: Days
    born_on: Days
    has_takeovers: bool

    def pieces(self) -> Iterator[Piece]:
        """The marks of a few whole schools after the other, as they travelled; a query or two each.

        About `ROWS_A_PIECE` each, that whoever works them out has something to do while the next are read. Where nobody
        is on roll, one piece of no one.
        """
        ids, sizes = np.unique(self.schools, return_counts=True)
        piece = np.cumsum(sizes) // ROWS_A_PIECE
        for schools in np.split(ids, np.flatnonzero(np.diff(piece)) + 1):
            rows = np.flatnonzero(np.isin(self.schools, schools))
            yield Piece(schools.tolist(), rows, fetch_marks(schools.tolist(), self.year))

    def roll(self, piece: Piece) -> Roll:
        """The roll of a piece, without what was carried over. Asks nothing of the database."""
        rows = piece.rows
        marks, then = put_together(piece.fetched, self.enrolments[rows])
        year_groups = np.where(then == b"", self.year_groups[rows], then)
        return self._roll(rows, marks, *_groups(self.schools[rows], year_groups))

    def whole(self, pieces: Iterable[tuple[npt.NDArray[np.intp], Roll]]) -> Roll:
        """The rolls of pieces, each with its rows, as one."""
        marks, group = np.zeros((len(self.enrolments), WIDTH), np.uint8), np.zeros(len(self.enrolments), np.int32)
        groups: list[tuple[int, str]] = []
        for rows, roll in pieces:
            marks[rows], group[rows] = roll.marks, roll.group + len(groups)
            groups += roll.groups
        return self._roll(np.arange(len(self.enrolments)), marks, groups, group)

    def read(self) -> Roll:
        """The whole roll, without what was carried over."""
        return self.whole((piece.rows, self.roll(piece)) for piece in self.pieces())

    def _roll(
        self, rows: npt.NDArray[np.intp], marks: Marks, groups: list[tuple[int, str]], group: npt.NDArray[np.int32]
    ) -> Roll:
        first = int(bulk.dates([dt.date(self.year, 8, 1)])[0])
        return Roll(
            year=self.year,
            enrolments=self.enrolments[rows],
            schools=self.schools[rows],
            pupils=self.pupils[rows],
            marks=marks,
            groups=groups,
            group=group,
            admitted=_admission_columns(self.admission_on[rows], first),
            left=_leaving_columns(self.leaving_on[rows], first),
            born_on=self.born_on[rows],
            admission_on=self.admission_on[rows],
            leaving_on=self.leaving_on[rows],
            own_from=np.zeros(len(rows), np.int16),
        )


def list_roll(school_ids: Sequence[int], year: int, *, known_on: dt.date | None = None) -> Listed:
    """Everyone on those schools' rolls at any time of that academic year; as in `load_roll`, without marks.

    Call it, and read its pieces, within `bulk.whole_sets`.
    """
    asked = {
        **_asked(school_ids, year),
        "begins": dt.date(year, 8, 1),
        "ends": dt.date(year + 1, 7, 31),
        "year_before": dt.date(year - 1, 8, 1),
        "no_day": NO_DAY,
    }
    if known_on:
        asked["known_until"] = end_of(known_on)
    *columns, takeovers = bulk.read(_ROLL_AS_KNOWN if known_on else _ROLL, asked, _ROLL_TYPES)
    order = np.argsort(columns[0], kind="stable")
    ids, schools, pupils, year_groups, admission, leaving, born = (column[order] for column in columns)
    return Listed(year, school_ids, ids, schools, pupils, year_groups, admission, leaving, born, bool(takeovers.any()))


def load_roll(school_ids: Sequence[int], year: int, *, known_on: dt.date | None = None) -> Roll:
    """Everyone on those schools' rolls at any time of that academic year, with or without a mark.

    With the marks carried over from schools that these took over in the year. known_on: with the marks and the
    enrolment dates that were known by the end of that day, not those of now.
    """
    with bulk.whole_sets():
        listed = list_roll(school_ids, year, known_on=known_on)
        roll = listed.read()
    if known_on:
        roll = _as_known(roll, school_ids, known_on)
    return with_carried(roll, school_ids, known_on) if listed.has_takeovers else roll


def _ended(roll: Roll) -> Roll:
    """The roll with the last column of each school that was taken over in the year; one query.

    It may have sent marks under its old number since, before anyone knew: those tell no day of it. Only where
    someone's enrolment ended with it: a takeover that was not known yet ends nothing.
    """
    told = takeovers_between(*year_window(roll.year))
    ended = set(zip(roll.schools.tolist(), roll.leaving, strict=True)) if told else set()
    gone = [one for one in told if (one.before.pk, one.last_on) in ended]
    return replace(roll, ends={one.before.pk: leaving_column(roll.year, one.last_on) for one in gone})


def with_carried(roll: Roll, school_ids: Sequence[int], known_on: dt.date | None = None) -> Roll:
    """The roll with what was carried over to it, if anything was, and without what came after a takeover."""
    roll = _ended(roll)
    carried = carried_into(school_ids, roll.year, known_on=known_on)
    if not carried:
        return roll
    marks, admission = roll.marks.copy(), roll.admission_on.copy()
    carried.put_marks(roll.year, roll.enrolments, marks, known_on=known_on)
    carried.put_admissions(roll.enrolments, admission)
    used, found = np.unique(2 * roll.group + np.isin(roll.enrolments, carried.after), return_inverse=True)
    group = found.astype(np.int32)
    return replace(
        roll,
        marks=marks,
        groups=[roll.groups[at // 2] for at in used.tolist()],
        group=group,
        admission_on=admission,
        admitted=_admission_columns(admission, int(bulk.dates([dt.date(roll.year, 8, 1)])[0])),
        own_from=carried.first_columns(roll.enrolments, roll.year),
        carried=carried,
        earlier=carried.earlier(roll.enrolments, group, len(used)),
    )


def counted_once(roll: Roll) -> Roll:
    """The roll without those whom another of its enrolments carries on: of a school and those it took over."""
    doubled = roll.carried.doubled(roll.enrolments)
    return roll.part(np.flatnonzero(~doubled)) if doubled.any() else roll


def _as_known(roll: Roll, school_ids: Sequence[int], day: dt.date) -> Roll:
    """The roll (its dates are those of then already) with the marks of then, without whom nothing told yet."""
    marks = as_known_before(roll.marks, roll.enrolments, later_changes(school_ids, roll.year, day))
    unknown = np.isin(roll.enrolments, list(unknown_on(day).filter(school__in=school_ids).values_list("pk", flat=True)))
    of_the_year = (roll.left >= 0) & (roll.admitted < WIDTH)
    kept = marks.any(axis=1) | (~unknown & of_the_year)
    return replace(roll, marks=marks).part(np.flatnonzero(kept))


def load_marks(school_ids: Sequence[int], year: int, enrolments: Ids, carried: Carried = NOTHING_CARRIED) -> Marks:
    """The marks of these enrolments (sorted ids) in that year, uint8[n, WIDTH]; zeros where there is no row.

    carried: with those that figures carry over; without, as they are stored.
    """
    found, _ = put_together(fetch_marks(sorted(set(school_ids)), year), enrolments)
    carried.put_marks(year, enrolments, found)
    return found


def marks_as_known(
    school_ids: Sequence[int], year: int, enrolments: Ids, day: dt.date, carried: Carried = NOTHING_CARRIED
) -> Marks:
    """The same as they were known by the end of a day in England: what was accepted later is not used."""
    held = load_marks(school_ids, year, enrolments)
    found = as_known_before(held, enrolments, later_changes(school_ids, year, day))
    carried.put_marks(year, enrolments, found, known_on=day)
    return found


_MARKED = """
    SELECT array_agg(r.enrolment_id) FROM schools_register r
    WHERE r.authority_id = %(authority)s AND r.school_id = ANY(%(schools)s) AND r.year = %(year)s
      AND r.marks <> %(blank)s
"""


def marked_in(
    school_ids: Sequence[int], year: int, enrolments: Ids, carried: Carried = NOTHING_CARRIED
) -> npt.NDArray[np.bool_]:
    """Which of these enrolments have any mark in that year, bool[n]; the marks themselves are not fetched.

    carried: with those that figures carry over, as in `load_marks`; of them alone the marks are fetched.
    """
    (marked,) = bulk.read(_MARKED, {**_asked(school_ids, year), "blank": bytes(WIDTH)}, (">i8",))
    found: npt.NDArray[np.bool_] = np.isin(enrolments, marked)
    if carried:
        ids = np.unique(carried.after)
        rows = np.zeros((len(ids), WIDTH), np.uint8)
        carried.put_marks(year, ids, rows)
        found |= np.isin(enrolments, ids[rows.any(axis=1)])
    return found


def _asked(school_ids: Sequence[int], year: int) -> dict[str, object]:
    return {"authority": current_authority_id(), "schools": list(school_ids), "year": year}


def _groups(schools: Ids, year_groups: npt.NDArray[np.bytes_]) -> tuple[list[tuple[int, str]], npt.NDArray[np.int32]]:
    """The year groups of each school in order, and which of them each row is in."""
    places, school = np.unique(schools, return_inverse=True)
    names, name = np.unique(year_groups, return_inverse=True)
    numbers, group = np.unique(school * max(len(names), 1) + name, return_inverse=True)
    pairs = (divmod(int(number), len(names)) for number in numbers)
    return [(int(places[at]), names[n].decode()) for at, n in pairs], group.astype(np.int32)


def _admission_columns(days: Days, first: int) -> npt.NDArray[np.int16]:
    """`marks.admission_column` of many days at once; `first` is the first day of the year."""
    columns = np.clip(2 * (days.astype(np.int64) - first), 0, WIDTH)
    return np.where(days == NO_DAY, NOT_STATED, columns).astype(np.int16)


def _leaving_columns(days: Days, first: int) -> npt.NDArray[np.int16]:
    """`marks.leaving_column` of many days at once."""
    columns = np.clip(2 * (days.astype(np.int64) - first) + 1, -1, WIDTH - 1)
    return np.where(days == NO_DAY, WIDTH - 1, columns).astype(np.int16)


def admitted_before(roll: Roll, marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.int16]:
    """`roll.admitted`, with 0 for those whose admission is not stated but who had marks the year before.

    Until stated, admission is the first real mark (architecture section 10), and theirs was then.
    marked: bool[n], see `marked_in`.
    """
    return np.where((roll.admitted == NOT_STATED) & marked, np.int16(0), roll.admitted).astype(np.int16)


def own_part(roll: Roll, flags: Marks) -> Marks:
    """Flags of a roll's marks, zero before each school's own first day where marks were carried over to it."""
    if not roll.own_from.any():
        return flags
    own = flags.copy()
    clip(own, roll.own_from, np.full(len(roll), WIDTH - 1, np.int16))
    return own


def last_columns(roll: Roll, looked_up: Marks | None = None) -> dict[int, int]:
    """Each school's last column with a real mark (not # or Z), up to its end; schools without one are not in it.

    Only the school's own marks tell, not those carried over to it. looked_up: the flags of the roll's marks, where
    they are known already.
    """
    if not len(roll):
        return {}
    flags = own_part(roll, look_up(roll.marks, roll.year, "flags") if looked_up is None else looked_up)
    order = np.argsort(roll.schools, kind="stable")
    schools, starts = np.unique(roll.schools[order], return_index=True)
    in_order = flags if (order[1:] > order[:-1]).all() else flags[order]
    ends = [*starts[1:], len(roll)]
    any_of = [np.bitwise_or.reduce(in_order[a:b], axis=0) for a, b in zip(starts, ends, strict=True)]
    counts = (np.stack(any_of) & REAL_FLAGS) != 0
    told = zip(schools.tolist(), counts, strict=True)
    within = {school: np.flatnonzero(row[: roll.ends.get(school, WIDTH) + 1]) for school, row in told}
    return {school: int(columns[-1]) for school, columns in within.items() if len(columns)}


_SAVE = """
    INSERT INTO schools_register (authority_id, enrolment_id, school_id, year, year_group, marks)
    SELECT e.authority_id, e.id, e.school_id, %(year)s, (%(year_groups)s::text[])[n.place + 1], n.marks
    FROM new_marks n JOIN schools_enrolment e ON e.id = n.enrolment AND e.authority_id = %(authority)s
    ON CONFLICT (authority_id, enrolment_id, year) DO UPDATE
    SET marks = excluded.marks, changed_at = statement_timestamp(),
        year_group = coalesce(nullif(excluded.year_group, ''), schools_register.year_group)
"""


def save_rows(year: int, enrolments: Ids, marks: Marks, year_groups: Sequence[str]) -> None:
    """Write these enrolments' rows of that year, new or held. An empty year group keeps the held one."""
    if not len(enrolments):
        return
    columns: dict[str, bulk.Column] = {
        "enrolment": ("bigint", enrolments),
        "place": ("integer", np.arange(len(enrolments), dtype=np.int32)),
        "marks": ("bytea", marks),
    }
    bulk.fill("new_marks", columns)
    with connection.cursor() as cursor:
        asked: dict[str, Any] = {"year": year, "authority": current_authority_id(), "year_groups": list(year_groups)}
        cursor.execute(_SAVE, asked)


def pupil_keys(roll: Roll) -> list[uuid.UUID]:
    """The pupils of a roll, row for row."""
    return [uuid.UUID(bytes=bytes(key)) for key in roll.pupils]
