"""A night's sync of every school from a local server: how much of the time is the server's answers, and how much ours.

The server runs in a process of its own, so that its memory and its computing are not counted as ours. Schools are
small: what a school costs whatever its size weighs most then, while each further page is another answer waited for.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from typing import Any

import numpy as np
from django.conf import settings

from attendance_portal.front.demo.wonde_school import WondeSchool, WondeStudent
from attendance_portal.front.demo.wonde_server import TOKEN, WondeServer
from attendance_portal.models import Authority
from attendance_portal.sealing import Secret
from attendance_portal.tenancy import authority_scope
from benchmarks.marks import invented, school_days
from benchmarks.report import asked, at_most, peak_megabytes, run, say
from schools.connectors import Timing, Wonde
from schools.models import Connection, School, SyncRun
from schools.models.places import Phase
from schools.syncing import syncing, syncs

YEAR = 2025
READ_ON = dt.datetime(2025, 11, 20, 20, 0, tzinfo=dt.UTC)
NIGHTS = dt.timedelta(days=5)
"""So long after the first reading the schools enter marks; each night brings those of its day."""
SCHOOLS, ROLL = 300, 20
OVER_A_NETWORK = 0.1
"""Seconds that a service elsewhere takes for a page at the least; the local server takes a hundredth or less."""
PACE = 0.02
"""Seconds before each answer of the last night: at a service's own pace it alone would take six minutes. Five times as
fast as a service, it is the harder test of whose work the time goes into."""
FLAT = 30
"""Megabytes by which memory may grow from the tenth school to the last."""


def systems(schools: int, roll: int, pipe: Pipe) -> None:
    """The process of the server: tells its address, then serves, waiting before each answer as long as it is told."""
    days = [day for day in school_days(YEAR) if day <= READ_ON.date() + NIGHTS]
    server = WondeServer([_system(number, roll, days) for number in range(1, schools + 1)])
    server.start()
    pipe.send(server.address)
    while (said := pipe.recv()) != "stop":
        server.faults.slow = said


def _system(number: int, roll: int, days: list[dt.date]) -> WondeSchool:
    rng = np.random.default_rng(number)
    columns = np.ravel([[2 * (day - dt.date(YEAR, 8, 1)).days + half for half in (0, 1)] for day in days])
    marks = invented(roll, days, rng)[:, columns]
    students = [_student(number, place) for place in range(roll)]
    return WondeSchool(number, f"School {number}", f"{300000 + number}", f"{997}{number:04d}", days, students, marks)


def _student(number: int, place: int) -> WondeStudent:
    long_ago = dt.datetime(YEAR, 9, 1, tzinfo=dt.UTC)
    born = dt.date(2014, 1, 1) + dt.timedelta(days=place % 365)
    source_id = f"A{1_500_000_000 + 10_000 * number + place}"
    return WondeStudent(source_id, "", f"{number:03d}{place:05d}", f"Surname{place}", f"Forename{place % 90}", born,
                        str(place % 7), None, None, long_ago)  # fmt: skip


class Measured:
    """The connectors made during a stretch, for the requests they sent and the time they waited."""

    def __init__(self, connect: Callable[..., Any]) -> None:
        self._connect, self.requests, self.waited = connect, 0, 0.0
        self.open: list[Wonde] = []

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        connector = self._connect(*args, **kwargs)
        self.open.append(connector)
        return connector

    def add_up(self) -> None:
        """Take the figures of those made so far, and let them go."""
        self.requests += sum(one.requests for one in self.open)
        self.waited += sum(one.seconds for one in self.open)
        self.open.clear()


class Moving:
    """The clock of the syncs: READ_ON, moved on by the time that truly passed."""

    def __init__(self) -> None:
        self.began, self.ahead = time.perf_counter(), dt.timedelta()

    def now(self) -> dt.datetime:
        return READ_ON + self.ahead + dt.timedelta(seconds=time.perf_counter() - self.began)


@dataclass(frozen=True)
class Stretch:
    """One sync of every school: seconds of waiting for answers and of our own work, and memory gained after the tenth
    school, in megabytes."""

    schools: int
    requests: int
    waited: float
    own: float
    gained: float


def stretch(authority: Authority, timing: Timing, measured: Measured, what: str) -> Stretch:
    """Sync every school, and tell."""
    with authority_scope(authority):
        connection = Connection.objects.get()
        syncs.ask_for_all(connection, by=None, at=timing.now())
    began, done, early = time.perf_counter(), 0, peak_megabytes()
    syncs.look_for_schools(authority, timing)
    while syncing.run_next(authority, timing):
        measured.add_up()
        done += 1
        early = peak_megabytes() if done <= 10 else early
    whole, waited, requests = time.perf_counter() - began, measured.waited, measured.requests
    measured.requests, measured.waited = 0, 0.0
    with authority_scope(authority):
        in_trouble = SyncRun.objects.exclude(trouble="").count()
        unfinished = SyncRun.objects.unfinished().count()
    if in_trouble or unfinished:
        raise RuntimeError(f"{what}: {in_trouble} syncs in trouble, {unfinished} unfinished.")
    found = Stretch(done, requests, waited, whole - waited, peak_megabytes() - early)
    share, of_a_school = f"{100 * found.own / whole:.0f}%", f"{1000 * found.own / done:.0f} ms"
    say(f"  {what}: {done} schools in {whole:.1f} s, {requests} answers; waiting for them {waited:.1f} s,")
    say(f"    our own work {found.own:.1f} s ({share} of the time, {of_a_school} a school)")
    at_most(f"memory gained from the tenth school to the last, {what}", found.gained, FLAT, "MB")
    return found


def begin(schools: int, roll: int) -> tuple[Pipe, Authority]:
    """The server up in its process, and an authority that has its token."""
    ours, theirs = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=systems, args=(schools, roll, theirs), daemon=True)
    process.start()
    settings.WONDE_ADDRESS = ours.recv()
    authority = Authority.objects.create(slug="synced", name="Synced", code="996")
    with authority_scope(authority):
        for number in range(1, schools + 1):
            School.objects.create(urn=f"{300000 + number}", name=f"School {number}", phase=Phase.PRIMARY)
        syncs.set_token("wonde", Secret(TOKEN), by=None, at=READ_ON)
    return ours, authority


def main() -> None:
    """Measure and tell: the first reading of the year so far, the night after, and another at a service's pace."""
    wanted = asked(__doc__)
    schools, roll = (2, 20) if wanted.small else (SCHOOLS, max(1, (wanted.pupils or SCHOOLS * ROLL) // SCHOOLS))
    server, authority = begin(schools, roll)
    moving, measured = Moving(), Measured(syncs.connect)
    vars(syncs)["connect"] = measured
    timing = Timing(now=moving.now, sleep=time.sleep, chance=random.random)
    say(f"Sync of {schools} schools of {roll} pupils from a local server, one after the other")
    stretch(authority, timing, measured, "first reading")
    moving.ahead = dt.timedelta(days=1)
    stretch(authority, timing, measured, "the night after")
    server.send(PACE)
    moving.ahead = dt.timedelta(days=4)
    paced = stretch(authority, timing, measured, f"a night later, {PACE} s before each answer")
    at_most("our own work", paced.own / paced.waited, 1, f"x the wait for answers, {PACE} s before each")
    service = paced.own / (paced.requests * OVER_A_NETWORK)
    say(f"  Of a service that takes {OVER_A_NETWORK} s for each answer over a network: {service:.2f} x the wait")
    at_most("peak memory", peak_megabytes(), 400, "MB")
    server.send("stop")


if __name__ == "__main__":
    run(main)
