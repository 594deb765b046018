"""Reading by the API: schools, pupils, standings and registers, a page at a time, of the token's schools alone."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from attendance_portal.models import AuditEvent, Scope
from schools.changes.corrections import correct_name
from schools.models import Enrolment, Pupil, Register, Standing
from tests.cast import Cast, in_scope, make_pupil
from tests.schools.api.asking import ask, made, token_of
from tests.schools.files import all_present
from tests.schools.stored import AT, AUTUMN, store_autumn, store_marks

SCHOOLS, PUPILS, STANDINGS = "/api/v1/schools", "/api/v1/pupils", "/api/v1/standings"
REGISTERS = "/api/v1/schools/999001/registers"
LISTS = (SCHOOLS, PUPILS, STANDINGS, REGISTERS)


@pytest.fixture
def marked(cast: Cast) -> Cast:
    """The cast, with Hill Academy's autumn."""
    store_autumn(cast)
    return cast


def _all(token: str, address: str, **query: Any) -> list[dict[str, Any]]:
    answer = ask(token, address, **query)
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_schools_are_told_as_far_as_the_token_may_speak_of_them(cast: Cast) -> None:
    rows = _all(token_of(cast), SCHOOLS)
    assert [row["urn"] for row in rows] == ["999001", "999002"]
    assert rows[0] == {
        "urn": "999001",
        "dfe_number": "9994001",
        "name": "Hill Academy",
        "phase": "secondary",
        "area": "North",
        "closed_on": None,
    }
    assert [row["urn"] for row in _all(token_of(cast, schools=[cast.vale]), SCHOOLS)] == ["999002"]
    assert [row["urn"] for row in _all(token_of(cast), SCHOOLS, school="999002")] == ["999002"]


def test_pupils_are_told_with_their_enrolments(cast: Cast) -> None:
    rows = _all(token_of(cast), PUPILS, school="999001", year_group="7")
    assert rows == [
        {
            "id": str(cast.pupil.pk),
            "upn": cast.pupil.upn,
            "surname": "Abbott",
            "forename": "Amy",
            "date_of_birth": str(cast.pupil.date_of_birth),
            "sex": "",
            "enrolments": [
                {
                    "school": "999001",
                    "admission_number": "0001",
                    "year_group": "7",
                    "registration_group": "7A",
                    "admitted_on": "2025-09-01",
                    "left_on": None,
                }
            ],
        }
    ]


