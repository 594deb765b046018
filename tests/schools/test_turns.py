"""Two files of one moment take turns: no child is created twice, and neither import fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from attendance_portal.tenancy import authority_scope
from schools.models import Enrolment, Pupil, Register, School
from tests.cast import make_cast
from tests.schools.files import HEADINGS
from tests.servers import BASE

WAIT = 120


def write_file(path: Path, upns: list[str]) -> Path:
    """Two hundred children with a whole day's marks; those beyond `upns` have no UPN."""
    upns = upns + [""] * (200 - len(upns))
    children = [f"{upn},9{at:03d},Child,Name{at},01/03/2015,7,7A" for at, upn in enumerate(upns)]
    rows = [f"{child},07/09/2026,{half},/" for child in children for half in ("AM", "PM")]
    path.write_text("\r\n".join([HEADINGS, *rows]))
    return path


def import_both(schools: list[School], file: Path, environment: dict[str, str]) -> list[int]:
    """Import the file at both schools at the same time; answers the exit statuses."""
    command = [sys.executable, "manage.py", "import_register", "--authority", "eastshire", "--school"]
    both = [subprocess.Popen([*command, school.urn, str(file)], env=environment, cwd=BASE) for school in schools]
    return [process.wait(WAIT) for process in both]


def test_two_files_of_one_school_at_once_create_each_child_once(
    own_database: str, process_environment: dict[str, str], tmp_path: Path
) -> None:
    cast = make_cast()
    file = write_file(tmp_path / "register.csv", [])
    assert import_both([cast.hill, cast.hill], file, process_environment) == [0, 0]
    with authority_scope(cast.eastshire):
        assert Pupil.objects.filter(surname="Child").count() == Register.objects.count() == 200


@pytest.mark.parametrize("upn", ["P207000016049"])
def test_two_schools_that_name_the_same_new_child_at_once_both_enrol_them(
    own_database: str, process_environment: dict[str, str], tmp_path: Path, upn: str
) -> None:
    cast = make_cast()
    file = write_file(tmp_path / "register.csv", [upn])
    assert import_both([cast.hill, cast.vale], file, process_environment) == [0, 0]
    with authority_scope(cast.eastshire):
        assert Pupil.objects.filter(upn=upn).count() == 1
        assert Enrolment.objects.filter(pupil__upn=upn).count() == 2
