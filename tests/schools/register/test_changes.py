"""Twenty nights of register bytes: every record packs, replays, undoes, and gives the marks as known then."""

from __future__ import annotations

import struct
import zlib

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
    repeated,
    unpack,
    unpack_repeated,
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


def test_enrolments_that_are_not_asked_for_are_passed_over() -> None:
    after = m.empty(4)
    after[:, 3] = 1
    record = difference(IDS, m.empty(4), after)
    one = as_known_before(after[2:3], IDS[2:3], [record])
    assert not one.any()
    assert apply(m.empty(0), IDS[:0], record).shape == (0, m.WIDTH)


def test_the_matrix_given_is_never_changed() -> None:
    before, after = m.empty(4), m.empty(4)
    after[2, 2] = 5
    record = difference(IDS, before, after)
    apply(before, IDS, record)
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
    for spoilt in (record[:4] + b"\x03" + record[5:], record[:-3], record[:8] + b"\x09" + record[9:], record[:20]):
        with pytest.raises(UnreadableChanges):
            unpack(spoilt)


def packed_by_version_one(changes: Changes) -> bytes:
    """As records were packed before what a file repeated was kept."""
    known, place = np.unique(changes.ids, return_inverse=True)
    order = np.lexsort((place, changes.columns))
    steps = np.diff(place[order], prepend=0).astype("<i4")
    column_steps = np.diff(changes.columns[order].astype(np.int32), prepend=0).astype("<u2")
    parts = (known.astype("<i8"), steps, column_steps, changes.before[order], changes.after[order])
    body = zlib.compress(b"".join(part.tobytes() for part in parts), level=1)
    return struct.pack("<4sHxxII", b"RCHG", 1, len(known), len(changes)) + body


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_records_of_version_one_are_still_read(seed: int) -> None:
    _, records = twenty_nights(seed)
    for record in records:
        assert same(unpack(packed_by_version_one(record)), record)
        assert not unpack_repeated(packed_by_version_one(record))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_what_a_file_repeated_is_kept_beside_what_it_changed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    before = rng.integers(0, 4, (4, m.WIDTH)).astype(np.uint8)
    written = rng.random((4, m.WIDTH)) < rng.choice([0.0, 0.01, 0.5, 1.0])
    after = np.where(written, rng.integers(1, 4, before.shape), before).astype(np.uint8)
    record = pack(difference(IDS, before, after), repeated(IDS, written, before, after))
    assert same(unpack(record), difference(IDS, before, after))
    said = unpack_repeated(record)
    found = {(int(said.ids[row]), int(said.columns[at])) for row, at in zip(*np.nonzero(said.said), strict=True)}
    rows, columns = np.nonzero(written & (before == after))
    assert found == {(int(IDS[row]), int(column)) for row, column in zip(rows, columns, strict=True)}


def test_a_record_whose_repeated_part_is_cut_short_is_refused() -> None:
    full = np.full((4, m.WIDTH), 3, np.uint8)
    record = pack(difference(IDS, full, full), repeated(IDS, full > 0, full, full))
    assert len(unpack(record)) == 0
    with pytest.raises(UnreadableChanges):
        unpack_repeated(record[:-4])
