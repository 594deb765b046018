"""Twenty nights of register bytes: every record packs, replays, undoes, and gives the marks as known then."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schools.register import marks as m
from schools.register.changes import (
    Changes,
    UnreadableChanges,
    apply,
    as_known_before,
    difference,
    pack,
    revert,
    unpack,
)

IDS = np.array([7_000_000_001, 12, 5, 990], np.int64)


def same(one: Changes, other: Changes) -> bool:
    return {*cells(one)} == {*cells(other)} and len(one) == len(other)


def cells(changes: Changes) -> list[tuple[int, int, int, int]]:
    parts = (changes.ids, changes.columns, changes.before, changes.after)
    return list(zip(*(part.tolist() for part in parts), strict=True))


def night(rng: np.random.Generator, marks: m.Bytes) -> m.Bytes:
    """A night's uploads: some corrections anywhere and a stretch filled for everyone."""
    found = marks.copy()
    for _ in range(int(rng.integers(0, 12))):
        found[rng.integers(len(found)), rng.integers(m.WIDTH)] = rng.integers(1, 35)
    if rng.random() < 0.5:
        start = int(rng.integers(m.WIDTH - 10))
        found[:, start : start + 10] = rng.integers(1, 4)
    return found


def twenty_nights(seed: int) -> tuple[list[m.Bytes], list[Changes]]:
    rng = np.random.default_rng(seed)
    states, records = [m.empty(len(IDS))], []
    for _ in range(20):
        after = night(rng, states[-1])
        records.append(unpack(pack(difference(IDS, states[-1], after))))
        states.append(after)
    return states, records


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_twenty_nights_replay_forwards_and_backwards(seed: int) -> None:
    states, records = twenty_nights(seed)
    marks = states[0]
    for record, expected in zip(records, states[1:], strict=True):
        marks = apply(marks, IDS, record)
        assert np.array_equal(marks, expected)
    for known_after in range(20):
        then = as_known_before(states[-1], IDS, records[known_after:])
        assert np.array_equal(then, states[known_after])


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32), which=st.integers(0, 19))
def test_an_undo_takes_back_only_what_nothing_later_touched(seed: int, which: int) -> None:
    states, records = twenty_nights(seed)
    later = records[which + 1 :]
    undone = revert(states[-1], IDS, records[which], later)
    touched = {cell[:2] for record in later for cell in cells(record)}
    assert {cell[:2] for cell in cells(undone.kept)} == {
        cell[:2] for cell in cells(records[which]) if cell[:2] in touched
    }
    for enrolment, column, before, after in cells(records[which]):
        row = IDS.tolist().index(enrolment)
        expected = states[-1][row, column] if (enrolment, column) in touched else before
        assert undone.marks[row, column] == expected
        assert (enrolment, column) in touched or states[-1][row, column] == after
    assert same(difference(IDS, states[-1], undone.marks), undone.reverted)
    again = revert(undone.marks, IDS, undone.reverted)
    assert np.array_equal(again.marks, states[-1]) and len(again.kept) == 0


def test_undoing_every_night_from_the_last_leaves_nothing() -> None:
    states, records = twenty_nights(1)
    marks = states[-1]
    for record in reversed(records):
        undone = revert(marks, IDS, record)
        assert len(undone.kept) == 0
        marks = undone.marks
    assert not marks.any()


def test_a_cell_that_came_back_to_the_same_mark_is_still_kept() -> None:
    first, second = m.empty(4), m.empty(4)
    first[0, 100], second[0, 100] = 31, 19
    one, two, three = (
        difference(IDS, m.empty(4), first),
        difference(IDS, first, second),
        difference(IDS, second, first),
    )
    undone = revert(first, IDS, one, [two, three])
    assert len(undone.reverted) == 0 and cells(undone.kept) == cells(one)
    assert undone.marks[0, 100] == 31


def test_a_cell_that_no_longer_holds_what_was_written_is_kept() -> None:
    after, now = m.empty(4), m.empty(4)
    after[1, 5], now[1, 5] = 19, 29
    undone = revert(now, IDS, difference(IDS, m.empty(4), after))
    assert undone.marks[1, 5] == 29 and len(undone.kept) == 1


def test_enrolments_that_are_not_asked_for_are_passed_over() -> None:
    after = m.empty(4)
    after[:, 3] = 1
    record = difference(IDS, m.empty(4), after)
    one = as_known_before(after[2:3], IDS[2:3], [record])
    assert not one.any()
    assert len(revert(after[2:3], IDS[2:3], record).kept) == 3
    assert apply(m.empty(0), IDS[:0], record).shape == (0, m.WIDTH)


def test_the_matrix_given_is_never_changed() -> None:
    before, after = m.empty(4), m.empty(4)
    after[2, 2] = 5
    record = difference(IDS, before, after)
    apply(before, IDS, record)
    revert(after, IDS, record)
    as_known_before(after, IDS, [record])
    assert not before.any() and after[2, 2] == 5


def test_a_record_of_nothing_packs_and_unpacks() -> None:
    nothing = difference(IDS, m.empty(4), m.empty(4))
    assert len(unpack(pack(nothing))) == 0
    assert np.array_equal(apply(m.empty(4), IDS, unpack(pack(nothing))), m.empty(4))


def test_a_record_in_any_order_keeps_its_cells() -> None:
    changes = Changes(
        np.array([9, -3, 9], np.int64),
        np.array([731, 0, 4], np.uint16),
        np.array([0, 255, 1], np.uint8),
        np.array([1, 2, 3], np.uint8),
    )
    assert same(unpack(pack(changes)), changes)


def test_a_year_of_a_secondary_school_packs_to_less_than_a_byte_a_mark() -> None:
    rng = np.random.default_rng(3)
    marks = m.empty(1500)
    marks[:, 60:440] = np.array([1, 2, 19], np.uint8)[rng.choice(3, (1500, 380), p=[0.5, 0.45, 0.05])]
    record = pack(difference(np.arange(1500, dtype=np.int64), m.empty(1500), marks))
    assert len(record) < 570_000


@pytest.mark.parametrize("spoilt", [b"", b"RCHG", b"not a record at all, of any kind", b"RCHG" + bytes(40)])
def test_what_is_not_a_record_is_refused(spoilt: bytes) -> None:
    with pytest.raises(UnreadableChanges):
        unpack(spoilt)


def test_a_record_of_a_later_version_or_cut_short_is_refused() -> None:
    after = m.empty(4)
    after[2, 2] = 5
    record = pack(difference(IDS, m.empty(4), after))
    for spoilt in (record[:4] + b"\x02" + record[5:], record[:-3], record[:8] + b"\x09" + record[9:]):
        with pytest.raises(UnreadableChanges):
            unpack(spoilt)
