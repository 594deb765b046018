"""England on one machine: 150 authorities banded by Celery with two workers, beside a county banded the same way.

It is the first banding of a year: every standing is written, and every return of the year is drafted.

Everything is made by the server itself: the marks of each pupil are one of a few thousand invented years.
"""

from __future__ import annotations

import datetime as dt
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import numpy as np
from celery import current_app
from django.conf import settings
from django.db import connection, connections, transaction

from attendance_portal import processes
from attendance_portal.models import Authority
from attendance_portal.tenancy import authority_scope
from benchmarks.county import enter_terms
from benchmarks.growth import sizes
from benchmarks.marks import invented, school_days
from benchmarks.report import asked, at_least, at_most, run, say, settle
from schools import tasks
from schools.models import BandingRun, School
from schools.models.places import Phase
from schools.stored import bulk

YEAR: Final = 2025
ON: Final = dt.date(YEAR + 1, 7, 31)
PUPILS: Final = 9_000_000
AUTHORITIES: Final = 150
COUNTY: Final = 4
"""As many authorities of 60,000 have a county's pupils."""
ROLL: Final = 600
INVENTED: Final = 8192
WORKERS: Final = 2
LEFT_FREE: Final = 25e9
A_PUPIL: Final = 4300
"""Bytes on the disk, about."""
_POOL = "CREATE TABLE bench_year (n integer PRIMARY KEY, marks bytea NOT NULL); GRANT ALL ON bench_year TO portal_app"
# One statement a table for a whole authority; `s` numbers its schools, `n` a school's pupils.
_PUPILS = """
    INSERT INTO schools_pupil
        (id, authority_id, upn, surname, forename, date_of_birth, sex, sort_key, is_restricted)
    SELECT gen_random_uuid(), %(authority)s, 'Z' || lpad((s * 10000 + n)::text, 12, '0'), 'Surname' || n %% 5000,
           'Forename' || n %% 900, make_date(%(year)s - 4 - n %% 11, 8, 31) - n %% 365, '',
           'surname' || n %% 5000 || ' forename' || n %% 900, false
    FROM generate_series(0, %(schools)s - 1) s, generate_series(0, %(roll)s - 1) n
"""
_ENROLMENTS = """
    INSERT INTO schools_enrolment
        (authority_id, pupil_id, school_id, local_id, year_group, reg_group, admission_on, leaving_on, destination)
    SELECT p.authority_id, p.id, %(first)s + p.number / 10000, right(p.upn, 6), (p.number %% 10000 %% 11)::text, '',
           NULL, CASE WHEN p.number %% 50 = 7 THEN %(leaving)s::date END, ''
    FROM (SELECT *, right(upn, 12)::bigint AS number FROM schools_pupil WHERE authority_id = %(authority)s) p
    ORDER BY p.number
"""
_REGISTERS = """
    INSERT INTO schools_register (authority_id, enrolment_id, school_id, year, year_group, marks)
    SELECT e.authority_id, e.id, e.school_id, %(year)s, e.year_group, b.marks
    FROM schools_enrolment e JOIN bench_year b ON b.n = e.id %% %(invented)s
    WHERE e.authority_id = %(authority)s
    ORDER BY e.id
"""
_FORGOTTEN = (
    "schools_standing", "schools_bandmove", "schools_registercoverage", "schools_returnstep", "schools_statutoryreturn",
    "schools_bandingrun",
)  # fmt: skip


def invent_years() -> None:
    """The few thousand years of marks, in a table of their own."""
    marks = invented(INVENTED, school_days(YEAR), np.random.default_rng(17))
    with connections["owner"].cursor() as cursor:
        cursor.execute(_POOL)
    numbers = np.arange(INVENTED, dtype=np.int32)
    with transaction.atomic(), connection.cursor() as cursor:
        bulk.fill("invented", {"n": ("integer", numbers), "marks": ("bytea", marks)})
        cursor.execute("INSERT INTO bench_year SELECT n, marks FROM invented")


def make_authority(number: int, schools: int) -> Authority:
    """One authority of so many schools, each of ROLL pupils with a whole year's marks."""
    name = f"Authority {number}"
    authority = Authority.objects.create(slug=f"a{number}", name=name, code=f"{number:03d}", demo_today=ON)
    with authority_scope(authority), connection.cursor() as cursor:
        made = [School(urn=f"{100000 + at}", name=f"School {at}", phase=Phase.ALL_THROUGH) for at in range(schools)]
        first = min(school.pk for school in School.objects.bulk_create(made))
        enter_terms()
        asked_for: dict[str, Any] = {
            "authority": authority.pk, "schools": schools, "roll": ROLL, "first": first, "year": YEAR,
            "leaving": dt.date(YEAR + 1, 2, 13), "invented": INVENTED,
        }  # fmt: skip
        for sql in (_PUPILS, _ENROLMENTS, _REGISTERS):
            cursor.execute("SET LOCAL max_parallel_workers_per_gather = 0")
            cursor.execute(sql, asked_for)
    return authority


