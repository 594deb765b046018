"""A school's own codes in posted marks: read as it said of its files, asked once like those of a file."""

from __future__ import annotations

import datetime as dt
from typing import Any

from attendance_portal.models import Scope
from schools.models import LocalCode, Pupil, Register, Upload
from schools.reading import SaidCode
from schools.register.marks import column_of, mark_at
from schools.sending import mappings, uploads
from tests.cast import ON, Cast, in_scope
from tests.schools.api.asking import posted, send, token_of
from tests.schools.files import long_file
from tests.schools.stored import AT, AUTUMN

HILL = "/api/v1/schools/999001/marks"
FIRST, SECOND = AUTUMN[:2]


def mark_of(cast: Cast, pupil: Pupil, day: dt.date) -> str:
    """The morning's."""
    with in_scope(cast.eastshire):
        row = Register.objects.filter(enrolment__pupil=pupil, year=2026).first()
        return mark_at(list(bytes(row.marks)), column_of(day, 0)) if row else ""


def say(cast: Cast, *codes: SaidCode) -> None:
    """The lead sends a file with the school's own code, and says what it stands for."""
    with in_scope(cast.eastshire):
        file = long_file({cast.pupil: {AUTUMN[5]: "7/"}})
        upload = uploads.receive_upload(cast.hill, [file], file_name="register.csv", by=cast.lead)
        uploads.read_upload(upload, on=ON)
        mappings.say_codes(upload, codes, by=cast.lead, at=AT)
        uploads.discard_upload(_read_again(upload), by=cast.lead, at=AT)


def _read_again(upload: Upload) -> Upload:
    upload.refresh_from_db()
    uploads.read_upload(upload, on=ON)
    return upload


def post(cast: Cast, marks: dict[Pupil, dict[dt.date, str]], token: str, key: str) -> dict[str, Any]:
    answer = send(token, HILL, posted(marks), key=key)
    found: dict[str, Any] = answer.json()
    return found


def test_a_code_the_school_explained_once_is_read_in_posts_too(cast: Cast) -> None:
    token = token_of(cast, Scope.MARKS_WRITE)
    marks = {cast.pupil: {FIRST: "7/"}}
    assert post(cast, marks, token, "a")["problems"][0]["kind"] == "local-code"
    say(cast, SaidCode("7", "I"))
    told = post(cast, marks, token, "b")
    assert (told["state"], told["problems"]) == ("stored", [])
    assert mark_of(cast, cast.pupil, FIRST) == "I"


def test_it_counts_only_on_the_days_for_which_it_was_said(cast: Cast) -> None:
    token = token_of(cast, Scope.MARKS_WRITE)
    say(cast, SaidCode("7", "I", None, FIRST), SaidCode("7", "M", SECOND, None))
    assert post(cast, {cast.pupil: {FIRST: "7/", SECOND: "7/"}}, token, "a")["state"] == "stored"
    assert (mark_of(cast, cast.pupil, FIRST), mark_of(cast, cast.pupil, SECOND)) == ("I", "M")


def test_a_code_forgotten_since_is_not_known_any_more_and_another_schools_never_was(cast: Cast) -> None:
    token = token_of(cast, Scope.MARKS_WRITE)
    say(cast, SaidCode("7", "I"))
    vale = send(token, "/api/v1/schools/999002/marks", posted({cast.vale_pupils[0]: {FIRST: "7/"}}), key="v")
    assert vale.json()["problems"][0]["kind"] == "local-code"
    with in_scope(cast.eastshire):
        mappings.forget_code(LocalCode.objects.get(), by=cast.lead, at=AT)
    assert post(cast, {cast.pupil: {FIRST: "7/"}}, token, "b")["state"] == "refused"
