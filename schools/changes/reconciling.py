"""The percentages another system shows of a school, kept with their day, and what sets them apart from ours."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import numpy as np

from attendance_portal.audit import record
from attendance_portal.days import year_of
from attendance_portal.models import Membership
from schools.models import Enrolment, Pupil, ReconciledPupil, Reconciliation, School
from schools.reading.lists import Row, rows_under
from schools.register.codes import ATTENDED_FLAG, AUTHORISED_FLAG, NUMBERS, UNAUTHORISED_FLAG
from schools.register.explaining import Counts, Explained, Fraction, explain
from schools.register.marks import WIDTH, look_up
from schools.sending.withheld import withheld_from
from schools.standing.figures import figures_of
from schools.stored.names import sort_key
from schools.stored.registers import load_roll, pupil_keys

LIST_BYTES = 2_000_000
# Who a line is about, by words that the heading of a column contains. The first that fits a heading wins.
_HEADINGS = (
    ("upn", ("upn", "unique pupil number")),
    ("number", ("adm", "adno", "student id", "pupil id", "number")),
    ("surname", ("surname", "last name", "family name")),
    ("forename", ("forename", "first name", "given name")),
    ("name", ("name", "pupil", "student")),
)
_SHARE = re.compile(r"%|perc|pct")
_ATTENDED = re.compile(r"attend|\batt\b")
# Counts, and shares of something else than the attendance so far: no column of these is ever taken for it.
_COUNTED = re.compile(r"session|attendances|attended|possible|number|days?\b")
_ELSE = re.compile(
    r"\b(absen|(un)?authorised|illness|miss|persist|severe|target|marks?\b|codes?\b|dates?\b|group|band"
    r"|categor|flag|status|late(s|ness)?\b)"
)
_NOBODY = re.compile(r"session|\b(absen|marks?\b|dates?\b|premium|late\b)")
_NAMES = ("surname", "forename", "name")
_NOT_A_CHILDS = re.compile(
    r"group|\b(school|academy|trust|authority|class|forms?\b|house|reg\b|registration|tutor|teacher|staff|head\b"
    r"|mentor|parent|carer|contact|course|subject|middle|former\b)"
)
# What can only be the child's own name goes before any other heading with such a word, wherever it stands.
_A_CHILDS = re.compile(
    r"\b(pupil|student|child)\W?s?\W?((full|legal|preferred)\W)?name|^((full|legal|preferred)\W)?names?$"
    r"|^(pupil|student)s?$"
)
WAYS = ("then", "outside", "both", "missing", "before")
_POSSIBLE = ATTENDED_FLAG | AUTHORISED_FLAG | UNAUTHORISED_FLAG


@dataclass(frozen=True)
class Line:
    """One child of their list: the line of the file, who as told, and the percentage."""

    line: int
    told: dict[str, str]
    attendance: Decimal

    @property
    def words(self) -> str:
        return ", ".join(self.told.values())[:300]


@dataclass(frozen=True)
class TheirList:
    """Their list as read, and the lines that held no percentage."""

    lines: list[Line]
    unread: list[str]


def percentage(typed: str, *, of_one: bool = False) -> Decimal | None:
    """A percentage as written ("94.3", "94,3 %", of one "0.943"), None where it is none between 0 and 100."""
    found = _number(typed)
    if found is None:
        return None
    return (found * 100 if of_one and "%" not in typed else found).quantize(Decimal("0.01"))


def _number(typed: str) -> Decimal | None:
    try:
        found = Decimal(typed.strip().removesuffix("%").strip().replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() and 0 <= found <= 100 else None


def _are_of_one(column: Iterable[str]) -> bool:
    """Whether percentages are parts of one: so a workbook keeps what it shows as "94.3%". None is above 1 then."""
    nothing = Decimal(0)
    return 0 < max((_number(typed) or nothing for typed in column if "%" not in typed), default=nothing) <= 1


def read_list(content: bytes) -> TheirList:
    """Their list from a CSV file or a workbook. Raises UnreadableUpload, or ValueError with a sentence."""
    found = rows_under(content, lambda cells: bool(_fitting(cells) and _columns(cells)), limit=LIST_BYTES)
    if found is not None:
        return _lines(found.rows, _columns(found.headings) | {_only(found.headings): "attendance"})
    if rows_under(content, lambda cells: bool(_fitting(cells)), limit=LIST_BYTES):
        raise ValueError("No column says who the pupils are: a UPN, an admission number or a name.")
    raise ValueError(
        "No heading says “attendance” or “%” of it, such as “Attendance %”. The first line must name the columns."
    )


def _fitting(headings: Sequence[str]) -> list[int]:
    """The columns that fit best as the percentage attended: several where nothing tells which of them is meant."""
    fits: defaultdict[int, list[int]] = defaultdict(list)
    for at, heading in enumerate(headings):
        words = heading.casefold().replace("_", " ")
        is_share, is_attended = bool(_SHARE.search(words)), bool(_ATTENDED.search(words))
        if _ELSE.search(words) or not (is_share or (is_attended and not _COUNTED.search(words))):
            continue
        rank = 0 if is_share and is_attended else 1 if is_share and "present" in words else 2 if is_share else 3
        fits[rank].append(at)
    return fits[min(fits)] if fits else []


def _only(headings: Sequence[str]) -> int:
    """The column of the attendance. Raises ValueError where several fit: the wrong one would look right."""
    at, *more = _fitting(headings)
    if more:
        told = " and ".join(f"“{headings[one].strip()}”" for one in (at, *more)[:4])
        raise ValueError(f"Several headings may be the attendance: {told}. Leave in the list the one that is meant.")
    return at


def _columns(headings: Sequence[str]) -> dict[int, str]:
    """The columns that say who a line is about; none that counts something, whatever else its heading says."""
    found: dict[int, str] = {}
    told = [heading.casefold().replace("_", " ").strip() for heading in headings]
    for at in sorted(range(len(told)), key=lambda at: not _A_CHILDS.search(told[at])):
        use = _use_of(told[at])
        if use and use not in found.values():
            found[at] = use
    return dict(sorted(found.items()))


def _use_of(words: str) -> str:
    """What a heading says of whom a line is about; nothing where it counts something, or names what is no child."""
    if _SHARE.search(words) or _ATTENDED.search(words) or _NOBODY.search(words):
        return ""
    use = next((use for use, parts in _HEADINGS if any(part in words for part in parts)), "")
    return "" if use in _NAMES and _NOT_A_CHILDS.search(words) and not _A_CHILDS.search(words) else use


def _lines(rows: Sequence[Row], columns: Mapping[int, str]) -> TheirList:
    lines, unread = [], []
    [attendance] = (at for at, use in columns.items() if use == "attendance")
    of_one = _are_of_one(row[attendance] for _, row in rows if attendance < len(row))
    for number, row in rows:
        told = {use: row[at].strip() for at, use in columns.items() if at < len(row) and row[at].strip()}
        found = percentage(told.pop("attendance", ""), of_one=of_one)
        if found is not None and told:
            lines.append(Line(number, told, found))
        else:
            unread.append(f"Line {number}")
    return TheirList(lines, unread)


def enter_figures(
    school: School, *, source: str, as_at: dt.date, attendance: Decimal | None, persistent: Decimal | None,
    theirs: TheirList, by: Membership, at: dt.datetime,
) -> Reconciliation:  # fmt: skip
    """Keep what another system shows of a school, with its day, and which children its lines are about."""
    made: Reconciliation = Reconciliation.objects.create(
        school=school, source=source, as_at=as_at, attendance=attendance, persistent=persistent,
        unread=theirs.unread, entered_at=at, entered_by=by,
    )  # fmt: skip
    pupils = _Known(school)
    rows = [
        ReconciledPupil(
            reconciliation=made, line=one.line, told=one.words, pupil_id=pupils.of(one), attendance=one.attendance
        )
        for one in theirs.lines
    ]
    ReconciledPupil.objects.bulk_create(rows, batch_size=1000)
    words = f"Entered the figures that another system shows of {school}."
    record("enter_figures", by=by, words=words, subject=made, pupils={row.pupil_id for row in rows if row.pupil_id})
    return made


class _Known:
    """The school's children by UPN, number and name; of a name that two have, none."""

    def __init__(self, school: School) -> None:
        self.found: defaultdict[tuple[str, str], set[uuid.UUID]] = defaultdict(set)
        rows = Enrolment.objects.filter(school=school).values_list(
            "pupil", "pupil__upn", "local_id", "pupil__surname", "pupil__forename"
        )
        for pupil, upn, number, surname, forename in rows:
            for key in (("upn", (upn or "").upper()), ("number", number.casefold())):
                self.found[key].add(pupil)
            for name in (sort_key(surname, forename), sort_key(forename, surname)):
                self.found["name", name].add(pupil)

    def of(self, line: Line) -> uuid.UUID | None:
        told = line.told
        keys = (
            ("upn", told.get("upn", "").upper()),
            ("number", told.get("number", "").casefold()),
            ("name", sort_key(told.get("surname", ""), told.get("forename", ""))),
            ("name", sort_key(told.get("name", ""), "")),
        )
        return next((next(iter(self.found[key])) for key in keys if key[1] and len(self.found[key]) == 1), None)


