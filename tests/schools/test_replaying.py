"""Any files, syncs, corrections, undos, moved dates and links: the register, the roll, and every figure as known on
any day past.

The same property is held of the register alone, over far more sequences, in `tests/schools/register/test_replay.py`.
"""

from __future__ import annotations

import ast
import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from pytest_django import Settings

from attendance_portal.front.demo.wonde_school import WondeSchool, WondeStudent
from schools.banding import standings_of
from schools.changes.acts import acts_of
from schools.changes.corrections import correct_leaving, correct_mark
from schools.changes.taking_off import roll_after
from schools.changes.undoing import undo_change
from schools.children.child_view import child_view_of
from schools.children.childs_year import childs_years
from schools.children.record_links import judge_records, judgement_of, take_back
from schools.models import Enrolment, Pupil, Register, RegisterChange, Standing, SyncRun
from schools.register.codes import NUMBERS
from schools.register.marks import WIDTH, Bytes, column_of
from schools.sending import uploads
from schools.standing.figures import as_held
from schools.stored.known import LONDON
from schools.stored.registers import marks_as_known
from tests.cast import ON, Cast, in_scope
from tests.schools.files import HEADINGS, long_file, school_days
from tests.schools.stored import store_marks
from tests.schools.systems import LONG_AGO, Clock, Wonde, serving, students_of
from tests.sources import OURS

pytestmark = pytest.mark.django_db

FIRST = dt.date(2026, 10, 5)
CHILDREN, DAYS = 3, school_days(dt.date(2026, 9, 28), 3)
# Of whom only a wrong file or the wrong school's system tells: one whom nobody knew before, and a child of Vale.
GUESTS: Final = ("A999000126009,9001,Zed,Zoe,14/03/2015,6", "{upn},9002,Gill,Gia,14/03/2015,6")
NUMBERED: Final = ("9001", "9002")
ALL: Final = CHILDREN + len(GUESTS)
COLUMNS = [column_of(day, half) for day in DAYS for half in (0, 1)]
Cell = tuple[int, int]
Cells = dict[Cell, str]


@dataclass(frozen=True)
class File:
    """A file of these half-days: the child and the place of the half-day, and the mark."""

    marks: Cells


@dataclass(frozen=True)
class WrongFile:
    """A file that another school sent to this one by mistake, of guests: children after the first three."""

    marks: Cells


@dataclass(frozen=True)
class Synced:
    """What was entered in the school's own system, and deleted there, before the next sync of it. Of a guest the
    system tells from the first mark on, and of every child in each sync, whatever is new."""

    entered: Cells
    deleted: set[Cell]


@dataclass(frozen=True)
class ByHand:
    """One mark put right; "" takes it away."""

    cell: Cell
    mark: str


@dataclass(frozen=True)
class Left:
    """A leaving date put right; None puts the child back on the roll."""

    child: int
    on: dt.date | None


@dataclass(frozen=True)
class Undo:
    """The act that stands at this place, counted from the latest, is undone."""

    place: int


@dataclass(frozen=True)
class Link:
    """The child's record and one of another school are said to be one child or, where they are, taken apart."""

    child: int


half_days = st.tuples(st.integers(0, CHILDREN - 1), st.integers(0, len(COLUMNS) - 1))
written = st.dictionaries(half_days, st.sampled_from("/IOM"), min_size=2, max_size=8)
of_guests = st.tuples(st.integers(CHILDREN, ALL - 1), st.integers(0, len(COLUMNS) - 1))
strange = st.dictionaries(of_guests, st.sampled_from("/I"), min_size=1, max_size=3)
entered = st.dictionaries(half_days | of_guests, st.sampled_from("/IOM"), max_size=8)
leaving = st.sampled_from([None, DAYS[-1], DAYS[-1] + dt.timedelta(days=9)])
acts = st.lists(
    st.one_of(
        st.builds(File, written),
        st.builds(WrongFile, strange),
        st.builds(Synced, entered, st.sets(half_days | of_guests, max_size=2)),
        st.builds(Undo, st.integers(0, 3)),
        st.builds(Undo, st.integers(0, 9)),
        st.builds(ByHand, half_days, st.sampled_from(["", "L", "M", "U"])),
        st.builds(Left, st.integers(0, CHILDREN - 1), leaving),
        st.builds(Link, st.integers(0, CHILDREN - 1)),
    ),
    min_size=9, max_size=10,
)  # fmt: skip

