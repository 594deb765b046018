"""The list of edge cases of import formats over every door that marks come in by: uploaded alone, among several, posted
and imported by a command. Whatever the door, the same marks stand and the same problems are told.
"""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from attendance_portal.models import Membership, Scope
from schools.models import Pupil, Upload, UploadProblem
from schools.reading.posted import PUPIL_WORDS
from schools.sending import uploads
from tests.cast import Cast, in_scope
from tests.schools.api.asking import send, token_of
from tests.schools.systems import registers_of

AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
HEADINGS: Final = {
    "upn": "UPN", "local_id": "Adm No", "surname": "Surname", "forename": "Forename", "born_on": "DOB", "sex": "Sex",
    "year_group": "Year", "registration_group": "Reg", "admitted_on": "Admission Date", "left_on": "Leaving Date",
    "date": "Date", "session": "Session", "mark": "Mark",
}  # fmt: skip
MON, TUE = "16/11/2026", "17/11/2026"
SignedIn = Callable[[Membership], Client]
Row = Mapping[str, str]

pytestmark = pytest.mark.django_db


@dataclass
class Doors:
    """Who comes in, and where files are put on the way."""

    cast: Cast
    signed_in: SignedIn
    folder: Path

    def upload(self, rows: Sequence[Row]) -> None:
        """The school's lead uploads a file, and confirms what was understood."""
        client = self.signed_in(self.cast.lead)
        sent = client.post("/schools/999001/upload/", {"file": SimpleUploadedFile("register.csv", as_csv(rows))})
        client.post(f"{sent['Location']}store/")

    def several(self, rows: Sequence[Row]) -> None:
        """An officer uploads it among others, and confirms it."""
        client = self.signed_in(self.cast.officer)
        files = [SimpleUploadedFile(f"{name} register.csv", as_csv(rows)) for name in ("999001", "nobody's")]
        client.post("/uploads/several/", {"file": files})
        uploads.take_up_unfinished(self.cast.eastshire, AT)
        with in_scope(self.cast.eastshire):
            upload = Upload.objects.get()
        client.post(f"/uploads/{upload.pk}/store/")

    def command(self, rows: Sequence[Row]) -> None:
        """An operator imports it."""
        (self.folder / "register.csv").write_bytes(as_csv(rows))
        place = ("--authority", "eastshire", "--school", "999001", "--accept-good-rows")
        with contextlib.suppress(SystemExit):
            call_command("import_register", *place, str(self.folder / "register.csv"), stdout=io.StringIO(),
                         stderr=io.StringIO())  # fmt: skip

    def post(self, rows: Sequence[Row]) -> None:
        """A school's system posts it."""
        body = {"accept_good_rows": True, "pupils": [as_posted(row) for row in rows]}
        answer = send(token_of(self.cast, Scope.MARKS_WRITE), "/api/v1/schools/999001/marks", body)
        assert answer.status_code in (201, 422), answer.content


DOORS: Final = {"uploaded": Doors.upload, "among several": Doors.several, "by command": Doors.command,
                "posted": Doors.post}  # fmt: skip


