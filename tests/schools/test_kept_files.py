"""The files that were sent, on disk: none without its row stays, and a row whose file was lost says so."""

from __future__ import annotations

import datetime as dt
import io
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import call_command

from attendance_portal.models import Authority
from attendance_portal.tenancy import authority_scope
from schools.models import SentFile, Upload
from schools.sending import sendings, uploads
from schools.sending.kept import SURELY_OVER, folder, throw_away_strays
from tests.cast import ON, Cast, make_cast
from tests.schools.files import all_present, long_file, school_days
from tests.schools.test_kills import FIRST_REGISTER, held_up, is_waiting, row_of, wait_until
from tests.servers import BASE, TestServer

AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
DAYS = school_days(dt.date(2025, 9, 8), 2)
# The import is a process of its own, whose today is the machine's: the marks are of a year that is over.
SAME_REGISTER = FIRST_REGISTER.replace("2026", "2025")


def register_of(cast: Cast) -> bytes:
    with authority_scope(cast.eastshire):
        return long_file(all_present(cast.pupils, DAYS))


def names(cast: Cast) -> list[str]:
    with authority_scope(cast.eastshire):
        return sorted(path.name for path in folder().iterdir())


def throw_away(authority: Authority, before: float) -> int:
    with authority_scope(authority):
        return throw_away_strays(before)


def later() -> float:
    """A moment before which every file of the test was written, and long enough before."""
    return time.time() + 1


def test_an_import_that_was_killed_leaves_nothing_behind_and_the_next_stores_all(
    own_database: str, process_environment: dict[str, str], database_server: TestServer, tmp_path: Path
) -> None:
    cast = make_cast()
    (tmp_path / "register.csv").write_bytes(register_of(cast))
    command = ["import_register", "--authority", "eastshire", "--school", "999001", str(tmp_path / "register.csv")]
    with held_up(database_server, own_database, SAME_REGISTER, row_of(cast)):
        process = subprocess.Popen([sys.executable, "manage.py", *command], env=process_environment, cwd=BASE)
        wait_until(lambda: is_waiting(database_server, own_database) or process.poll() is not None)
        assert process.poll() is None, "It ended before it could be killed."
        process.kill()
        process.wait()
    with authority_scope(cast.eastshire):
        assert not Upload.objects.exists()
    assert len(names(cast)) == 1, "the file was written before the process was killed"
    assert throw_away(cast.eastshire, time.time() - SURELY_OVER) == 0, "somebody may still be at it"
    assert throw_away(cast.eastshire, later()) == 1 and names(cast) == []
    call_command(*command)
    with authority_scope(cast.eastshire):
        upload = Upload.objects.get()
    assert throw_away(cast.eastshire, later()) == 0 and names(cast) == [upload.stored_as]


@pytest.mark.django_db
def test_what_a_row_holds_stays_and_what_was_thrown_away_goes(cast: Cast) -> None:
    homeless = sendings.Sent("marks.csv", 4, io.BytesIO(b"a\nb\n"))
    with authority_scope(cast.eastshire):
        kept = uploads.receive_upload(cast.hill, [b"kept"], file_name="a.csv", by=cast.lead)
        thrown = uploads.receive_upload(cast.hill, [b"thrown"], file_name="b.csv", by=cast.lead)
        uploads.read_upload(thrown, on=ON)
        sendings.send_files([homeless, homeless], school=None, by=cast.officer, at=AT, on=ON)
        still_open, away = SentFile.objects.order_by("pk")
    assert throw_away(cast.eastshire, later()) == 0 and len(names(cast)) == 4
    with authority_scope(cast.eastshire):
        uploads.discard_upload(thrown, by=cast.lead, at=AT)
        sendings.discard_file(away, by=cast.officer, at=AT)
    # The test never commits, as a process that is killed right after it has.
    assert throw_away(cast.eastshire, later()) == 2
    assert names(cast) == sorted([kept.stored_as, still_open.stored_as])


@pytest.mark.django_db
def test_strays_of_one_authority_alone_are_looked_for(cast: Cast) -> None:
    with authority_scope(cast.eastshire):
        uploads.receive_upload(cast.hill, [b"theirs"], file_name="a.csv", by=cast.lead)
    assert throw_away(cast.westshire, later()) == 0 and len(names(cast)) == 1


@pytest.mark.django_db
def test_a_file_is_read_once_the_disk_has_it_again(cast: Cast) -> None:
    with authority_scope(cast.eastshire):
        upload = uploads.receive_upload(cast.hill, [register_of(cast)], file_name="b.csv", by=cast.lead)
        kept = folder() / upload.stored_as
        kept.rename(kept.with_name("away"))
        assert uploads.plan_of(upload, on=ON).counts["unreadable"] == 1
        kept.with_name("away").rename(kept)
        assert uploads.plan_of(upload, on=ON).counts["unreadable"] == 0


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["register.csv", "Posted by the hub.json"])
def test_a_file_that_the_disk_lost_is_refused_and_does_not_hold_up_the_others(cast: Cast, name: str) -> None:
    with authority_scope(cast.eastshire):
        lost = uploads.receive_upload(cast.hill, [b"lost"], file_name=name, by=cast.lead)
        (folder() / lost.stored_as).unlink()
        whole = uploads.receive_upload(cast.hill, [register_of(cast)], file_name="b.csv", by=cast.lead)
    uploads.take_up_unfinished(cast.eastshire, AT)
    with authority_scope(cast.eastshire):
        lost.refresh_from_db()
        whole.refresh_from_db()
        assert (lost.stage, whole.stage) == (Upload.Stage.REFUSED, Upload.Stage.READ)
        assert "Upload it again" in lost.problems.get().message