Snapshot = tuple[Bytes, list[tuple[Any, ...]], list[tuple[Any, ...]], list[int]]


@dataclass
class Played:
    """What was done to Hill Academy, a moment at a time, with what stood at the end of each day.

    done: by the key of the act, what it wrote; said: what the school's own system last told of each half-day.
    """

    wonde: Wonde
    enrolments: list[Enrolment]
    done: dict[uuid.UUID, dict[Cell, int]] = field(default_factory=dict)
    undone: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    said: dict[Cell, int] = field(default_factory=dict)
    days: dict[dt.date, Snapshot] = field(default_factory=dict)

    @property
    def cast(self) -> Cast:
        return self.wonde.cast

    @property
    def ids(self) -> np.ndarray:
        """The enrolment of each child; no row's for a guest of whom no file has told yet."""
        guests = dict(Enrolment.every.filter(local_id__startswith="900").values_list("local_id", "pk"))
        held = [*(one.pk for one in self.enrolments), *(guests.get(number, 0) for number in NUMBERED)]
        return np.array(held, np.int64)

    def must_be_on_roll(self) -> set[int]:
        """The guests of whom a file or sync that stands tells."""
        told = {child for key, cells in self.done.items() if self.stands(key) for child, _ in cells}
        return told - set(range(CHILDREN))

    def is_on_roll(self) -> set[int]:
        held = _roll(self)
        return {child for child, pk in enumerate(self.ids.tolist()) if child >= CHILDREN and pk in held}

    def stands(self, key: uuid.UUID) -> bool:
        return not any(taken == key and self.stands(undo) for undo, taken in self.undone.items())

    @property
    def everywhere(self) -> list[Enrolment]:
        """The enrolments of Hill Academy and the one at Vale that records are linked with, as they are held now."""
        wanted = [*self.enrolments, Enrolment.objects.get(pupil=self.cast.vale_pupils[0])]
        held = Enrolment.objects.select_related("school").in_bulk([one.pk for one in wanted])
        return [held[one.pk] for one in wanted]


def empty_system(cast: Cast) -> WondeSchool:
    """Hill Academy's own system, in which nobody has a mark yet and no guest is told of."""
    students = students_of(cast.pupils[:CHILDREN])
    for n, told in enumerate(GUESTS, CHILDREN):
        upn, number, surname, forename, born, year_group = told.format(upn=cast.vale_pupils[1].upn).split(",")
        born_on = dt.datetime.strptime(born, "%d/%m/%Y").date()
        key = f"A{1_500_000_001 + n}"
        students.append(
            WondeStudent(key, upn, number, surname, forename, born_on, year_group, None, None, LONG_AGO)
        )  # fmt: skip
    marks = np.zeros((ALL, len(COLUMNS)), np.uint8)
    hidden = {one.source_id for one in students[CHILDREN:]}
    return WondeSchool(
        1, cast.hill.name, cast.hill.urn, cast.hill.laestab, DAYS, students, marks, only_marks=hidden
    )  # fmt: skip


@pytest.fixture
def wonde(cast: Cast, settings: Settings) -> Iterator[Wonde]:
    """The system is known and was asked once, and Vale has sent its own file, before anything is played."""
    begins = dt.datetime.combine(FIRST, dt.time(4), dt.UTC)
    with in_scope(cast.eastshire):
        system = empty_system(cast)
        vale = {cast.vale_pupils[0]: dict.fromkeys(DAYS, "/O")}
        store_marks(cast, cast.vale, vale)
        # The cast was enrolled by the clock of today; what is played came later than the enrolments were known.
        Enrolment.objects.update(known_at=begins)
        RegisterChange.objects.update(made_at=begins)
    with serving(system) as server:
        settings.WONDE_ADDRESS = server.address
        found = Wonde(cast, server, system, Clock(begins))
        found.set_token()
        found.work()
        yield found


