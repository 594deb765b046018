"""Two files of one moment take turns: no child is created twice or taken for another, and neither import fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from attendance_portal.models import AuditEvent
from attendance_portal.tenancy import authority_scope
from schools.models import Enrolment, Pupil, Register, School, Upload
from schools.sending import uploads
from tests.cast import ON, Cast, in_scope, make_cast
from tests.schools.files import HEADINGS
from tests.schools.stored import AT
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


# --- A file whose pupils were matched before another school's file, for whose end it then waited -----------------

AMY = "P207000016049,9001,Ash,Amy,21/03/2015,7,7A,14/09/2026,AM,/"
UNTIL_NOW = "A207000016050,9001,Ash,Amy,21/03/2015,7,7A,14/09/2026,AM,/"  # by the UPN she had before
BOB = "P207000016049,9002,Birch,Bob,22/06/2012,10,10A,14/09/2026,AM,O"


def store_while_another_waits(cast: Cast, first: str, waiting: str) -> Upload:
    """Vale's file of one row is matched, Hill's is stored, and then Vale's is."""
    vales, hills = (
        uploads.receive_upload(
            school, [f"{HEADINGS},Former UPN\r\n{row}\r\n".encode()], file_name="a.csv", by=cast.lead
        )
        for school, row in ((cast.vale, waiting), (cast.hill, first))
    )
    for upload in (vales, hills):
        uploads.read_upload(upload, on=ON)
        uploads.accept_upload(upload, by=cast.lead, at=AT)
    plan = uploads.plan_of(vales, on=ON)
    uploads.store_upload(hills, on=ON)
    uploads.store_upload(vales, on=ON, plan=plan)
    return vales


@pytest.mark.django_db
def test_a_child_with_a_mistyped_upn_is_not_taken_for_the_one_created_meanwhile(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        file = store_while_another_waits(cast, AMY + ",", BOB + ",")
        assert not Enrolment.objects.filter(school=cast.vale, pupil__surname="Ash").exists()
        assert not Pupil.objects.filter(surname="Birch").exists()
        [told] = uploads.open_problems()
        assert (told.upload, told.kind, told.row) == (file, "another-child", 2)
        assert Upload.objects.get(pk=file.pk).understood["left_out"] == 1


@pytest.mark.django_db
@pytest.mark.parametrize("waiting", [AMY, UNTIL_NOW], ids=["by the same UPN", "by the one before"])
def test_a_child_created_meanwhile_is_enrolled_and_the_schools_hear_of_it(cast: Cast, waiting: str) -> None:
    with in_scope(cast.eastshire):
        file = store_while_another_waits(cast, AMY + ",A207000016050", waiting + ",")
        [amy] = Pupil.objects.filter(surname="Ash")
        assert amy.enrolments.count() == 2
        assert AuditEvent.objects.get(what="enrol_known_pupils", subject_id=str(file.pk)).pupil_ids == [amy.pk]