# --- What sets the figures apart ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Child:
    """A child's counts as they are now and as they were known then, and whether the child left since."""

    now: Counts
    then: Counts
    left: bool

    def counted(self, ways: frozenset[str]) -> Fraction:
        return (self.then if "then" in ways else self.now).counted(ways)


@dataclass(frozen=True)
class Difference:
    """One child, theirs beside ours. theirs None: not in their list; pupil None: nobody here fits the line."""

    pupil: Pupil | None
    told: str
    theirs: int | None
    found: Explained | None

    @property
    def points(self) -> int | None:
        """Theirs less ours, in hundredths."""
        ours = self.found.ours if self.found else None
        return None if self.theirs is None or ours is None else self.theirs - ours


@dataclass(frozen=True)
class Reconciled:
    """The whole school and every child, the biggest difference first."""

    attendance: Difference | None
    persistent: Difference | None
    rows: list[Difference]


def reconcile(one: Reconciliation, member: Membership, *, on: dt.date) -> Reconciled:
    """Explain the figures of a reconciliation, child by child, for one member."""
    children = _children(one, on)
    ways = WAYS if one.as_at < on else WAYS[1:]
    told = _told_to(member, one)
    keys = {*children, *(row.pupil_id for row in told if row.pupil_id)}
    seen = Pupil.objects.visible_to(member).in_bulk(keys)
    rows = [*_listed(told, children, seen, ways), *_unlisted(told, children, seen)]
    return Reconciled(
        _of_all(one.attendance, children, ways, _attendance),
        _of_all(one.persistent, children, ways, _persistent),
        sorted(rows, key=_size),
    )