def test_a_child_of_two_schools_is_told_to_each_school_without_the_other(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        Enrolment.objects.create(pupil=cast.pupil, school=cast.vale, year_group="7", local_id="V1")
    (row,) = [row for row in _all(token_of(cast, schools=[cast.vale]), PUPILS) if row["surname"] == "Abbott"]
    assert [one["school"] for one in row["enrolments"]] == ["999002"]
    (row,) = [row for row in _all(token_of(cast), PUPILS) if row["surname"] == "Abbott"]
    assert [one["school"] for one in row["enrolments"]] == ["999001", "999002"]


def test_who_left_a_school_in_an_earlier_year_is_told_to_the_authority_alone(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pupil=cast.pupil).update(leaving_on=dt.date(2026, 7, 20))
    assert len(_all(token_of(cast, schools=[cast.hill]), PUPILS)) == 4
    assert len(_all(token_of(cast), PUPILS, school="999001")) == 5


def test_standings_are_those_of_the_portal(marked: Cast) -> None:
    rows = {row["upn"]: row for row in _all(token_of(marked), STANDINGS)}
    assert [rows[pupil.upn]["band"] for pupil in marked.pupils] == [5, 2, 4, 3, 1]
    first = rows[marked.pupil.upn]
    assert (first["pupil"], first["school"], first["year"]) == (str(marked.pupil.pk), "999001", 2026)
    assert (first["possible"], first["attended"], first["unauthorised"]) == (40, 20, 20)
    assert (first["as_at"], first["severe"], first["is_on_roll"]) == (str(AUTUMN[-1]), True, True)
    assert [row["band"] for row in _all(token_of(marked), STANDINGS, band=4)] == [4]
    assert len(_all(token_of(marked), STANDINGS, year=2026, school="999001", year_group="8")) == 1
    assert _all(token_of(marked), STANDINGS, year=2025) == []


def test_registers_are_compact_and_whole(marked: Cast) -> None:
    rows = _all(token_of(marked), REGISTERS)
    assert len(rows) == 5
    first = rows[0]
    assert (first["first_on"], first["last_on"]) == (str(AUTUMN[0]), str(AUTUMN[-1]))
    codes = first["marks"].split(",")
    assert len(codes) == 2 * ((AUTUMN[-1] - AUTUMN[0]).days + 1)
    assert codes[:20] == ["O"] * 10 + [""] * 4 + ["O"] * 6
    assert codes[-2:] == ["/", "\\"]
    assert _all(token_of(marked), REGISTERS, year=2025) == []
    assert len(_all(token_of(marked), REGISTERS, year=2026, year_group="7")) == 1


def test_a_restricted_child_is_in_no_list(marked: Cast) -> None:
    with in_scope(marked.eastshire):
        Pupil.objects.filter(pk=marked.pupil.pk).update(is_restricted=True)
    for token in (token_of(marked), token_of(marked, schools=[marked.hill])):
        for address in LISTS:
            told = ask(token, address).content.decode()
            assert str(marked.pupil.pk) not in told and marked.pupil.upn not in told and "Abbott" not in told
        assert len(_all(token, STANDINGS)) == 4 and len(_all(token, REGISTERS)) == 4


@pytest.mark.parametrize("address", [PUPILS, STANDINGS, REGISTERS])
def test_page_after_page_tells_every_row_once(marked: Cast, address: str) -> None:
    token, found, cursor = token_of(marked), [], None
    query = {"school": "999001"} if address != REGISTERS else {}
    for _ in range(3):
        answer = ask(token, address, page_size=2, **query, **({"cursor": cursor} if cursor else {})).json()
        found += answer["results"]
        cursor = answer["cursor"]
        if answer["next"]:
            assert ask(token, answer["next"]).status_code == 200
    assert cursor is None and answer["next"] is None
    assert found == _all(token, address, **query) and len(found) == 5


def test_a_row_that_comes_between_two_pages_moves_no_other(cast: Cast) -> None:
    token = token_of(cast)
    first = ask(token, SCHOOLS, page_size=1).json()
    with in_scope(cast.eastshire):
        type(cast.vale).objects.create(urn="999009", name="Aaa School", phase="primary")
    rest = _all(token, SCHOOLS, cursor=first["cursor"])
    assert [row["urn"] for row in first["results"] + rest] == ["999001", "999002", "999009"]


WRONG = {
    "cursor": "§",
    "page_size": "0",
    "band": "6",
    "year": "twenty",
    "changed_since": "yesterday",
    "year_group": "Reception",
    "bnad": "5",
}


@pytest.mark.parametrize("name", WRONG)
def test_what_makes_no_sense_is_refused_in_a_sentence(cast: Cast, name: str) -> None:
    answer = ask(token_of(cast), STANDINGS, **{name: WRONG[name]})
    assert answer.status_code == 400
    assert answer.json()["error"] == "bad-request" and name in answer.json()["message"]


@pytest.mark.parametrize("address", [PUPILS, STANDINGS, REGISTERS])
def test_a_moment_with_no_minutes_before_it_is_refused_in_a_sentence(cast: Cast, address: str) -> None:
    for moment in ("0001-01-01T00:10:00Z", "0001-01-01T00:00:00"):
        answer = ask(token_of(cast), address, changed_since=moment)
        assert answer.status_code == 400 and "changed_since: It must be 1970" in answer.json()["message"]
    assert ask(token_of(cast), address, changed_since="1970-01-01T00:00:00Z").status_code == 200


@pytest.mark.parametrize(
    "cursor", ["AAAA", "x", "MQ==MQ", "LTE", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "4pmh"]
)
@pytest.mark.parametrize("address", LISTS)
def test_a_bad_cursor_is_refused_in_a_sentence(cast: Cast, address: str, cursor: str) -> None:
    answer = ask(token_of(cast), address, cursor=cursor)
    assert answer.status_code == 400 and "cursor" in answer.json()["message"]


def test_a_parameter_twice_is_refused(cast: Cast) -> None:
    answer = ask(token_of(cast), f"{STANDINGS}?band=1&band=2")
    assert answer.status_code == 400 and "band" in answer.json()["message"]


def test_a_school_that_the_token_may_not_speak_of_is_not_there(marked: Cast) -> None:
    token = token_of(marked, schools=[marked.vale])
    assert ask(token, PUPILS, school="999001").status_code == 404
    assert ask(token, STANDINGS, school="998001").status_code == 404
    assert ask(token, REGISTERS).status_code == 404


# --- What changed ---------------------------------------------------------------------------------------------


def _aged(cast: Cast) -> str:
    """Everything was last written a day ago. Answers a moment since: the database's own clock says when."""
    now = timezone.now()
    with in_scope(cast.eastshire):
        for model in (Register, Standing):
            model.objects.update(changed_at=now - dt.timedelta(days=1))
    return (now - dt.timedelta(minutes=30)).isoformat()


def test_registers_and_standings_that_changed_are_told(marked: Cast) -> None:
    since = _aged(marked)
    token = token_of(marked)
    assert _all(token, REGISTERS, changed_since=since) == []
    assert _all(token, STANDINGS, changed_since=since) == []
    with in_scope(marked.eastshire):
        store_marks(marked, marked.hill, {marked.pupil: {AUTUMN[-1]: "II"}})
    for address in (REGISTERS, STANDINGS):
        changed = _all(token, address, changed_since=since)
        assert [row["pupil"] for row in changed] == [str(marked.pupil.pk)]


def _stamps(cast: Cast) -> dict[Any, dt.datetime]:
    with in_scope(cast.eastshire):
        return dict(Pupil.objects.values_list("pk", "changed_at"))


def test_a_pupil_who_changed_is_told_whoever_wrote(cast: Cast) -> None:
    before = _stamps(cast)
    since = max(before.values()) + dt.timedelta(minutes=20)
    token = token_of(cast)
    assert _all(token, PUPILS, changed_since=since.isoformat()) == []
    with in_scope(cast.eastshire):
        correct_name(cast.pupil, surname="Abbot", forename="Amy", reason="A slip.", by=cast.lead, at=AT)
    after = _stamps(cast)
    assert {pk for pk in after if after[pk] != before[pk]} == {cast.pupil.pk}


def test_an_enrolment_that_changed_tells_its_pupil(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        before = dict(Enrolment.objects.values_list("pk", "changed_at"))
        Enrolment.objects.filter(pupil=cast.pupil).update(reg_group="7B")
        Enrolment.objects.filter(pupil=cast.pupils[1]).update(reg_group="8A")  # as it was: nothing is written anew
        after = dict(Enrolment.objects.values_list("pk", "changed_at"))
        (changed,) = [pk for pk in after if after[pk] != before[pk]]
        assert Enrolment.objects.get(pk=changed).pupil_id == cast.pupil.pk


# --- The audit trail and the queries --------------------------------------------------------------------------


def test_each_list_that_was_read_is_one_event_with_its_children_and_folds(marked: Cast) -> None:
    integration, token = made(marked)
    for _ in range(3):
        for address in (PUPILS, STANDINGS, REGISTERS):
            ask(token, address)
    ask(token, PUPILS, school="999002")
    with in_scope(marked.eastshire):
        events = AuditEvent.objects.filter(what__startswith="read_")
        counted = sorted((event.what, len(event.pupil_ids)) for event in events)
        assert counted == [("read_pupils", 7), ("read_registers", 5), ("read_standings", 5)]
        assert {event.by_name for event in events} == {f"{integration.name}, integration"}
        make_pupil(marked.hill, 50, "Young", "Yan", "7")
    ask(token, PUPILS)
    with in_scope(marked.eastshire):
        assert AuditEvent.objects.filter(what="read_pupils").count() == 2


@pytest.mark.parametrize("address", LISTS)
def test_a_page_takes_as_many_queries_whatever_is_on_it(marked: Cast, address: str) -> None:
    token = token_of(marked)
    counts = []
    for size in (1, 5):
        with CaptureQueriesContext(connection) as queries:
            assert ask(token, address, page_size=size).status_code == 200
        counts.append(len(queries))
    assert abs(counts[0] - counts[1]) <= 4, counts  # the first of a test may leave an event
    assert max(counts) <= 16


def test_the_addresses_are_those_of_the_urls() -> None:
    """api_schools, api_pupils, api_standings and api_registers, as they are told to the outside."""
    names = ("api_schools", "api_pupils", "api_standings")
    assert [reverse(name) for name in names] == [SCHOOLS, PUPILS, STANDINGS]
    assert reverse("api_registers", args=["999001"]) == REGISTERS


def test_a_register_without_a_mark_is_told_as_one(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store_marks(cast, cast.hill, all_present([cast.pupil], AUTUMN[:1]))
        Register.objects.update(marks=bytes(732))
    (row,) = _all(token_of(cast, Scope.REGISTERS_READ), REGISTERS)
    assert (row["first_on"], row["last_on"], row["marks"]) == (None, None, "")
