"""Any files, corrections, undos and moved dates: the register and every figure as known on any day past.

The same property is held without a database in `tests/schools/register/test_replay.py`.
"""

from __future__ import annotations

import ast
import datetime as dt
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schools.banding import standings_of
from schools.changes.acts import acts_of
from schools.changes.corrections import correct_leaving, correct_mark
from schools.changes.undoing import undo_change
from schools.models import Enrolment, Pupil, Register, RegisterChange, Standing
from schools.register.codes import NUMBERS
from schools.register.marks import WIDTH, Bytes, column_of
from schools.sending import uploads
from schools.standing.figures import as_held
from schools.stored.registers import marks_as_known
from tests.cast import ON, Cast, in_scope
from tests.schools.files import long_file
from tests.schools.stored import AUTUMN
from tests.sources import OURS

pytestmark = pytest.mark.django_db

FIRST = dt.date(2026, 10, 5)
CHILDREN, DAYS = 3, AUTUMN[:3]
Marked = dict[tuple[int, int], str]

marked = st.dictionaries(
    st.tuples(st.integers(0, CHILDREN - 1), st.integers(0, len(DAYS) - 1)), st.sampled_from(["/\\", "II", "OO"]),
    min_size=1, max_size=5,
)  # fmt: skip
corrected = st.tuples(st.integers(0, CHILDREN - 1), st.integers(0, len(DAYS) - 1), st.sampled_from(["", "L", "M", "U"]))
left = st.tuples(st.integers(0, CHILDREN - 1), st.sampled_from([None, DAYS[-1], DAYS[-1] + dt.timedelta(days=9)]))
acts = st.lists(st.one_of(marked, corrected, left, st.integers(0, 30), marked), min_size=3, max_size=6)


@dataclass
class Played:
    """What was done to Hill Academy, a day at a time, with what stood at the end of each day."""

    cast: Cast
    enrolments: list[Enrolment]
    done: dict[uuid.UUID, dict[tuple[int, int], int]] = field(default_factory=dict)
    undone: dict[uuid.UUID, uuid.UUID] = field(default_factory=dict)
    days: list[tuple[dt.date, Bytes, list[tuple[Any, ...]]]] = field(default_factory=list)

    @property
    def ids(self) -> np.ndarray:
        return np.array([one.pk for one in self.enrolments], np.int64)

    def stands(self, key: uuid.UUID) -> bool:
        return not any(taken == key and self.stands(undo) for undo, taken in self.undone.items())


def play(cast: Cast, told: list[Any]) -> Played:
    # The cast was enrolled by the clock of today; what is played came later than the enrolments were known.
    Enrolment.objects.filter(school=cast.hill).update(known_at=dt.datetime.combine(FIRST, dt.time(0), dt.UTC))
    enrolments = [Enrolment.objects.get(pupil=pupil) for pupil in cast.pupils[:CHILDREN]]
    played = Played(cast, enrolments)
    for n, act in enumerate(told):
        at = dt.datetime.combine(FIRST + dt.timedelta(days=n), dt.time(22, 30), dt.UTC)
        _do(played, act, at)
        played.days.append((at.date(), _register(played), _standings(cast)))
    return played


def _do(played: Played, act: Any, at: dt.datetime) -> None:
    write = {"by": played.cast.lead, "at": at, "on": ON}
    if isinstance(act, dict):
        _store(played, act, at)
    elif isinstance(act, int):
        known = [one.key for one in acts_of(played.cast.hill) if one.stands]
        if known:
            undo_change(played.cast.hill, known[act % len(known)], reason="No", **write)
            played.undone[RegisterChange.objects.latest("pk").act] = known[act % len(known)]
    elif len(act) == 2:
        enrolment = Enrolment.objects.get(pk=played.enrolments[act[0]].pk)
        if enrolment.leaving_on != act[1]:
            correct_leaving(enrolment, leaving_on=act[1], destination="", reason="So", **write)
    else:
        _correct(played, *act, at)


def _store(played: Played, act: Marked, at: dt.datetime) -> None:
    marks: dict[Pupil, dict[dt.date, str]] = {}
    for (child, day), pair in act.items():
        marks.setdefault(played.cast.pupils[child], {})[DAYS[day]] = pair
    upload = uploads.receive_upload(played.cast.hill, [long_file(marks)], file_name="a.csv", by=played.cast.lead, at=at)
    uploads.read_upload(upload, on=ON)
    uploads.store_upload(uploads.accept_upload(upload, by=played.cast.lead, at=at), on=ON)
    played.done[upload.pk] = {
        (child, column_of(DAYS[day], half)): NUMBERS[mark]
        for (child, day), pair in act.items()
        for half, mark in enumerate(pair)
    }


def _correct(played: Played, child: int, day: int, mark: str, at: dt.datetime) -> None:
    column = column_of(DAYS[day], 0)
    number = NUMBERS[mark] if mark else 0
    if _register(played)[child, column] != number:
        correct_mark(
            played.enrolments[child], day=DAYS[day], half=0, mark=mark, reason="So", by=played.cast.lead, at=at, on=ON
        )
        played.done[RegisterChange.objects.latest("pk").act] = {(child, column): number}


def _register(played: Played) -> Bytes:
    held = dict(Register.objects.filter(year=2026).values_list("enrolment", "marks"))
    rows = [bytes(held.get(one.pk, bytes(WIDTH))) for one in played.enrolments]
    return np.frombuffer(b"".join(rows), np.uint8).reshape(CHILDREN, WIDTH)


NAMES = ("enrolment_id", "as_at", "is_on_roll", "possible", "attended", "authorised", "unauthorised", "missing",
         "band", "persistent", "severe", "at_risk", "ten_week_unauthorised", "headroom")  # fmt: skip


def _standings(cast: Cast) -> list[tuple[Any, ...]]:
    return sorted(Standing.objects.filter(school=cast.hill).values_list(*NAMES))


def _replayed(played: Played) -> Bytes:
    found = np.zeros((CHILDREN, WIDTH), np.uint8)
    for key, cells in played.done.items():
        if played.stands(key):
            for cell, number in cells.items():
                found[cell] = number
    return found


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(told=acts)
def test_any_sequence_equals_its_replay_and_any_day_past_what_stood_then(cast: Cast, told: list[Any]) -> None:
    with in_scope(cast.eastshire), transaction.atomic():
        played = play(cast, told)
        assert np.array_equal(_register(played), _replayed(played))
        for day, register, standings in played.days:
            known = marks_as_known([cast.hill.pk], 2026, played.ids, day)
            assert np.array_equal(known, register), day
            figures = as_held(cast.hill.pk, on=ON, known_on=day)
            then = standings_of(figures) if figures else []
            if register.any():  # a register emptied again keeps the standings it had
                marks = [row for row in standings if row[0] in set(played.ids.tolist())]
                told_then = sorted(tuple(getattr(one, name) for name in NAMES) for one in then)
                assert [row for row in told_then if row[0] in set(played.ids.tolist())] == marks, day
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
        if "migrations" not in source.path
        and any(_changes_dates(source.tree))
        and "note_dates(" not in source.text
        and source.path != "attendance_portal/front/seeding.py"  # it makes up the past of the demonstration
    ]
    assert not forgetful, f"Call schools.stored.known.note_dates before the new dates are saved: {forgetful}"
