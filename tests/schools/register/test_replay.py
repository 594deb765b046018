"""Any files, corrections and undos: the register holds what replaying the files that remain would leave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.register import marks as m
from schools.register.changes import as_known_before, difference, pack, repeated, unpack, unpack_repeated
from schools.register.replay import Step, enrolments_of, standing, take_back

IDS = np.array([3, 17, 900, 7_000_000_001], np.int64)
COLUMNS = (0, 1, 2, 50, 731)
Cell = tuple[int, int]
File = dict[Cell, int]

cells = st.tuples(st.integers(0, len(IDS) - 1), st.sampled_from(COLUMNS))
files = st.dictionaries(cells, st.integers(1, 3), max_size=8)
acts = st.lists(st.one_of(files, st.integers(0, 30)), min_size=1, max_size=14)


@dataclass
class School:
    """A register with its records, and what was done to it in plain words: a file, or the place of what was undone."""

    marks: m.Bytes
    steps: list[Step]
    done: list[File | int]
    states: list[m.Bytes]


def empty_school() -> School:
    return School(m.empty(len(IDS)), [], [], [])


def packed(step: Step) -> Step:
    """As it comes back from where it is stored."""
    record = pack(step.changes, step.repeated)
    return Step(unpack(record), unpack_repeated(record), step.undoes)


def store(school: School, file: File) -> None:
    after, written = school.marks.copy(), np.zeros(school.marks.shape, np.bool_)
    for cell, mark in file.items():
        after[cell], written[cell] = mark, True
    step = Step(difference(IDS, school.marks, after), repeated(IDS, written, school.marks, after))
    _done(school, after, step, file)


def undo(school: School, which: int) -> None:
    ids = enrolments_of(school.steps, which)
    rows = np.searchsorted(IDS, ids)
    found = take_back(school.marks[rows], ids, school.steps, which)
    after = school.marks.copy()
    for enrolment, column, mark in zip(found.changes.ids, found.changes.columns, found.changes.after, strict=True):
        after[IDS.tolist().index(enrolment), column] = mark
    _done(school, after, Step(found.changes, undoes=which), which)


def _done(school: School, after: m.Bytes, step: Step, what: File | int) -> None:
    school.states.append(school.marks)
    school.marks = after
    school.steps.append(packed(step))
    school.done.append(what)


def replayed_by_hand(school: School) -> m.Bytes:
    """The files that remain, written one after the other; no records, no engine."""
    taken: set[int] = set()
    for place in reversed(range(len(school.done))):
        what = school.done[place]
        if isinstance(what, int) and place not in taken:
            taken.add(what)
    found = m.empty(len(IDS))
    for place, what in enumerate(school.done):
        if isinstance(what, dict) and place not in taken:
            for cell, mark in what.items():
                found[cell] = mark
    return found


def school_after(told: list[File | int]) -> School:
    school = empty_school()
    for act in told:
        if isinstance(act, dict):
            store(school, act)
            continue
        stands = [place for place, is_so in enumerate(standing([s.undoes for s in school.steps])) if is_so]
        if stands:
            undo(school, stands[act % len(stands)])
    return school


@settings(max_examples=300, deadline=None)
@given(told=acts)
def test_any_sequence_leaves_what_replaying_the_files_that_remain_leaves(told: list[File | int]) -> None:
    school = school_after(told)
    assert np.array_equal(school.marks, replayed_by_hand(school))


@settings(max_examples=150, deadline=None)
@given(told=acts)
def test_the_register_of_any_earlier_moment_comes_back(told: list[File | int]) -> None:
    school = school_after(told)
    records = [step.changes for step in school.steps]
    for place, state in enumerate(school.states):
        assert np.array_equal(as_known_before(school.marks, IDS, records[place:]), state)


@settings(max_examples=100, deadline=None)
@given(told=acts)
def test_an_undo_and_its_undo_leave_everything_as_it_was(told: list[File | int]) -> None:
    school = school_after(told)
    stands = standing([step.undoes for step in school.steps])
    for which in [place for place, is_so in enumerate(stands) if is_so]:
        before = school.marks
        undo(school, which)
        undo(school, len(school.steps) - 1)
        assert np.array_equal(school.marks, before)


def test_a_mark_that_a_later_file_repeated_stays_and_names_that_file() -> None:
    school = empty_school()
    store(school, {(0, 0): 1, (0, 1): 1, (1, 0): 2})
    store(school, {(0, 0): 1, (0, 1): 2})
    found = take_back(school.marks[:2], IDS[:2], school.steps, 0)
    assert found.changes.ids.tolist() == [17] and found.changes.after.tolist() == [0]
    assert found.kept.columns.tolist() == [0, 1] and found.keeper.tolist() == [1, 1]


def test_what_was_undone_does_not_come_back_when_what_replaced_it_is_undone() -> None:
    school = empty_school()
    store(school, {(0, 0): 1})
    store(school, {(0, 0): 2})
    undo(school, 0)
    assert school.marks[0, 0] == 2
    undo(school, 1)
    assert school.marks[0, 0] == 0


def test_marks_from_before_the_records_and_later_ones_of_no_record_stay() -> None:
    school = empty_school()
    school.marks[2, 50] = 9
    store(school, {(2, 50): 1, (2, 2): 1})
    school.marks[2, 2] = 7  # written by something that kept no record
    found = take_back(school.marks[2:3], IDS[2:3], school.steps, 0)
    assert (found.changes.columns.tolist(), found.changes.after.tolist()) == ([50], [9])
    assert found.kept.columns.tolist() == [2]


def test_a_record_of_nothing_can_be_taken_back() -> None:
    school = empty_school()
    store(school, {})
    found = take_back(m.empty(0), enrolments_of(school.steps, 0), school.steps, 0)
    assert len(found.changes) == len(found.kept) == len(found.keeper) == 0


@pytest.mark.parametrize(
    ("undoes", "expected"),
    [
        ([None, None, 0], [False, True, True]),
        ([None, 0, 1], [True, False, True]),
        ([None, 0, 1, 0], [False, False, True, True]),
        ([None, 0, 1, 2], [False, True, False, True]),
    ],
)
def test_what_stands_after_undos_of_undos(undoes: list[int | None], expected: list[bool]) -> None:
    assert standing(undoes) == expected
