"""A secondary school's year as a long CSV file, from reading to stored, against `pandas.read_csv` alone.

What is before and after is timed apart and told beside it: the file's receipt, which ends when the disk itself has
it, and the banding that follows at once.
"""

from __future__ import annotations

import datetime as dt
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from attendance_portal.models import Authority
from attendance_portal.tenancy import authority_scope
from attendance_portal.upn import check_letter
from benchmarks.marks import invented, school_days
from benchmarks.report import asked, at_most, peak_megabytes, run, say, seconds, spread
from schools.banding import band_schools
from schools.models import School, Upload
from schools.models.places import Phase
from schools.register.codes import MARKS
from schools.register.marks import column_of
from schools.sending import uploads

YEAR = 2025
ON = dt.date(2026, 7, 31)
AT = dt.datetime(2026, 7, 31, 17, 0, tzinfo=dt.UTC)
PAIRS = 9
"""How often both are timed, one after the other: a machine that is slower for a while is slower for both."""
HEADINGS = "UPN,Adm No,Surname,Forename,DOB,Year,Reg,Date,Session,Mark"


def year_file(pupils: int, days: list[dt.date]) -> bytes:
    """The register of a school of years 7 to 11, a row a mark."""
    marks = invented(pupils, days, np.random.default_rng(7))
    half_days = [(f"{day:%d/%m/%Y},{half}", column_of(day, at)) for day in days for at, half in enumerate(("AM", "PM"))]
    lines = [HEADINGS]
    for number in range(pupils):
        row, told = marks[number].tolist(), _told(number)
        lines += [f"{told},{half_day},{MARKS[row[column]]}" for half_day, column in half_days]
    return ("\r\n".join(lines) + "\r\n").encode()


def _told(number: int) -> str:
    """The cells before the date: a pupil whose UPN passes the check."""
    year_group = 7 + number % 5
    rest = f"925{4000 + number // 999}{18 - number % 5:02d}{1 + number % 999:03d}"
    born = dt.date(YEAR - 4 - year_group, 9, 1) - dt.timedelta(days=number % 365 + 1)
    names = f"Surname{number % 700},Forename{number % 90}"
    return f"{check_letter(rest)}{rest},{number:05d},{names},{born:%d/%m/%Y},{year_group},{year_group}{number % 8}"


def new_school() -> School:
    """A school with an empty roll, in an authority of its own."""
    number = 100 + Authority.objects.count()
    authority = Authority.objects.create(slug=f"import-{number}", name=f"Import {number}", code=f"{number:03d}")
    with authority_scope(authority):
        school: School = School.objects.create(urn="139999", name="Bench High School", phase=Phase.SECONDARY)
    return school


def receive(school: School, file: Path) -> Upload:
    """What a school does first: sends the file, which is written through to the disk."""
    with authority_scope(school.authority), file.open("rb") as content:
        chunks = iter(lambda: content.read(1 << 16), b"")
        return uploads.receive_upload(school, chunks, file_name=file.name, by=None)


def store(upload: Upload) -> None:
    """The file is read, the school sees what was understood and confirms, and it is stored; each step commits."""
    authority = upload.school.authority
    uploads.read_waiting(authority, upload.pk, on=ON)
    with authority_scope(authority):
        upload.refresh_from_db()
        uploads.accept_upload(upload, by=None, at=AT)
    uploads.store_waiting(authority, upload.pk, on=ON)


class Banding:
    """The banding that storing a file ends with, timed."""

    def __init__(self) -> None:
        self.seconds, self._band = 0.0, band_schools

    def __call__(self, school_ids: Sequence[int], **asked_for: Any) -> int:
        began_at = time.perf_counter()
        written = self._band(school_ids, **asked_for)
        self.seconds = time.perf_counter() - began_at
        return written


@dataclass
class Taken:
    """Seconds of `pandas.read_csv`, of the file's receipt, of our import and of the banding after it, pair by pair."""

    pandas: list[float] = field(default_factory=list)
    receipt: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)
    banding: list[float] = field(default_factory=list)


def measure(file: Path, first: Path | None) -> Taken:
    """Time the pairs; `first` is imported before, unmeasured."""
    taken, banding = Taken(), Banding()
    vars(uploads)["band_schools"] = banding
    for _ in range(PAIRS):
        school = new_school()
        if first is not None:
            store(receive(school, first))
        began_at = time.perf_counter()
        upload = receive(school, file)
        taken.receipt.append(time.perf_counter() - began_at)
        taken.pandas.append(seconds(partial(pd.read_csv, file)))
        whole = seconds(partial(store, upload))
        taken.own.append(whole - banding.seconds)
        taken.banding.append(banding.seconds)
    return taken


def main() -> None:
    """Measure and tell."""
    small = asked(__doc__).small
    days, pupils = school_days(YEAR, 10 if small else 190), 30 if small else 1500
    with tempfile.TemporaryDirectory() as folder:
        file, first = Path(folder) / "register.csv", Path(folder) / "first.csv"
        file.write_bytes(year_file(pupils, days))
        first.write_bytes(year_file(pupils, days[:1]))
        say(f"Import of a year: {file.stat().st_size / 1e6:.0f} MB of long CSV, {pupils} pupils")
        for case, before in (("pupils on roll", first), ("all pupils new", None)):
            taken = measure(file, before)
            say(f"  {case}: pandas.read_csv {spread(taken.pandas)}; read and stored {spread(taken.own)}")
            say(f"  apart: receipt {spread(taken.receipt)}; banding the school afterwards {spread(taken.banding)}")
            ratio = statistics.median(ours / theirs for ours, theirs in zip(taken.own, taken.pandas, strict=True))
            at_most(f"import, read to stored, {case}", ratio, 4, "x pandas.read_csv")
    at_most("peak memory", peak_megabytes(), 600, "MB")


if __name__ == "__main__":
    run(main)