def lie_down() -> None:
    """The server has been at what was made, as it has with data that have lain there for long."""
    with connections["owner"].cursor() as cursor:
        for table in ("schools_pupil", "schools_enrolment", "schools_register"):
            cursor.execute(f"VACUUM ANALYZE {table}")


def forget_figures() -> None:
    """As before the first banding."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(_FORGOTTEN)}")


# --- Banding by Celery --------------------------------------------------------------------------------------


@contextmanager
def workers() -> Iterator[subprocess.Popen[bytes]]:
    """Celery as in production, of two processes, ready to work."""
    command = [sys.executable, "-m", "celery", "-A", "attendance_portal", "worker", f"--concurrency={WORKERS}"]
    with processes.log_of(settings.PORTAL_VAR, "worker").open("ab") as log:
        process = subprocess.Popen(
            command, cwd=settings.BASE_DIR, stdout=log, stderr=log, preexec_fn=processes.die_with_parent(signal.SIGTERM)
        )
    try:
        while not current_app.control.ping(timeout=1.0):
            pass
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def peaks(process: subprocess.Popen[bytes]) -> list[float]:
    """The most memory that each of the worker's processes ever held, in megabytes (Linux)."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    found = []
    for child in children:
        told = Path(f"/proc/{child}/status").read_text()
        found.append(int(told.split("VmHWM:")[1].split()[0]) * 1024 / 1e6)
    return found


def banded(authorities: Sequence[Authority]) -> tuple[float, float]:
    """Ask for the night of every authority and wait for it: seconds in all, and the peak memory of a worker."""
    with workers() as process:
        began = time.perf_counter()
        tasks.band_every_authority.delay()
        for authority in authorities:
            wait_for(authority, process)
        return time.perf_counter() - began, max(peaks(process))


def wait_for(authority: Authority, process: subprocess.Popen[bytes]) -> None:
    """Until the authority's banding is finished. Raises RuntimeError where the workers ended before."""
    while True:
        with authority_scope(authority):
            if BandingRun.objects.filter(finished_at__isnull=False).exists():
                return
        if process.poll() is not None:
            raise RuntimeError("The workers ended before the banding was finished.")
        time.sleep(0.2)


# --- Making and telling -------------------------------------------------------------------------------------


def fits(pupils: int) -> int:
    """As many pupils as the disk has room for beside what is left free."""
    room = shutil.disk_usage(settings.PORTAL_VAR).free - LEFT_FREE
    return min(pupils, int(room / A_PUPIL))


def tell(authorities: Sequence[Authority], pupils: int) -> tuple[float, float]:
    """Band them all for the first time, and tell; pupils a second, and the peak memory of a worker."""
    settle()
    taken, peak = banded(authorities)
    size = sizes().whole
    say(f"  {len(authorities)} authorities, {pupils:,} pupils: {taken:.1f} s, {pupils / taken:,.0f} pupils a second")
    say(f"    database {size / 1e9:.2f} GB, {size / pupils:,.0f} bytes a pupil; peak memory of a worker {peak:.0f} MB")
    return pupils / taken, peak


def main() -> None:
    """Measure and tell: a county's pupils, then all, made and banded the same way."""
    wanted = asked(__doc__)
    whole = fits(wanted.pupils or (24_000 if wanted.small else PUPILS))
    number = 8 if wanted.small else max(2 * COUNTY, round(whole * AUTHORITIES / PUPILS))
    schools = max(1, round(whole / number / ROLL))
    invent_years()
    say(f"England: {number} authorities of {schools * ROLL:,} pupils, one register year, two workers of Celery")
    began = time.monotonic()
    authorities = [make_authority(at, schools) for at in range(COUNTY)]
    lie_down()
    county, _ = tell(authorities, COUNTY * schools * ROLL)
    forget_figures()
    authorities += [make_authority(at, schools) for at in range(COUNTY, number)]
    lie_down()
    say(f"  (all made after {time.monotonic() - began:.0f} s)")
    england, peak = tell(authorities, number * schools * ROLL)
    at_least("England's pupils a second over a county's", england / county, 1 / 3, "x")
    at_most("peak memory of a worker", peak, 1000, "MB")
    with connections["owner"].cursor() as cursor:
        cursor.execute("DROP TABLE bench_year")


if __name__ == "__main__":
    run(main)