def as_csv(rows: Sequence[Row]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(HEADINGS.values())
    writer.writerows([row.get(name, "") for name in HEADINGS] for row in rows)
    return out.getvalue().encode()


def as_posted(row: Row) -> dict[str, object]:
    said = {name: row[field] for name, (field, _) in PUPIL_WORDS.items() if row.get(field)}
    return {**said, "marks": [{name: row[name] for name in ("date", "session", "mark")}]}


def row(pupil: Pupil, date: str = MON, session: str = "AM", mark: str = "/", **other: str) -> Row:
    """A mark of one of the cast, with what else is said differently."""
    enrolment = pupil.enrolments.get()
    known = {
        "upn": pupil.upn or "", "local_id": enrolment.local_id, "surname": pupil.surname,
        "forename": pupil.forename, "born_on": f"{pupil.date_of_birth:%d/%m/%Y}", "year_group": enrolment.year_group,
    }  # fmt: skip
    return {**known, "date": date, "session": session, "mark": mark, **other}


@dataclass(frozen=True)
class Case:
    """Rows made of Amy and Ben, the marks that then stand by surname, and the kinds of problem."""

    rows: Callable[[Pupil, Pupil], Sequence[Row]]
    marks: Mapping[str, str]
    kinds: tuple[str, ...] = ()


CASES: Final[dict[str, Case]] = {
    "2 dates in every form": Case(
        lambda amy, ben: [row(amy, "16/11/26"), row(amy, "16-11-2026", "PM", "I"), row(amy, "2026-11-17T09:00:00"),
                          row(amy, "46343", "PM", "L")],
        {"Abbott": "/ I / L"},
    ),
    "2 a month that comes first": Case(lambda amy, ben: [row(amy, "11/16/2026")], {}, ("month-first-date",)),
    "3 spaces, small letters, sub-codes, damaged strokes": Case(
        lambda amy, ben: [row(amy, mark="\u00a0i "), row(amy, session="PM", mark="C1_S"), row(amy, TUE, mark="\\\\"),
                          row(amy, TUE, "PM", "--")],
        {"Abbott": "I C1 /"},
    ),
    "3 what is no code": Case(
        lambda amy, ben: [row(amy), row(amy, session="PM", mark="0"), row(amy, TUE, mark="7"),
                          row(amy, TUE, "PM", "=1+1")],
        {"Abbott": "/"}, ("letter-or-digit", "local-code", "unknown-code"),
    ),
    "5 a code that is no longer in force": Case(
        lambda amy, ben: [row(amy), row(amy, session="PM", mark="H")], {"Abbott": "/"}, ("code-not-in-force",)
    ),
    "6 no UPN but a number, and a UPN that is none": Case(
        lambda amy, ben: [row(amy, upn=""), row(ben, upn="B207000016049")], {"Abbott": "/", "Brown": "/"},
        ("upn-not-used",),
    ),
    "6 another child's number": Case(
        lambda amy, ben: [row(amy), row(ben, TUE, upn=amy.upn or "", local_id="")], {"Abbott": "/"},
        ("pupil-contradicts",),
    ),
    "6 a leaver and one not yet admitted": Case(
        lambda amy, ben: [row(amy), row(amy, TUE, left_on=MON), row(ben, admitted_on=TUE), row(ben, TUE)],
        {"Abbott": "/", "Brown": "/"}, ("outside-enrolment", "outside-enrolment"),
    ),
    "7 the same twice, a weekend, a day to come": Case(
        lambda amy, ben: [row(amy), row(amy), row(amy, "14/11/2026"), row(amy, "21/11/2026")],
        {"Abbott": "/ /"}, ("future-mark", "repeated-mark", "weekend-mark"),
    ),
    "7 two marks for one half-day": Case(
        lambda amy, ben: [row(amy), row(amy, mark="I")], {}, ("contradicting-marks",)
    ),
    "8 a year group in words, and one that is none": Case(
        lambda amy, ben: [row(amy, year_group="Year 7"), row(ben, year_group="Upper")],
        {"Abbott": "/", "Brown": "/"}, ("bad-year-group",),
    ),
    "9 names with accents, strokes and one word": Case(
        lambda amy, ben: [
            row(amy),
            {"local_id": "0500", "surname": "O’Brien-Łoś", "forename": "Siân", "born_on": "01/02/2015",
             "year_group": "7", "date": MON, "session": "AM", "mark": "I"},
            {"local_id": "0501", "surname": "Cher", "born_on": "02/02/2015", "year_group": "7", "date": MON,
             "session": "AM", "mark": "M"},
        ],
        {"Abbott": "/", "O’Brien-Łoś": "I", "Cher": "M"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", CASES)
def test_an_edge_case_ends_alike_by_every_door(
    cast: Cast, signed_in: SignedIn, tmp_path: Path, door: str, name: str
) -> None:
    case = CASES[name]
    with in_scope(cast.eastshire):
        rows = case.rows(cast.pupils[0], cast.pupils[1])
    DOORS[door](Doors(cast, signed_in, tmp_path), rows)
    held = {surname: marks for surname, marks in registers_of(cast.eastshire, cast.hill).items() if marks}
    assert held == case.marks
    with in_scope(cast.eastshire):
        kinds = UploadProblem.objects.order_by("kind").values_list("kind", flat=True)
        assert list(kinds) == sorted(case.kinds)
        assert all(problem.message.endswith(".") for problem in UploadProblem.objects.all())


@pytest.mark.parametrize("door", ["uploaded", "posted"])
def test_the_sex_that_a_register_tells_is_held(cast: Cast, signed_in: SignedIn, tmp_path: Path, door: str) -> None:
    """Of whom is known, of whom is new, and what is left empty takes nothing away."""
    with in_scope(cast.eastshire):
        Pupil.objects.filter(pk=cast.pupils[1].pk).update(sex="M")
        fresh = {"local_id": "0500", "surname": "Novak", "forename": "Nia", "born_on": "01/02/2015", "year_group": "7"}
        rows = [
            row(cast.pupils[0], sex="Female"),
            row(cast.pupils[1]),
            row(cast.pupils[0]) | fresh | {"upn": "", "sex": "f"},
        ]
    DOORS[door](Doors(cast, signed_in, tmp_path), rows)
    with in_scope(cast.eastshire):
        held = dict(Pupil.objects.exclude(sex="").values_list("surname", "sex"))
    assert held == {"Abbott": "F", "Brown": "M", "Novak": "F"}


def test_what_a_door_left_out_can_be_told_as_json(cast: Cast, signed_in: SignedIn, tmp_path: Path) -> None:
    """The command and the API tell a problem in the same words."""
    with in_scope(cast.eastshire):
        rows = CASES["3 what is no code"].rows(cast.pupils[0], cast.pupils[1])
    (tmp_path / "register.csv").write_bytes(as_csv(rows))
    out = io.StringIO()
    place = ("--authority", "eastshire", "--school", "999001", "--json", "--accept-good-rows")
    call_command("import_register", *place, str(tmp_path / "register.csv"), stdout=out)
    body = {"accept_good_rows": True, "pupils": [as_posted(one) for one in rows]}
    answer = send(token_of(cast, Scope.MARKS_WRITE), "/api/v1/schools/999001/marks", body).json()
    told = [[one["kind"] for one in found["problems"]] for found in (json.loads(out.getvalue()), answer)]
    assert told[0] == told[1] and len(told[0]) == 3
