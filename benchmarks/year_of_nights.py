"""A year's daily life of a county: each night every school's new marks are stored, with corrections, and all is banded.

Two processes store the files, as two workers of Celery would.
The marks go the way of every file (matched, stored, kept as a change, told in the audit trail); the figures that a
stored file works out at once for its school are left to the night, which writes the same ones.
"""

from __future__ import annotations

import datetime as dt
import multiprocessing
import statistics
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.db import connections

from attendance_portal.models import Authority
from attendance_portal.tenancy import authority_scope
from benchmarks import growth
from benchmarks.county import SMALL, YEAR, County, about, make_county
from benchmarks.marks import Bytes
from benchmarks.report import asked, at_most, peak_megabytes, run, say, seconds
from schools.banding import band_authority
from schools.models import Enrolment, School, Upload
from schools.reading import PupilInFile, RegisterFile
from schools.reading.register_file import Marks
from schools.register.codes import NUMBERS
from schools.register.marks import WIDTH, column_of, leaving_column
from schools.sending import uploads
from schools.sending.storing import plan_file
from schools.stored.registers import hold_registers, load_marks

PUPILS: Final = 11_500
"""A twentieth of a county, by default."""
NIGHTS: Final = 190
WORKERS: Final = 2
CORRECTED: Final = 0.01
GROWTH: Final = 6.0
_CORRECTIONS: Final = np.array([NUMBERS[code] for code in ("L", "I", "O", "M", "C")], np.uint8)
_FEW: Final = 10
Columns = npt.NDArray[np.int16]


@dataclass
class Sending:
    """A school that sends a file each night: its pupils, the last column of each, and its marks as they should be."""

    school: School
    pupils: list[PupilInFile]
    enrolments: npt.NDArray[np.int64]
    left: Columns
    marks: Bytes

    def file(self, day: dt.date, past: Columns, rng: np.random.Generator) -> RegisterFile:
        """The day's marks of everyone on roll, and corrections of one in a hundred as many earlier ones."""
        today = np.array([column_of(day, 0), column_of(day, 1)], np.int16)
        here = np.flatnonzero(self.left >= today[1])
        rows, columns = np.repeat(np.arange(len(here)), 2), np.tile(today, len(here))
        if len(past):
            corrected = rng.permutation(len(here))[: round(CORRECTED * len(columns))]
            rows, columns = np.r_[rows, corrected], np.r_[columns, self._corrected(here[corrected], past, rng)]
        none = np.zeros(len(rows), np.int32)
        marks = Marks(
            rows.astype(np.int32), (none + YEAR).astype(np.int16), columns, self.marks[here[rows], columns], none
        )
        pupils = tuple(self.pupils[row] for row in here.tolist())
        return RegisterFile(
            file_name=f"{day}.csv", layout="long", rows=len(rows), pupils=pupils, marks=marks, first_on=day, last_on=day
        )

    def _corrected(self, rows: npt.NDArray[np.intp], past: Columns, rng: np.random.Generator) -> Columns:
        """One earlier mark of each of these pupils becomes another; answers its column."""
        columns = rng.choice(past, len(rows))
        held = self.marks[rows, columns]
        drawn = rng.integers(len(_CORRECTIONS) - 1, size=len(rows))
        drawn += _CORRECTIONS[drawn] == held
        self.marks[rows, columns] = _CORRECTIONS[drawn]
        return columns


def sending_schools(county: County) -> list[Sending]:
    """Every school, with its roll as its own system would tell it."""
    found = []
    with authority_scope(county.authority):
        schools = School.objects.in_bulk(list(county.enrolments))
        for key, ids in county.enrolments.items():
            held = Enrolment.objects.filter(school=key).order_by("pk").select_related("pupil")
            left = [leaving_column(YEAR, one.leaving_on) for one in held]
            pupils = [_told(one) for one in held]
            found.append(Sending(schools[key], pupils, ids, np.array(left, np.int16), county.marks[key]))
    return found


def _told(one: Enrolment) -> PupilInFile:
    pupil = one.pupil
    return PupilInFile(
        pupil.upn, False, one.local_id, pupil.surname, pupil.forename, pupil.date_of_birth, one.year_group, "", None,
        None, 2,
    )  # fmt: skip


def store(authority: Authority, sending: Sending, file: RegisterFile, on: dt.date) -> None:
    """One school's file of the night, confirmed before, is stored: a transaction, as `uploads.store_waiting`."""
    at = dt.datetime.combine(on, dt.time(18), dt.UTC)
    with authority_scope(authority):
        upload = Upload.objects.create(
            school=sending.school, file_name=file.file_name, stored_as="", size=0, sha256="", sent_at=at,
            stage=Upload.Stage.ACCEPTING, settled_at=at, first_on=on, last_on=on, layout="long",
        )  # fmt: skip
        hold_registers([sending.school.pk])
        uploads.store_upload(upload, on=on, plan=plan_file(sending.school, file))


