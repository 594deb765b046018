"""A school's own system for tests: a real server that speaks Wonde's protocol, and a clock that only sleeping moves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from pytest_django import Settings

from attendance_portal.front.demo.wonde_school import WondeSchool, WondeStudent
from attendance_portal.front.demo.wonde_server import TOKEN, WondeServer
from attendance_portal.models import Authority
from attendance_portal.sealing import Secret
from attendance_portal.tenancy import authority_scope
from schools.connectors import Timing
from schools.models import Connection, Enrolment, Pupil, Register, School, SchoolLink, SyncRun
from schools.register.codes import MARKS, NUMBERS
from schools.syncing import syncing, syncs
from tests.cast import ON, Cast
from tests.schools.files import school_days

AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
LONG_AGO = dt.datetime(2026, 9, 1, 5, 0, tzinfo=dt.UTC)
DAYS = [*school_days(dt.date(2026, 9, 7), 10), *school_days(dt.date(2026, 11, 2), 15)]
EVERYTHING = " ".join(["/ \\"] * len(DAYS))
COUNT = 5 * 2 * len(DAYS)
PRESENT = np.tile(np.array([NUMBERS["/"], NUMBERS["\\"]], np.uint8), len(DAYS))


@dataclass
class Clock:
    """A moment that only sleeping, or a test, moves."""

    at: dt.datetime = AT
    slept: list[float] = field(default_factory=list)

    def now(self) -> dt.datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += dt.timedelta(seconds=seconds)

    @property
    def timing(self) -> Timing:
        return Timing(now=self.now, sleep=self.sleep, chance=lambda: 0.5)


def students_of(pupils: list[Pupil], first: int = 1_500_000_001) -> list[WondeStudent]:
    """These children of the cast as their school's system tells of them. Call it in the authority's scope."""
    found = []
    for number, pupil in enumerate(pupils):
        enrolment = pupil.enrolments.get()
        assert pupil.date_of_birth
        found.append(
            WondeStudent(
                f"A{first + number}", pupil.upn or "", enrolment.local_id, pupil.surname, pupil.forename,
                pupil.date_of_birth, enrolment.year_group, enrolment.admission_on, None, LONG_AGO,
            )
        )  # fmt: skip
    return found


def system_of(school: School, pupils: list[Pupil], number: int = 1) -> WondeSchool:
    """A school's system in which everyone is present on every day of `DAYS`."""
    students = students_of(pupils, 1_500_000_001 + 1000 * number)
    marks = np.tile(PRESENT, (len(students), 1))
    return WondeSchool(number, school.name, school.urn, school.laestab, DAYS, students, marks)


@contextmanager
def serving(*schools: WondeSchool) -> Iterator[WondeServer]:
    """The server, up."""
    server = WondeServer(list(schools))
    server.start()
    yield server
    server.stop()


@dataclass
class Wonde:
    """The server with Hill Academy's system, the authority's token entered, and the clock."""

    cast: Cast
    server: WondeServer
    hill: WondeSchool
    clock: Clock = field(default_factory=Clock)

    def set_token(self, token: str = TOKEN) -> None:
        with authority_scope(self.cast.eastshire):
            syncs.set_token("wonde", Secret(token), by=self.cast.admin, at=self.clock.at)

    def work(self) -> int:
        """What a worker does when it is told that something waits."""
        return syncing.work_off(self.cast.eastshire, self.clock.timing)

    def ask(self) -> None:
        """Someone asks for Hill Academy to be brought up to date."""
        with authority_scope(self.cast.eastshire):
            syncs.ask_for_sync(self.link(), by=self.cast.officer, at=self.clock.at)

    def again(self) -> SyncRun:
        """Ask, and have it done."""
        self.ask()
        self.work()
        return self.run()

    def link(self) -> SchoolLink:
        link: SchoolLink = SchoolLink.objects.select_related("school", "connection").get(source_id=self.hill.source_id)
        return link

    def run(self) -> SyncRun:
        """Hill Academy's latest."""
        with authority_scope(self.cast.eastshire):
            run: SyncRun = self.link().runs.latest("pk")
            return run

    def connection(self) -> Connection:
        with authority_scope(self.cast.eastshire):
            connection: Connection = Connection.objects.get()
            return connection

    def asked(self, path: str) -> list[dict[str, str]]:
        """The queries of what was asked of the school, in order."""
        whole = f"schools/{self.hill.source_id}/{path}"
        return [query for asked, query in self.server.asked if asked == whole]


def wonde_for(cast: Cast, server: WondeServer, settings: Settings) -> Wonde:
    """Point the portal at the server and enter the token."""
    settings.WONDE_ADDRESS = server.address
    wonde = Wonde(cast, server, server.schools[0])
    wonde.set_token()
    return wonde


@contextmanager
def wonde_of_hill(cast: Cast, settings: Settings) -> Iterator[Wonde]:
    """Hill Academy's system, up and known."""
    with authority_scope(cast.eastshire):
        hill = system_of(cast.hill, cast.pupils)
    with serving(hill) as server:
        yield wonde_for(cast, server, settings)


def registers_of(authority: Authority, school: School, year: int = 2026) -> dict[str, str]:
    """Every pupil's marks of a year, by surname: those that there are, parted by spaces."""
    with authority_scope(authority):
        rows = Register.objects.filter(school=school, year=year).select_related("enrolment__pupil")
        return {row.enrolment.pupil.surname: in_words(row) for row in rows}


def in_words(row: Register) -> str:
    return " ".join(MARKS[number] for number in bytes(row.marks) if number)


def mark_of(cast: Cast, pupil: Pupil, day: dt.date, half: int) -> str:
    """The mark that is held, or "" where there is none."""
    with authority_scope(cast.eastshire):
        enrolment = Enrolment.objects.get(pupil=pupil, school=cast.hill)
        row = Register.objects.filter(enrolment=enrolment, year=2026).first()
        number = bytes(row.marks)[2 * (day - dt.date(2026, 8, 1)).days + half] if row else 0
        return MARKS.get(number, "")


__all__ = [
    "AT",
    "DAYS",
    "ON",
    "Clock",
    "Wonde",
    "mark_of",
    "registers_of",
    "serving",
    "system_of",
    "wonde_for",
    "wonde_of_hill",
]
