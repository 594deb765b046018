"""The operators' commands: import_register, band, export_bands."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from schools.models import BandingRun, Enrolment, Pupil, Register, Standing, Upload
from tests.cast import Cast, in_scope
from tests.schools.files import all_present, long_file
from tests.schools.stored import AUTUMN, store_autumn, store_summer

Run = Callable[..., tuple[int, str, str]]

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Run:
    """Answers a function that runs a command: exit status, standard output, standard error."""

    def call(*arguments: object) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command(*map(str, arguments), stdout=out, stderr=err)
        except SystemExit as end:
            return int(end.code or 0), out.getvalue(), err.getvalue()
        except CommandError as error:
            return 1, out.getvalue(), str(error)
        return 0, out.getvalue(), err.getvalue()

    return call


@pytest.fixture
def register(cast: Cast, tmp_path: Path) -> Path:
    """A file of five pupils and 200 marks."""
    with in_scope(cast.eastshire):
        (tmp_path / "register.csv").write_bytes(long_file(all_present(cast.pupils, AUTUMN)))
    return tmp_path / "register.csv"


HILL = ("--authority", "eastshire", "--school", "999001")


def test_import_register_stores_a_file_and_says_what_changed(cast: Cast, run: Run, register: Path) -> None:
    status, out, err = run("import_register", *HILL, register, "--json")
    assert (status, err) == (0, "")
    assert json.loads(out) == {"accepted": True, "pupils": 5, "marks": 200, "changed": 200, "problems": []}
    status, out, _ = run("import_register", *HILL, register, "--json")
    assert (status, json.loads(out)["changed"]) == (0, 0)
    assert "5 pupils, 200 marks read, 0 half-days changed." in run("import_register", *HILL, register)[1]
    with in_scope(cast.eastshire):
        assert Register.objects.count() == Standing.objects.count() == 5


def test_import_register_refuses_a_file_with_a_problem_whole_and_prints_it(
    cast: Cast, run: Run, register: Path
) -> None:
    register.write_bytes(register.read_bytes().replace(b"AM,/\r\n", b"AM,QQ\r\n", 1))
    status, out, err = run("import_register", *HILL, register, "--json")
    told = json.loads(out)
    assert (status, told["accepted"], told["marks"], told["changed"]) == (1, False, 199, 0)
    assert [set(problem) for problem in told["problems"]] == [{"kind", "row", "column", "value", "message"}]
    problem = told["problems"][0]
    assert (problem["kind"], problem["row"], problem["column"], problem["value"]) == ("unknown-code", 2, "Mark", "QQ")
    assert "nothing of it was stored" in err
    with in_scope(cast.eastshire):
        assert not Register.objects.exists()


def test_import_register_takes_the_good_rows_when_asked_to(cast: Cast, run: Run, register: Path) -> None:
    register.write_bytes(register.read_bytes().replace(b"AM,/\r\n", b"AM,QQ\r\n", 1))
    status, out, _ = run("import_register", *HILL, register, "--json", "--accept-good-rows")
    told = json.loads(out)
    assert (status, told["accepted"], told["marks"], told["changed"], len(told["problems"])) == (0, True, 199, 199, 1)


def test_a_problem_that_stops_the_file_stops_it_even_so(cast: Cast, run: Run, register: Path) -> None:
    register.write_bytes(b"%PDF-1.4")
    status, out, _ = run("import_register", *HILL, register, "--json", "--accept-good-rows")
    told = json.loads(out)
    assert (status, told["accepted"]) == (1, False) and told["problems"][0]["kind"] == "unreadable"


def test_import_register_creates_unknown_pupils(cast: Cast, run: Run, register: Path) -> None:
    with in_scope(cast.eastshire):
        upn = cast.pupil.upn or ""
    register.write_text(register.read_text().replace(upn, "").replace(",0001,Abbott", ",0401,Newton"), newline="")
    status, _, _ = run("import_register", *HILL, register)
    with in_scope(cast.eastshire):
        assert status == 0 and Pupil.objects.filter(surname="Newton").count() == 1
        assert Enrolment.objects.filter(school=cast.hill).count() == 6


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--authority", "nowhere", "--school", "999001"), 'There is no authority "nowhere"'),
        (("--authority", "eastshire", "--school", "123456"), "has no school with URN 123456"),
        (("--authority", "westshire", "--school", "999001"), "has no school with URN 999001"),
    ],
)
def test_import_register_says_what_it_cannot_find(
    cast: Cast, run: Run, register: Path, arguments: tuple[str, ...], words: str
) -> None:
    status, _, err = run("import_register", *arguments, register)
    assert status == 1 and words in err
    with in_scope(cast.eastshire):
        assert not Upload.objects.exists()


def test_import_register_says_that_there_is_no_file(cast: Cast, run: Run, tmp_path: Path) -> None:
    status, _, err = run("import_register", *HILL, tmp_path / "none.csv")
    assert status == 1 and "cannot be read" in err


def test_band_works_out_the_same_standings_again_and_for_another_day(cast: Cast, run: Run) -> None:
    store_autumn(cast)
    with in_scope(cast.eastshire):
        held = list(Standing.objects.order_by("enrolment").values_list("enrolment", "band", "possible"))
    assert run("band", "--authority", "eastshire")[1] == "Eastshire: 0 standings written.\n"
    assert run("band", "--rebuild")[1].startswith("Eastshire: 5 standings written.\n")
    with in_scope(cast.eastshire):
        assert list(Standing.objects.order_by("enrolment").values_list("enrolment", "band", "possible")) == held
    run("band", "--authority", "eastshire", "--as-of", AUTUMN[9])
    with in_scope(cast.eastshire):
        standing = Standing.objects.get(pupil=cast.pupil)
        assert (standing.possible, standing.attended, standing.as_at) == (20, 0, AUTUMN[9])
        assert not BandingRun.objects.filter(finished_at=None).exists()


def test_band_of_an_authority_that_is_not_there_ends_with_one(cast: Cast, run: Run) -> None:
    assert run("band", "--authority", "nowhere")[0] == 1


def test_export_bands_prints_a_row_for_each_enrolment(cast: Cast, run: Run) -> None:
    store_autumn(cast)
    status, out, _ = run("export_bands", "--authority", "eastshire", "--school", "999001")
    lines = out.splitlines()
    assert status == 0
    assert lines[0] == (
        "urn,upn,local_id,possible,attended,authorised,unauthorised,missing,attendance_percent,band,persistent,severe"
    )
    assert lines[1] == f"999001,{cast.pupil.upn},0001,40,20,0,20,0,50.0,5,true,true"
    assert lines[2] == f"999001,{cast.pupils[1].upn},0002,40,37,3,0,0,92.5,2,false,false"
    assert len(lines) == 6


def test_export_bands_counts_up_to_the_day_named_and_leaves_the_rest_empty(cast: Cast, run: Run) -> None:
    store_summer(cast)
    store_autumn(cast)
    out = run("export_bands", "--authority", "eastshire", "--as-of", AUTUMN[0])[1].splitlines()
    assert out[1] == f"999001,{cast.pupil.upn},0001,2,0,0,2,0,0.0,5,true,true"
    before = run("export_bands", "--authority", "eastshire", "--as-of", dt.date(2026, 8, 31))[1].splitlines()
    assert before[1] == f"999001,{cast.pupil.upn},0001,0,0,0,0,0,,,false,false"


def test_export_bands_says_which_school_it_does_not_know(cast: Cast, run: Run) -> None:
    status, _, err = run("export_bands", "--authority", "eastshire", "--school", "123456")
    assert status == 1 and "has no school with URN 123456" in err