def left_to_the_night(school_ids: Sequence[int], **asked_for: Any) -> int:
    """In place of the banding that a stored file ends with."""
    return 0


class Worker:
    """A process that stores the files of its schools each night, as one of Celery's would."""

    def __init__(self, county: County, number: int) -> None:
        self.told, theirs = multiprocessing.Pipe()
        connections.close_all()  # one that two processes share is read by both
        self.process = multiprocessing.get_context("fork").Process(
            target=_work, args=(county, number, theirs), daemon=True
        )
        self.process.start()

    def ask(self, what: Any) -> None:
        self.told.send(what)

    def answer(self) -> Any:
        """What it says next. Raises EOFError where it ended."""
        return self.told.recv()


def _work(county: County, number: int, asked: Connection) -> None:
    """Make a night's files when told its day, store them when told to; at the end look whether all is there."""
    rng, past = np.random.default_rng(5 + number), list[int]()
    schools = sending_schools(county)[number::WORKERS]
    while day := asked.recv():
        files = [sending.file(day, np.array(past, np.int16), rng) for sending in schools]
        asked.send("ready")
        asked.recv()
        for sending, file in zip(schools, files, strict=True):
            store(county.authority, sending, file, day)
        past += [column_of(day, 0), column_of(day, 1)]
        asked.send("stored")
    asked.send([str(sending.school) for sending in schools if not _is_as_sent(county, sending, past)])


def nights(county: County, number: int) -> Iterator[tuple[float, float]]:
    """The nights, one after the other: seconds of storing, seconds of banding; what is dead is swept in between."""
    workers = [Worker(county, at) for at in range(WORKERS)]
    for at, day in enumerate(county.days[:number]):
        _all(workers, day)
        storing = seconds(partial(_all, workers, "store"))
        growth.sweep()
        banding = seconds(partial(band_authority, county.authority, on=day, as_at=None))
        growth.sweep()
        if at % 10 == 0:
            say(f"    night {at + 1}, {day}: stored in {storing:.2f} s, banded in {banding:.2f} s")
        yield storing, banding
    if other := [school for schools in _all(workers, None) for school in schools]:
        raise RuntimeError(f"The register is not what was sent: {', '.join(other)}.")


def _all(workers: Sequence[Worker], what: Any) -> list[Any]:
    """Ask every worker, and wait for what each says."""
    for worker in workers:
        worker.ask(what)
    return [worker.answer() for worker in workers]


def _is_as_sent(county: County, sending: Sending, past: Sequence[int]) -> bool:
    """Whether the register is what was sent, mark for mark."""
    sent = np.zeros((len(sending.marks), WIDTH), np.uint8)
    sent[:, past] = sending.marks[:, past]
    sent[np.arange(WIDTH) > sending.left[:, None]] = 0
    with authority_scope(county.authority):
        held = load_marks([sending.school.pk], YEAR, sending.enrolments)
    return bool((held == sent).all())


def tell(taken: Sequence[tuple[float, float]]) -> None:
    """The last nights against the first."""
    for what, times in (
        ("storing", [storing for storing, _ in taken]),
        ("banding", [banding for _, banding in taken]),
        ("a night", [storing + banding for storing, banding in taken]),
    ):
        first, last = statistics.median(times[:_FEW]), statistics.median(times[-_FEW:])
        say(
            f"  {what}: median of the first ten {first:.2f} s, of the last ten {last:.2f} s, longest {max(times):.2f} s"
        )
        if what == "a night":
            at_most("the last ten nights", last / first, 1.2, "x the first ten")


def main() -> None:
    """Measure and tell."""
    wanted = asked(__doc__)
    size = SMALL if wanted.small else about(wanted.pupils or PUPILS)
    number = min(wanted.nights or (3 if wanted.small else NIGHTS), NIGHTS)
    began = time.monotonic()
    county = make_county(size, first_days=0, slug="year", code="995")
    vars(uploads)["band_schools"] = left_to_the_night
    say(f"A year of nights: {county.pupils} pupils, {number} nights (made in {time.monotonic() - began:.0f} s)")
    say("  (the banding that a stored file ends with is left to the night, which writes the same figures)")
    before = growth.sizes()
    taken = list(nights(county, number))
    grown = growth.sizes().since(before)
    growth.tell_growth(grown, county.pupils)
    at_most("growth of the database", grown.whole / county.pupils / 1000, GROWTH, "kB a pupil-year")
    tell(taken)
    say(f"  peak memory of the process that bands {peak_megabytes():.0f} MB")


if __name__ == "__main__":
    run(main)