def _told_to(member: Membership, one: Reconciliation) -> list[ReconciledPupil]:
    """The lines of their list, without those that fit nobody, but may name a child withheld."""
    rows = list(one.pupils.order_by("line"))
    unplaced = [row.told for row in rows if row.pupil_id is None]
    withheld = withheld_from(member, one.school, texts=unplaced) if unplaced else None
    return [row for row in rows if row.pupil_id or not (withheld and withheld.is_told_by(row.told.split(", ")))]


def _size(row: Difference) -> tuple[int, int]:
    if row.points is None:
        return 0 if row.pupil is None else 2, 0
    return 1, -abs(row.points)


def _listed(
    told: list[ReconciledPupil], children: dict[uuid.UUID, Child], seen: dict[uuid.UUID, Pupil], ways: Sequence[str]
) -> Iterator[Difference]:
    for row in told:
        theirs = int(row.attendance * 100)
        if row.pupil_id is None:
            yield Difference(None, row.told, theirs, None)
        elif row.pupil_id in seen:
            child = children.get(row.pupil_id)
            yield Difference(
                seen[row.pupil_id], row.told, theirs, explain(theirs, child.counted, ways) if child else None
            )


def _unlisted(
    told: list[ReconciledPupil], children: dict[uuid.UUID, Child], seen: dict[uuid.UUID, Pupil]
) -> Iterator[Difference]:
    """Children whom we count and their list, if there is one, leaves out."""
    listed = {row.pupil_id for row in told}
    for pupil, child in children.items() if told else ():
        if pupil not in listed and pupil in seen and child.now.possible:
            yield Difference(seen[pupil], "", None, explain(0, child.counted, ()))


