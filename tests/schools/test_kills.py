"""A process killed while it stores a file or bands: the data are as before or as after, and the run ends."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from attendance_portal.tenancy import authority_scope
from schools import banding
from schools.models import BandingRun, Enrolment, Register, RegisterChange, Standing, Upload
from schools.sending import uploads
from tests.cast import ON, Cast, make_cast
from tests.schools.files import all_present, long_file, school_days
from tests.servers import BASE, TestServer

AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
DAYS = school_days(dt.date(2026, 9, 7), 20)
WAIT = 180

# What a worker does when beat or a page asks it to.
TAKE_UP = """
import datetime, os
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "attendance_portal.settings"
django.setup()
from attendance_portal.models import Authority
from schools{package} import {module}
at = datetime.datetime(2026, 11, 20, 9, 30, tzinfo=datetime.UTC)
{module}.take_up_unfinished(Authority.objects.get(slug="eastshire"), at)
"""


def take_up(module: str) -> str:
    """The code of it for uploads or for banding."""
    return TAKE_UP.format(module=module, package=".sending" if module == "uploads" else "")


@contextmanager
def held_up(server: TestServer, database: str, statement: str, values: dict[str, object]) -> Iterator[None]:
    """Another transaction wrote the same row first, so that whoever writes it waits in the middle of its work."""
    with server.admin(database) as connection, connection.transaction(force_rollback=True):
        connection.execute(statement, values)
        yield


def kill_in_the_middle(server: TestServer, database: str, environment: dict[str, str], module: str) -> None:
    """Start a worker's work, wait until the database says that it waits for the held row, and kill -9 it."""
    process = subprocess.Popen([sys.executable, "-c", take_up(module)], env=environment, cwd=BASE)
    try:
        wait_until(lambda: is_waiting(server, database) or process.poll() is not None)
        assert process.poll() is None, "The work ended before it could be killed."
    finally:
        process.kill()
        process.wait()


def is_waiting(server: TestServer, database: str) -> bool:
    with server.admin() as connection:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"
        row: tuple[object, ...] | None = connection.execute(asked, [database]).fetchone()
        return bool(row and row[0])


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT
    while not is_so():
        assert time.monotonic() < until, "It did not come about in time."
        time.sleep(0.05)


@pytest.fixture
def kept(own_database: str) -> Cast:
    """The cast, with a confirmed file of Hill Academy waiting to be stored."""
    cast = make_cast()
    with authority_scope(cast.eastshire):
        content = long_file(all_present(cast.pupils, DAYS)).decode()
        fresh = (
            content.splitlines()[1].replace(cast.pupil.upn or "", "").replace("0001", "0500").replace("Abbott", "New")
        )
        upload = uploads.receive_upload(
            cast.hill, [f"{content}{fresh}\r\n".encode()], file_name="register.csv", by=cast.lead
        )
        uploads.read_upload(upload, on=ON)
        uploads.accept_upload(upload, by=cast.lead, at=AT)
    return cast


FIRST_REGISTER = """
    INSERT INTO schools_register (authority_id, enrolment_id, school_id, year, year_group, marks)
    VALUES (%(authority)s, %(enrolment)s, %(school)s, 2026, '', '')
"""
_FIRST_STANDING = """
    INSERT INTO schools_standing (authority_id, enrolment_id, pupil_id, school_id, year, as_at, year_group,
        is_on_roll, is_in_official_figures, possible, attended, authorised, unauthorised, missing, late, illness,
        persistent, severe, at_risk, six_week_possible, six_week_missed, ten_week_unauthorised)
    VALUES (%(authority)s, %(enrolment)s, %(pupil)s, %(school)s, 2026, '2026-10-02', '', true, true, 0, 0, 0, 0, 0, 0,
        0, false, false, false, 0, 0, 0)
"""


def row_of(cast: Cast) -> dict[str, object]:
    with authority_scope(cast.eastshire):
        enrolment = Enrolment.objects.filter(school=cast.hill).latest("pk")
        names = {"enrolment": enrolment.pk, "pupil": enrolment.pupil_id, "school": enrolment.school_id}
        return {"authority": cast.eastshire.pk, **names}


def test_a_file_whose_storing_was_killed_is_stored_whole_when_it_is_taken_up_again(
    kept: Cast, own_database: str, database_server: TestServer, process_environment: dict[str, str]
) -> None:
    with held_up(database_server, own_database, FIRST_REGISTER, row_of(kept)):
        kill_in_the_middle(database_server, own_database, process_environment, "uploads")
        with authority_scope(kept.eastshire):
            assert not Register.objects.exists() and not RegisterChange.objects.exists()
            assert Enrolment.objects.filter(school=kept.hill).count() == len(kept.pupils)
            assert Upload.objects.get().stage == Upload.Stage.ACCEPTING
    wait_until(lambda: taken_up(kept))
    with authority_scope(kept.eastshire):
        upload = Upload.objects.get()
        assert (upload.stage, upload.changed) == (Upload.Stage.ACCEPTED, len(kept.pupils) * 40 + 1)
        assert Register.objects.count() == Standing.objects.count() == len(kept.pupils) + 1
        assert RegisterChange.objects.get().cells == upload.changed


def taken_up(cast: Cast) -> bool:
    """What beat does each minute; the killed process's connection may still hold its row for a moment."""
    uploads.take_up_unfinished(cast.eastshire, AT)
    with authority_scope(cast.eastshire):
        return not Upload.objects.filter(stage=Upload.Stage.ACCEPTING).exists()


def test_a_banding_that_was_killed_is_finished_when_it_is_taken_up_again(
    kept: Cast, own_database: str, database_server: TestServer, process_environment: dict[str, str]
) -> None:
    uploads.take_up_unfinished(kept.eastshire, AT)
    with authority_scope(kept.eastshire):
        before = sorted(Standing.objects.values_list("pupil", "possible", "band"))
        banding.begin_banding(as_at=None, rebuild=True)
    with held_up(database_server, own_database, _FIRST_STANDING, row_of(kept)):
        kill_in_the_middle(database_server, own_database, process_environment, "banding")
        with authority_scope(kept.eastshire):
            assert not Standing.objects.exists() and BandingRun.objects.get().finished_at is None
    wait_until(lambda: finished(kept))
    with authority_scope(kept.eastshire):
        assert sorted(Standing.objects.values_list("pupil", "possible", "band")) == before
        assert BandingRun.objects.get().todo == []


def finished(cast: Cast) -> bool:
    banding.take_up_unfinished(cast.eastshire, AT)
    with authority_scope(cast.eastshire):
        return not BandingRun.objects.filter(finished_at=None).exists()


def test_two_processes_do_not_store_the_same_file_twice(
    kept: Cast, own_database: str, process_environment: dict[str, str]
) -> None:
    command = [sys.executable, "-c", take_up("uploads")]
    both = [subprocess.Popen(command, env=process_environment, cwd=BASE) for _ in range(2)]
    assert [process.wait(WAIT) for process in both] == [0, 0]
    with authority_scope(kept.eastshire):
        assert RegisterChange.objects.count() == 1 and Upload.objects.get().stage == Upload.Stage.ACCEPTED