def play(wonde: Wonde, told: list[Any]) -> Played:
    wonde.server.schools[0] = wonde.hill = empty_system(wonde.cast)
    played = Played(wonde, [Enrolment.objects.get(pupil=pupil) for pupil in wonde.cast.pupils[:CHILDREN]])
    for n, act in enumerate(told):
        # Half past eleven at night in England, and half past midnight: one day in UTC, and two there.
        at = dt.datetime.combine(FIRST + dt.timedelta(days=n // 2), dt.time(22 + n % 2, 30), dt.UTC)
        wonde.clock.at = at
        DOING[type(act)](played, act, at)
        assert np.array_equal(_register(played), _replayed(played)), f"{n}: {act}"
        assert played.is_on_roll() == played.must_be_on_roll(), f"{n}: {act}"
        played.days[at.astimezone(LONDON).date()] = snapshot(played)
    return played


def _undo(played: Played, act: Undo, at: dt.datetime) -> None:
    known = [one for one in acts_of(played.cast.hill) if one.stands]
    if known:
        taken, before = known[act.place % len(known)], _roll(played)
        told = roll_after(played.cast.hill, taken)
        undo_change(played.cast.hill, taken.key, reason="No", by=played.cast.lead, at=at, on=ON)
        played.undone[RegisterChange.objects.latest("pk").act] = taken.key
        after = _roll(played)
        assert ({one.pk for one in told.leaving}, {one.pk for one in told.coming}) == (before - after, after - before)


def _roll(played: Played) -> set[int]:
    return set(Enrolment.objects.filter(school=played.cast.hill).values_list("pk", flat=True))


def _leave(played: Played, act: Left, at: dt.datetime) -> None:
    enrolment = Enrolment.objects.get(pk=played.enrolments[act.child].pk)
    if enrolment.leaving_on != act.on:
        correct_leaving(
            enrolment, leaving_on=act.on, destination="", reason="So", by=played.cast.lead, at=at, on=ON
        )  # fmt: skip


def numbers(marks: Cells) -> dict[Cell, int]:
    """As they are held: present in the afternoon is a mark of its own."""
    return {(child, at): NUMBERS["\\" if mark == "/" and at % 2 else mark] for (child, at), mark in marks.items()}


def _store(played: Played, act: File, at: dt.datetime) -> None:
    marks: dict[Pupil, dict[dt.date, str]] = {}
    for child in {child for child, _ in act.marks}:
        pairs = {
            day: "".join(act.marks.get((child, 2 * n + half), "-") for half in (0, 1)) for n, day in enumerate(DAYS)
        }
        marks[played.cast.pupils[child]] = pairs
    _upload(played, long_file(marks), act.marks, at)


def _store_wrong(played: Played, act: WrongFile, at: dt.datetime) -> None:
    upn = played.cast.vale_pupils[1].upn
    lines = [
        f"{GUESTS[child - CHILDREN].format(upn=upn)},6A,{DAYS[at // 2]:%d/%m/%Y},{('AM', 'PM')[at % 2]},{mark}"
        for (child, at), mark in act.marks.items()
    ]
    _upload(played, "\r\n".join([HEADINGS, *lines, ""]).encode(), act.marks, at)


def _upload(played: Played, content: bytes, marks: Cells, at: dt.datetime) -> None:
    upload = uploads.receive_upload(played.cast.hill, [content], file_name="a.csv", by=played.cast.lead, at=at)
    uploads.read_upload(upload, on=ON)
    uploads.store_upload(uploads.accept_upload(upload, by=played.cast.lead, at=at), on=ON)
    played.done[upload.pk] = numbers(marks)


def _sync(played: Played, act: Synced, at: dt.datetime) -> None:
    """What the system says anew is written; what it deleted goes where its mark still stands."""
    system = played.wonde.hill
    entered = numbers(act.entered)
    for (child, place), number in entered.items():
        system.enter(child, place, number, at)
        system.only_marks.discard(system.students[child].source_id)
    deleted = {cell for cell in act.deleted - act.entered.keys() if system.marks[cell]}
    for child, place in deleted:
        system.delete_mark(child, place, at)
    run = played.wonde.again()
    assert run.state == SyncRun.State.DONE, run.words
    news = {cell: number for cell, number in entered.items() if played.said.get(cell) != number}
    told = {cell: played.said.pop(cell) for cell in deleted}
    played.said |= entered
    held = _replayed(played, news)
    for change in RegisterChange.objects.filter(sync=run):
        gone = {cell: 0 for cell, number in told.items() if held[cell] == number}
        played.done[change.act] = played.done.get(change.act, {}) | (gone if change.why else news)


def _correct(played: Played, act: ByHand, at: dt.datetime) -> None:
    (child, place), number = act.cell, NUMBERS[act.mark] if act.mark else 0
    if _register(played)[act.cell] != number:
        correct_mark(
            played.enrolments[child], day=DAYS[place // 2], half=place % 2, mark=act.mark, reason="So",
            by=played.cast.lead, at=at, on=ON,
        )  # fmt: skip
        played.done[RegisterChange.objects.latest("pk").act] = {act.cell: number}


def _link(played: Played, act: Link, at: dt.datetime) -> None:
    """Nothing that was held changes by it: `snapshot` compares the same enrolments before and after."""
    before = snapshot(played)
    one, other = played.cast.pupils[act.child], played.cast.vale_pupils[0]
    write = {"reason": "So", "by": played.cast.officer, "at": at}
    link = judgement_of(one, other)
    if link:
        take_back(link, **write)
    else:
        judge_records(one, other, verdict="same", evidence="", **write)
    assert same(snapshot(played), before)


DOING: Final[dict[type, Any]] = {
    File: _store, WrongFile: _store_wrong, Synced: _sync, ByHand: _correct, Left: _leave, Undo: _undo, Link: _link
}  # fmt: skip


# --- What stood, and what must have stood -------------------------------------------------------------------


def _register(played: Played) -> Bytes:
    """The half-days that are played with, of each child."""
    held = dict(Register.objects.filter(year=2026).values_list("enrolment", "marks"))
    rows = [bytes(held.get(pk, bytes(WIDTH))) for pk in played.ids.tolist()]
    found: Bytes = np.frombuffer(b"".join(rows), np.uint8).reshape(ALL, WIDTH)[:, COLUMNS]
    return found


NAMES = ("enrolment_id", "as_at", "is_on_roll", "possible", "attended", "authorised", "unauthorised", "missing",
         "band", "persistent", "severe", "at_risk", "ten_week_unauthorised", "headroom")  # fmt: skip


def _standings(cast: Cast) -> list[tuple[Any, ...]]:
    return sorted(Standing.objects.filter(school=cast.hill).values_list(*NAMES))


def _of_children(played: Played, known_on: dt.date | None = None) -> tuple[list[tuple[Any, ...]], list[int]]:
    """The child's page: the figures of each enrolment that has a mark, and those of all added up."""
    years = [one for one in childs_years(played.everywhere, 2026, known_on=known_on) if one.marks.any()]
    own = [(one.enrolment.pk, one.as_at, one.count("possible"), one.count("attended"), one.band) for one in years]
    child = child_view_of(years)
    return own, [child.possible, child.attended, child.missed, child.twice] if child else []


def snapshot(played: Played) -> Snapshot:
    return _register(played), _standings(played.cast), *_of_children(played)


def same(one: Snapshot, other: Snapshot) -> bool:
    return np.array_equal(one[0], other[0]) and one[1:] == other[1:]


def _replayed(played: Played, last: dict[Cell, int] | None = None) -> Bytes:
    """What is left when what stands is done again from nothing; `last`: and after it this."""
    found = np.zeros((ALL, len(COLUMNS)), np.uint8)
    for cells in [*(cells for key, cells in played.done.items() if played.stands(key)), last or {}]:
        for cell, number in cells.items():
            found[cell] = number
    return found


def _as_known(played: Played, day: dt.date) -> Snapshot:
    ids = np.unique(played.ids)  # sorted, as they are asked for
    marks = marks_as_known([played.cast.hill.pk], 2026, ids, day)[np.searchsorted(ids, played.ids)][:, COLUMNS]
    figures = as_held(played.cast.hill.pk, on=ON, known_on=day)
    standings = sorted(
        tuple(getattr(one, name) for name in NAMES) for one in (standings_of(figures) if figures else [])
    )
    return marks, standings, *_of_children(played, day)


EVERY_TRAP = [
    File({(0, 0): "O", (0, 1): "O", (1, 0): "/", (1, 3): "O", (2, 5): "/"}),
    Synced({(0, 0): "O", (0, 1): "I", (2, 5): "I"}, set()),
    Undo(1),  # of the file: the sync said its first O too, which stays
    Synced({(0, 0): "O", (2, 4): "M"}, {(2, 5)}),  # says nothing new of the first half-day
    Undo(1),  # of the undo: the file counts again
    Link(0),
    ByHand((0, 1), "L"),
    Undo(3),  # of the first sync
    Link(0),
    Left(1, DAYS[-1]),
    Undo(0),  # of what was put right by hand: the file's O stands again
    Synced({(0, 1): "I"}, set()),  # what it said before is not written again over what people did since
    Left(1, DAYS[0]),  # before the last of the child's marks
    File({(0, 1): "/", (1, 1): "O"}),
    Left(1, None),
    WrongFile({(3, 0): "/", (4, 1): "I"}),
    Undo(0),  # both leave the roll
    WrongFile({(3, 2): "I"}),  # of one of them alone: she is back
    Undo(1),  # of the undo: the other is back too
    Undo(2),  # of the file of before: hers stands in the later one, the other leaves again
    Undo(2),  # of the later file: nothing tells of either
    WrongFile({(4, 1): "I"}),
]


# The child's page on a day on which the child was said to have left before a mark that was held already.
LEFT_AND_BACK = [
    File({(1, 0): "/", (1, 3): "O"}),
    Left(1, DAYS[-1]),
    Left(1, DAYS[0]),
    File({(0, 1): "/"}),
    Left(1, None),
]

# Children whom the wrong school's system alone tells of, night after night.
SYNCED_TO_THE_WRONG_SCHOOL = [
    Synced({(3, 0): "/", (4, 1): "I"}, set()),
    Synced({(0, 0): "O"}, set()),  # names both again, and says nothing new of them
    Undo(1),  # of the first: both leave the roll
    Synced({(3, 1): "I"}, set()),  # brings back the one of whom there is something new
    WrongFile({(4, 2): "/"}),  # and a file the other
    Synced({}, set()),
    Undo(1),
    Undo(1),
]


@settings(
    max_examples=3, deadline=None, phases=[Phase.explicit, Phase.generate],  # to shrink a scene takes many minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip
@example(told=EVERY_TRAP)
@example(told=LEFT_AND_BACK)
@example(told=SYNCED_TO_THE_WRONG_SCHOOL)
@given(told=acts)
def test_any_sequence_equals_its_replay_and_any_day_past_what_stood_then(wonde: Wonde, told: list[Any]) -> None:
    with in_scope(wonde.cast.eastshire), transaction.atomic():
        played = play(wonde, told)
        for day, stood in played.days.items():
            known = _as_known(played, day)
            for asked, held in zip(known[1:], stood[1:], strict=True):
                assert asked == held, day
            assert np.array_equal(known[0], stood[0]), day
        transaction.set_rollback(True)


# --- Whoever changes the dates of an enrolment keeps those of before ----------------------------------------


def _changes_dates(tree: ast.AST) -> Iterator[ast.Call]:
    """Calls that save admission or leaving dates of rows that are there already."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            named = {word.arg for word in call.keywords}
            told = {one.value for one in ast.walk(call) if isinstance(one, ast.Constant) and isinstance(one.value, str)}
            saved = call.func.attr in ("save", "bulk_update") and {"admission_on", "leaving_on"} & told
            if saved or (call.func.attr == "update" and {"admission_on", "leaving_on"} & named):
                yield call


def test_every_module_that_changes_dates_keeps_those_of_before() -> None:
    forgetful = [
        source.path
        for source in OURS
        if ("admission_on" in source.text or "leaving_on" in source.text)
        and "note_dates(" not in source.text
        and any(_changes_dates(source.tree))
        and source.path != "attendance_portal/front/seeding.py"  # it makes up the past of the demonstration
    ]
    assert not forgetful, f"Call schools.stored.known.note_dates before the new dates are saved: {forgetful}"