def _of_all(
    theirs: Decimal | None, children: dict[uuid.UUID, Child], ways: Sequence[str], rate: _Rate
) -> Difference | None:
    """The whole school: beside the ways of each child, leavers may have been left out."""
    if theirs is None:
        return None
    found = explain(int(theirs * 100), lambda chosen: rate(list(children.values()), chosen), ("leavers", *ways))
    return Difference(None, "", int(theirs * 100), found)


class _Rate:
    """A rate of the school, as counted in some ways: a function of children and ways."""

    def __call__(self, children: list[Child], ways: frozenset[str]) -> Fraction:
        counted = [one.counted(ways) for one in children if not (one.left and "leavers" in ways)]
        return self.of([(attended, possible) for attended, possible in counted if possible])

    def of(self, counted: list[Fraction]) -> Fraction:
        raise NotImplementedError


class _AttendanceRate(_Rate):
    def of(self, counted: list[Fraction]) -> Fraction:
        return sum(attended for attended, _ in counted), sum(possible for _, possible in counted)


class _PersistentRate(_Rate):
    """Those who missed 10% or more, of those with a possible session (DfE absence methodology)."""

    def of(self, counted: list[Fraction]) -> Fraction:
        return sum(10 * (possible - attended) >= possible for attended, possible in counted), len(counted)


_attendance, _persistent = _AttendanceRate(), _PersistentRate()


def _children(one: Reconciliation, on: dt.date) -> dict[uuid.UUID, Child]:
    """Everyone counted in the year of their day, up to that day, as known now and as known on it.

    Who was counted then and is no more, such as those whom an undone file had put on the roll, counts nothing now.
    """
    now = _counts(one.school_id, one.as_at, None)
    then = _counts(one.school_id, one.as_at, one.as_at) if one.as_at < on else {}
    nothing = (Counts(), False)
    return {
        pupil: Child(now.get(pupil, nothing)[0], then.get(pupil, nothing)[0], (now.get(pupil) or then[pupil])[1])
        for pupil in {**now, **then}
    }


def _counts(school_id: int, as_at: dt.date, known_on: dt.date | None) -> dict[uuid.UUID, tuple[Counts, bool]]:
    """Each child's counts up to a day, and whether the child was off the roll by then; several stays added up."""
    if not load_roll([school_id], year_of(as_at), known_on=known_on).marks.any():
        return {}
    figures = figures_of([school_id], year_of(as_at), as_at=as_at, known_on=known_on)
    roll, totals = figures.roll, figures.totals
    columns = np.arange(WIDTH)
    past = columns <= figures.last_column[:, None]
    inside = (columns >= roll.admitted[:, None]) & (columns <= roll.left[:, None])
    flags = look_up(roll.marks, roll.year, "flags")
    outside = past & ~inside
    before = past & inside & (columns < roll.own_from[:, None])
    parts = (
        totals.attended,
        totals.possible,
        ((roll.marks == NUMBERS["D"]) & past & inside).sum(axis=1),
        totals.missing,
        (outside & ((flags & ATTENDED_FLAG) != 0)).sum(axis=1),
        (outside & ((flags & _POSSIBLE) != 0)).sum(axis=1),
        (before & ((flags & ATTENDED_FLAG) != 0)).sum(axis=1),
        (before & ((flags & _POSSIBLE) != 0)).sum(axis=1),
    )
    found: dict[uuid.UUID, tuple[Counts, bool]] = {}
    rows = zip(pupil_keys(roll), zip(*(part.tolist() for part in parts), strict=True), figures.on_roll, strict=True)
    for pupil, counts, on_roll in rows:
        held, left = found.get(pupil, (Counts(), True))
        found[pupil] = held + Counts(*counts), left and not on_roll
    return found
