"""A secondary school's year as a long CSV file: from bytes to stored and banded, against `pandas.read_csv` alone."""

from __future__ import annotations

import datetime as dt
import statistics
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from attendance_portal.models import Authority
from attendance_portal.tenancy import authority_scope
from attendance_portal.upn import check_letter
from benchmarks.marks import invented, school_days
from benchmarks.report import RUNS, asked, at_most, peak_megabytes, say, seconds, spread
from schools import uploads
from schools.models import Register, School
from schools.models.places import Phase
from schools.register.codes import MARKS
from schools.register.marks import column_of

YEAR = 2025
ON = dt.date(2026, 7, 31)
AT = dt.datetime(2026, 7, 31, 17, 0, tzinfo=dt.UTC)
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


def new_school(number: int) -> School:
    """A school with an empty roll, in an authority of its own."""
    authority = Authority.objects.create(slug=f"import-{number}", name=f"Import {number}", code=f"{number:03d}")
    with authority_scope(authority):
        school: School = School.objects.create(urn="139999", name="Bench High School", phase=Phase.SECONDARY)
    return school


def store(school: School, file: Path) -> None:
    """What a school does: sends the file, sees what was understood, and confirms; each step commits."""
    with authority_scope(school.authority), file.open("rb") as content:
        chunks = iter(lambda: content.read(1 << 16), b"")
        upload = uploads.receive_upload(school, chunks, file_name=file.name, by=None)
    uploads.read_waiting(school.authority, upload.pk, on=ON)
    with authority_scope(school.authority):
        upload.refresh_from_db()
        uploads.accept_upload(upload, by=None, at=AT)
    uploads.store_waiting(school.authority, upload.pk, on=ON)


def main() -> None:
    """Measure and tell."""
    small = asked(__doc__).small
    days = school_days(YEAR, 10 if small else 190)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "register.csv"
        file.write_bytes(year_file(30 if small else 1500, days))
        say(f"Import of a year: {file.stat().st_size / 1e6:.0f} MB of long CSV")
        own, pandas_s = [], []
        for run in range(RUNS):
            school = new_school(run)
            pandas_s.append(seconds(lambda: pd.read_csv(file)))
            own.append(seconds(lambda school=school: store(school, file)))
            with authority_scope(school.authority):
                rows = Register.objects.count()
    say(f"  pandas.read_csv {spread(pandas_s)}; received, read, stored and banded, {rows} new pupils: {spread(own)}")
    at_most("import, read to stored", statistics.median(own) / statistics.median(pandas_s), 4, "x pandas.read_csv")
    at_most("peak memory", peak_megabytes(), 600, "MB")


if __name__ == "__main__":
    main()
