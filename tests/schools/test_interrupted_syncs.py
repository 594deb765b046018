"""Syncs killed in the middle, two at once, and pages in any order: the register is the same as if nothing happened."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from attendance_portal.tenancy import authority_scope
from schools.connectors import MarksThere
from schools.models import RegisterChange, SyncRun
from schools.syncing import syncs
from schools.syncing.gathering import Gathered, Settled
from schools.syncing.synced_marks import Said, half_day, pack, unpack
from tests.cast import make_cast
from tests.schools.systems import DAYS, Wonde, registers_of, wonde_of_hill
from tests.servers import BASE

EVERYTHING = " ".join(["/ \\"] * len(DAYS))

# What a worker does when it is told that something waits, on the tests' day: a clock that goes, from a given moment,
# and is the same for all who are given the same zero.
WORKER = """
import datetime, os, random, sys, time
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "attendance_portal.settings"
django.setup()
from attendance_portal.models import Authority
from schools.connectors import Timing
from schools.syncing import syncing
at, began = datetime.datetime.fromisoformat(sys.argv[1]), float(sys.argv[2])
now = lambda: at + datetime.timedelta(seconds=time.monotonic() - began)
syncing.work_off(Authority.objects.get(slug="eastshire"), Timing(now=now, sleep=time.sleep, chance=random.random))
"""


@pytest.fixture
def wonde(own_database: str, settings: Settings) -> Iterator[Wonde]:
    with wonde_of_hill(make_cast(), settings) as wonde:
        yield wonde


def start_worker(wonde: Wonde, environment: dict[str, str], began: float) -> subprocess.Popen[bytes]:
    environment = {**environment, "WONDE_ADDRESS": wonde.server.address}
    command = [sys.executable, "-c", WORKER, wonde.clock.at.isoformat(), repr(began)]
    return subprocess.Popen(command, env=environment, cwd=BASE)


def test_a_sync_killed_in_the_middle_keeps_what_was_stored_and_goes_on_from_there(
    wonde: Wonde, process_environment: dict[str, str]
) -> None:
    reached, killed = threading.Event(), threading.Event()

    def hang_in_november(path: str, query: dict[str, str]) -> None:
        if query.get("attendance_date_after") == "2026-10-31" and not reached.is_set():
            reached.set()
            killed.wait(120)

    wonde.server.before_answer = hang_in_november
    process = start_worker(wonde, process_environment, time.monotonic())
    try:
        assert reached.wait(120)
    finally:
        process.kill()
        process.wait()
        killed.set()
    run = wonde.run()
    assert (run.state, run.stage, len(run.todo)) == (SyncRun.State.UNDER_WAY, "marks", 1)
    half = " ".join(["/ \\"] * 10)
    assert set(registers_of(wonde.cast.eastshire, wonde.cast.hill).values()) == {half}
    assert run.held_until
    wonde.clock.at = run.held_until - syncs.HELD - dt.timedelta(seconds=1)
    assert not syncs.waiting(wonde.cast.eastshire, wonde.clock.at), "a clock that is a little behind takes nothing away"
    wonde.clock.at = run.held_until - dt.timedelta(seconds=1)
    assert not syncs.waiting(wonde.cast.eastshire, wonde.clock.at), "the killed process may still be at it"
    wonde.clock.at = run.held_until
    wonde.server.asked.clear()
    assert syncs.waiting(wonde.cast.eastshire, wonde.clock.at) and wonde.work() == 1
    assert wonde.run().pk == run.pk and wonde.run().state == SyncRun.State.DONE
    assert len(wonde.asked("attendance/session")) == 1, "only what was not stored is asked for again"
    assert set(registers_of(wonde.cast.eastshire, wonde.cast.hill).values()) == {EVERYTHING}


def test_two_workers_at_once_ask_a_school_once(wonde: Wonde, process_environment: dict[str, str]) -> None:
    began = time.monotonic()
    both = [start_worker(wonde, process_environment, began) for _ in range(2)]
    assert [process.wait(120) for process in both] == [0, 0]
    assert wonde.run().state == SyncRun.State.DONE
    assert wonde.server.most_at_once == 1 and len(wonde.asked("attendance-codes")) == 1
    with authority_scope(wonde.cast.eastshire):
        assert RegisterChange.objects.count() == 2


# --- Pages in any order -------------------------------------------------------------------------------------

_DAYS = st.dates(dt.date(2026, 9, 1), dt.date(2026, 9, 7))
_ROWS = st.tuples(
    st.sampled_from(["A1", "A2", "A30", "A31", "X-7", ""]),
    st.sampled_from(["S1", "S2", "S3"]),
    _DAYS,
    st.integers(0, 1),
    st.sampled_from(["/", "\\", "I", "O", "-", "", "?"]),
    st.sampled_from(["", "2026-09-08 10:00:00.000000", "2026-09-09 10:00:00.000000"]),
)


@hypothesis_settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(_ROWS, max_size=30), data=st.data())
def test_pages_in_any_order_with_any_row_repeated_give_the_same_marks(
    rows: list[tuple[str, str, dt.date, int, str, str]], data: st.DataObject
) -> None:
    repeated = rows + data.draw(st.lists(st.sampled_from(rows), max_size=10) if rows else st.just([]))
    mixed = data.draw(st.permutations(repeated))
    size = data.draw(st.integers(1, 7))
    assert _told(_gathered([rows])) == _told(_gathered([mixed[at : at + size] for at in range(0, len(mixed), size)]))


def _gathered(pages: list[list[tuple[str, str, dt.date, int, str, str]]]) -> Settled:
    gathered = Gathered()
    for page in pages:
        gathered.add(MarksThere(list(page)), {})
    return gathered.settled()


def _told(settled: Settled) -> set[tuple[str, int, str, int]]:
    return {
        (settled.students[student], int(half), settled.texts[text], int(key))
        for student, half, text, key in zip(settled.student, settled.half, settled.text, settled.key, strict=True)
    }


@given(
    st.lists(
        st.tuples(st.integers(1, 2**64 - 1), st.integers(1, 2**40), st.integers(0, 13), st.integers(1, 60)),
        unique_by=(lambda one: one[0], lambda one: one[1:3]),
        max_size=40,
    )
)
def test_what_is_remembered_of_a_week_is_read_back_as_it_was(marks: list[tuple[int, int, int, int]]) -> None:
    monday = dt.date(2026, 9, 7)
    keys, enrolments, places, codes = ([one[n] for one in marks] for n in range(4))
    said = Said(
        np.array(keys, np.uint64),
        np.array(enrolments, np.int64),
        np.array(places, np.int64) + half_day(monday, 0),
        np.array(codes, np.uint8),
    )
    read = unpack(pack(said, monday), monday)
    assert _as_set(read) == _as_set(said)
    assert read.said_already(said).all() and len(Said.none().with_later(said)) == len(said)


def _as_set(said: Said) -> set[tuple[int, ...]]:
    columns = (said.keys, said.enrolments, said.half_days, said.codes)
    return set(zip(*(column.tolist() for column in columns), strict=True))
