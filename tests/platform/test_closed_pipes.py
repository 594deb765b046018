"""`manage.py … | head`: whoever reads the output goes away; the command ends without a word, and what it did stands."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from attendance_portal.tenancy import authority_scope
from manage import CLOSED_PIPE
from schools.models import Register, School
from tests.cast import Cast, make_cast
from tests.schools.files import all_present, long_file, school_days
from tests.schools.stored import store_autumn
from tests.schools.test_import_gias import extract
from tests.servers import BASE


def run_unread(environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """The status and the standard error of a command whose output nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        ended = subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=BASE, env=environment, check=False,
            stdout=closed, stderr=subprocess.PIPE, timeout=120,
        )  # fmt: skip
    return ended.returncode, ended.stderr.decode()


@pytest.fixture
def environment(process_environment: dict[str, str]) -> dict[str, str]:
    return {**process_environment, "PYTHONUNBUFFERED": ""}


@pytest.mark.parametrize(
    "command",
    ["export_bands --authority eastshire", "band --authority eastshire", "help", "write_docs --into {folder}"],
)
def test_a_command_whose_output_nobody_reads_ends_quietly(
    command: str, own_database: str, environment: dict[str, str], tmp_path: Path
) -> None:
    store_autumn(make_cast())
    assert run_unread(environment, *command.format(folder=tmp_path).split()) == (CLOSED_PIPE, "")


def test_nor_does_it_where_every_line_goes_out_at_once(own_database: str, environment: dict[str, str]) -> None:
    store_autumn(make_cast())
    unbuffered = {**environment, "PYTHONUNBUFFERED": "1"}
    assert run_unread(unbuffered, "export_bands", "--authority", "eastshire") == (CLOSED_PIPE, "")


def test_what_was_imported_stands_though_nobody_reads_of_it(
    own_database: str, environment: dict[str, str], tmp_path: Path
) -> None:
    cast: Cast = make_cast()
    with authority_scope(cast.eastshire):
        marks = all_present(cast.pupils, school_days(cast.pupils[0].enrolments.get().admission_on, 2))
        (tmp_path / "register.csv").write_bytes(long_file(marks))
    another = {"urn": "999120", "number": "4120", "name": "Another"}
    (tmp_path / "extract.csv").write_bytes(extract({"name": "Renamed"}, another))
    register, schools = str(tmp_path / "register.csv"), str(tmp_path / "extract.csv")
    unbuffered = {**environment, "PYTHONUNBUFFERED": "1"}
    place = ("--authority", "eastshire")
    assert run_unread(unbuffered, "import_register", *place, "--school", "999001", register) == (CLOSED_PIPE, "")
    assert run_unread(unbuffered, "import_gias", *place, schools) == (CLOSED_PIPE, "")
    with authority_scope(cast.eastshire):
        assert Register.objects.count() == 5 and School.objects.filter(name="Another").exists()


def test_a_refusal_still_says_why(own_database: str, environment: dict[str, str]) -> None:
    make_cast()
    status, told = run_unread(environment, "export_bands", "--authority", "nowhere")
    assert status == 1 and 'There is no authority "nowhere"' in told
