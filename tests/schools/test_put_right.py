"""Facts put right by hand: put_right, put_right_name, _admission, _leaving, _school, _mark."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable

import numpy as np
import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attendance_portal.models import AuditEvent, Membership
from attendance_portal.refusals import Refused
from schools.changes import corrections
from schools.directory.carrying import carry_rolls
from schools.models import BandMove, Correction, Enrolment, Pupil, PupilNameKey, Register, RegisterChange, Standing
from schools.register.changes import unpack
from schools.register.marks import column_of, mark_at
from tests.cast import ON, Cast, in_scope
from tests.schools.stored import AT, AUTUMN, store_autumn
from tests.schools.takeovers import take_over
from tests.schools.test_school_page import words_of

SignedIn = Callable[[Membership], Client]
REASON = "The office typed it wrongly"

pytestmark = pytest.mark.django_db


settle = store_autumn


def typed_day(name: str, day: dt.date) -> dict[str, str]:
    return {f"{name}_day": str(day.day), f"{name}_month": str(day.month), f"{name}_year": str(day.year)}


def put_right(client: Client, pupil: Pupil, fact: str, **typed: object) -> HttpResponse:
    return client.post(f"/pupils/{pupil.pk}/put-right/{fact}/", {"reason": REASON, **typed})


def enrolment_of(cast: Cast, pupil: Pupil) -> Enrolment:
    with in_scope(cast.eastshire):
        found: Enrolment = Enrolment.objects.get(pupil=pupil, school=cast.hill)
        return found


def trail(cast: Cast) -> list[tuple[str, str, str, str]]:
    with in_scope(cast.eastshire):
        return list(Correction.objects.values_list("fact", "before", "after", "reason"))


def test_what_can_be_put_right_is_offered(cast: Cast, signed_in: SignedIn) -> None:
    page = words_of(signed_in(cast.lead), f"/pupils/{cast.pupil.pk}/put-right/")
    for fact in ("One mark", "Leaving date", "School", "Admission date", "Name"):
        assert fact in page
    assert "Put something right" in words_of(signed_in(cast.lead), f"/pupils/{cast.pupil.pk}/")


def test_a_name_put_right_is_sorted_and_found_by_its_new_letters(cast: Cast, signed_in: SignedIn) -> None:
    answer = put_right(signed_in(cast.lead), cast.pupil, "name", surname="O’Neill", forename="Amy-Lou")
    assert answer.url == f"/pupils/{cast.pupil.pk}/"
    with in_scope(cast.eastshire):
        pupil = Pupil.objects.get(pk=cast.pupil.pk)
        assert (str(pupil), pupil.sort_key) == ("Amy-Lou O’Neill", "oneill amy lou")
        keys = set(PupilNameKey.objects.filter(pupil=pupil).values_list("key", flat=True))
        assert keys == {"one", "amy", "lou"}
        event = AuditEvent.objects.get(what="correct_name")
        assert event.pupil_ids == [pupil.pk] and event.detail["reason"] == REASON
    assert trail(cast) == [("Name", "Amy Abbott", "Amy-Lou O’Neill", REASON)]
    assert "From Amy Abbott to Amy-Lou O’Neill. The office typed" in words_of(
        signed_in(cast.lead), f"/pupils/{cast.pupil.pk}/"
    )


def test_a_leaving_date_takes_the_child_off_the_roll_and_bands_the_school(cast: Cast, signed_in: SignedIn) -> None:
    enrolment = enrolment_of(cast, cast.pupil)
    answer = put_right(
        signed_in(cast.lead), cast.pupil, "leaving", enrolment=enrolment.pk, destination="Abroad",
        **typed_day("leaving_on", AUTUMN[9]),
    )  # fmt: skip
    assert answer.status_code == 302
    with in_scope(cast.eastshire):
        standing = Standing.objects.get(pupil=cast.pupil)
        assert (standing.is_on_roll, standing.possible, standing.attended) == (False, 20, 0)
    assert trail(cast) == [("Leaving date", "on roll", "18 September 2026 to Abroad", REASON)]
    put_right(signed_in(cast.lead), cast.pupil, "leaving", enrolment=enrolment.pk)
    with in_scope(cast.eastshire):
        assert Standing.objects.get(pupil=cast.pupil).is_on_roll


def test_dates_in_the_wrong_order_are_refused_with_a_sentence(cast: Cast, signed_in: SignedIn) -> None:
    enrolment = enrolment_of(cast, cast.pupil)
    answer = put_right(
        signed_in(cast.lead), cast.pupil, "leaving", enrolment=enrolment.pk,
        **typed_day("leaving_on", dt.date(2025, 8, 1)),
    )  # fmt: skip
    assert answer.status_code == 200 and f"{REASON}</textarea>" in answer.content.decode()
    assert "cannot be before the admission on 1 September 2025" in answer.content.decode()
    assert not trail(cast)


def test_an_admission_date_leaves_out_what_was_before_it(cast: Cast, signed_in: SignedIn) -> None:
    enrolment = enrolment_of(cast, cast.pupil)
    put_right(
        signed_in(cast.officer), cast.pupil, "admission", enrolment=enrolment.pk,
        **typed_day("admission_on", AUTUMN[10]),
    )  # fmt: skip
    with in_scope(cast.eastshire):
        standing = Standing.objects.get(pupil=cast.pupil)
        assert (standing.possible, standing.band) == (20, 1)
    assert trail(cast) == [("Admission date", "1 September 2025", "21 September 2026", REASON)]


def test_a_move_ends_one_enrolment_and_begins_another(cast: Cast, signed_in: SignedIn) -> None:
    enrolment = enrolment_of(cast, cast.pupil)
    put_right(
        signed_in(cast.officer), cast.pupil, "school", enrolment=enrolment.pk, to="here", school="999002",
        **typed_day("leaving_on", AUTUMN[-1]),
    )  # fmt: skip
    with in_scope(cast.eastshire):
        ended = Enrolment.objects.get(pk=enrolment.pk)
        assert (ended.leaving_on, ended.destination) == (AUTUMN[-1], "Vale Primary School")
        begun = Enrolment.objects.get(pupil=cast.pupil, school=cast.vale)
        assert begun.admission_on == AUTUMN[-1] + dt.timedelta(days=1)
    assert signed_in(cast.other_lead).get(f"/pupils/{cast.pupil.pk}/").status_code == 200


def test_a_lead_moves_a_child_to_a_school_that_is_not_theirs_in_words_only(cast: Cast, signed_in: SignedIn) -> None:
    enrolment = enrolment_of(cast, cast.pupil)
    client, left = signed_in(cast.lead), typed_day("leaving_on", AUTUMN[-1])
    assert "Vale Primary" not in words_of(client, f"/pupils/{cast.pupil.pk}/put-right/school/")
    wrong = put_right(client, cast.pupil, "school", enrolment=enrolment.pk, to="here", school="999002", **left)
    assert wrong.status_code == 200
    put_right(client, cast.pupil, "school", enrolment=enrolment.pk, to="elsewhere", destination="Vale Primary", **left)
    with in_scope(cast.eastshire):
        assert Enrolment.objects.get(pupil=cast.pupil).destination == "Vale Primary"


def test_one_mark_is_put_right_as_a_change_of_the_register(cast: Cast, signed_in: SignedIn) -> None:
    enrolment = enrolment_of(cast, cast.pupil)
    put_right(
        signed_in(cast.lead), cast.pupil, "mark", enrolment=enrolment.pk, half="0", mark="I",
        **typed_day("day", AUTUMN[0]),
    )  # fmt: skip
    with in_scope(cast.eastshire):
        row = np.frombuffer(bytes(Register.objects.get(enrolment=enrolment).marks), np.uint8)
        assert mark_at(row, column_of(AUTUMN[0], 0)) == "I" and mark_at(row, column_of(AUTUMN[0], 1)) == "O"
        change = RegisterChange.objects.latest("pk")
        record = unpack(bytes(change.record))
        assert (change.why, change.cells, int(record.ids[0])) == (REASON, 1, enrolment.pk)
        standing = Standing.objects.get(pupil=cast.pupil)
        assert (standing.authorised, standing.unauthorised) == (1, 19)
    assert trail(cast) == [("Mark of 7 September 2026, morning", "O", "I", REASON)]


def test_a_mark_can_be_taken_away_and_a_category_left_by_it(cast: Cast, signed_in: SignedIn) -> None:
    enrolment = enrolment_of(cast, cast.pupil)
    put_right(
        signed_in(cast.lead), cast.pupil, "mark", enrolment=enrolment.pk, half="1", mark="no mark",
        **typed_day("day", AUTUMN[0]),
    )  # fmt: skip
    with in_scope(cast.eastshire):
        standing = Standing.objects.get(pupil=cast.pupil)
        assert (standing.possible, standing.unauthorised, standing.band) == (39, 19, 4)
        assert BandMove.objects.filter(pupil=cast.pupil, from_band=5, to_band=4).exists()


@pytest.mark.parametrize(
    ("day", "mark", "sentence"),
    [
        (dt.date(2026, 9, 7), "H", "The code H was not in use on 7 September 2026"),
        (dt.date(2025, 8, 4), "I", "is outside the enrolment at Hill Academy"),
        (dt.date(2026, 9, 7), "O", "is O already"),
    ],
)
def test_a_mark_that_cannot_be_is_refused_with_a_sentence(
    cast: Cast, signed_in: SignedIn, day: dt.date, mark: str, sentence: str
) -> None:
    enrolment = enrolment_of(cast, cast.pupil)
    answer = put_right(
        signed_in(cast.lead), cast.pupil, "mark", enrolment=enrolment.pk, half="0", mark=mark, **typed_day("day", day)
    )
    assert f"{REASON}</textarea>" in answer.content.decode() and sentence in answer.content.decode()
    assert not trail(cast)


def test_a_day_to_come_and_a_missing_reason_are_errors_of_the_form(cast: Cast, signed_in: SignedIn) -> None:
    enrolment = enrolment_of(cast, cast.pupil)
    answer = put_right(
        signed_in(cast.lead), cast.pupil, "mark", enrolment=enrolment.pk, half="0", mark="I", reason=" ",
        **typed_day("day", dt.date(2026, 12, 1)),
    )  # fmt: skip
    page = answer.content.decode()
    assert "Day must be on or before 20 November 2026" in page and "Say why this is put right" in page
    answer = put_right(
        signed_in(cast.lead), cast.pupil, "mark", enrolment=enrolment.pk, half="0", mark="I",
        **typed_day("day", dt.date(1999, 9, 7)),
    )  # fmt: skip
    assert "Day must be on or after 1 August 2010" in answer.content.decode()


FACTS = ("", "name/", "admission/", "leaving/", "school/", "mark/")


@pytest.mark.parametrize("fact", FACTS)
def test_who_may_not_put_right_is_turned_away(cast: Cast, signed_in: SignedIn, fact: str) -> None:
    address = f"/pupils/{cast.pupil.pk}/put-right/{fact}"
    assert Client().get(address).status_code == 302
    for member in (cast.other_lead, cast.stranger):
        assert signed_in(member).get(address).status_code == 404
        assert signed_in(member).post(address, {}).status_code in (404, 405)
    for member in (cast.office, cast.manager, cast.practitioner, cast.auditor):
        assert signed_in(member).get(address).status_code == 403
    assert signed_in(cast.lead).get(address).status_code == 200
    assert not trail(cast)


def test_another_school_s_enrolment_cannot_be_named_in_the_form(cast: Cast, signed_in: SignedIn) -> None:
    with in_scope(cast.eastshire):
        second = Enrolment.objects.create(pupil=cast.pupil, school=cast.vale, year_group="7")
    answer = put_right(signed_in(cast.lead), cast.pupil, "leaving", enrolment=second.pk)
    assert answer.status_code == 200 and not trail(cast)


# --- In turn with files, syncs and undos ---------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["admission", "leaving", "school", "roll"])
def test_the_schools_turn_is_taken_before_an_enrolment_is_written(cast: Cast, what: str) -> None:
    """A file takes its school's turn and then writes enrolments: the other way round the two wait for each other."""
    enrolment = enrolment_of(cast, cast.pupil)
    write = {"reason": REASON, "by": cast.officer, "at": AT, "on": ON}
    with in_scope(cast.eastshire), CaptureQueriesContext(connection) as asked:
        match what:
            case "admission":
                corrections.correct_admission(enrolment, admission_on=AUTUMN[1], **write)
            case "leaving":
                corrections.correct_leaving(enrolment, leaving_on=AUTUMN[9], destination="", **write)
            case "school":
                corrections.move_school(
                    enrolment, leaving_on=AUTUMN[9], to=cast.vale, destination="", admission_on=None, **write
                )
            case "roll":
                take_over(cast, cast.hill, "999019", AUTUMN[9])
                carry_rolls(on=ON, by=None)
    said = [one["sql"] for one in asked]
    [turn, *_] = [at for at, sql in enumerate(said) if "FOR NO KEY UPDATE" in sql]
    [written, *_] = [at for at, sql in enumerate(said) if re.match(r'(UPDATE|INSERT INTO) "schools_enrolment', sql)]
    assert turn < written


def test_dates_that_changed_while_the_page_was_open_are_those_that_count(cast: Cast) -> None:
    stale = enrolment_of(cast, cast.pupil)
    write = {"reason": REASON, "by": cast.lead, "at": AT, "on": ON}
    with in_scope(cast.eastshire):
        Enrolment.objects.filter(pk=stale.pk).update(admission_on=AUTUMN[5])
        with pytest.raises(Refused, match="before the admission"):
            corrections.correct_leaving(stale, leaving_on=AUTUMN[4], destination="", **write)
        Enrolment.objects.filter(pk=stale.pk).update(made_in_error_at=AT)
        with pytest.raises(Refused, match="taken off the roll"):
            corrections.correct_leaving(stale, leaving_on=AUTUMN[9], destination="", **write)
