"""Syncs of a school's own system over real HTTP: what they bring, and how they end when the system misbehaves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from pytest_django import Settings

from attendance_portal.front.demo.wonde_school import WondeStudent
from attendance_portal.front.demo.wonde_server import Refusal
from attendance_portal.models import AuditEvent
from attendance_portal.refusals import Refused
from attendance_portal.tenancy import authority_scope
from schools.changes import corrections
from schools.models import (
    Connection,
    Enrolment,
    Pupil,
    Register,
    RegisterChange,
    Standing,
    SyncProblem,
    SyncRun,
)
from schools.register.changes import unpack
from schools.register.codes import NUMBERS
from schools.syncing import syncing, syncs
from tests.cast import ON, Cast, make_pupil
from tests.schools.stored import store_marks
from tests.schools.systems import (
    AT,
    COUNT,
    DAYS,
    EVERYTHING,
    Wonde,
    mark_of,
    registers_of,
    serving,
    system_of,
    wonde_for,
)

State = SyncRun.State


# --- What it brings -----------------------------------------------------------------------------------------


def test_the_first_sync_brings_pupils_and_marks_of_the_whole_year_a_month_at_a_time(wonde: Wonde) -> None:
    assert wonde.work() == 1
    run, cast = wonde.run(), wonde.cast
    assert (run.state, run.words, run.counts["changed"], run.counts["pupils"]) == (State.DONE, "", COUNT, 5)
    assert registers_of(cast.eastshire, cast.hill) == dict.fromkeys((p.surname for p in cast.pupils), EVERYTHING)
    months = [query["attendance_date_after"] for query in wonde.asked("attendance/session")]
    assert months == ["2026-07-31", "2026-08-31", "2026-09-30", "2026-10-31"]
    assert [path.rpartition("/")[2] for path, _ in wonde.server.asked[4:7]] == [
        "attendance-codes", "students", "students-leaver",
    ]  # fmt: skip
    assert wonde.server.asked[-1][0].endswith("deletions")
    with authority_scope(cast.eastshire):
        assert Enrolment.objects.filter(school=cast.hill).count() == 5
        assert Standing.objects.filter(school=cast.hill).count() == 5
        changes = RegisterChange.objects.all()
        assert {(one.sync_id, one.made_by_id, one.upload_id) for one in changes} == {(run.pk, None, None)}
        assert wonde.link().synced_from_at == AT


def test_a_later_sync_asks_for_changes_since_the_hour_before_and_for_five_weeks_again(synced: Wonde) -> None:
    run = synced.again()
    assert (run.state, run.counts["changed"]) == (State.DONE, 0)
    asked = synced.asked("attendance/session")
    assert asked[0]["updated_after"] == "2026-11-20 08:30:00"
    assert asked[0]["attendance_date_after"] == "2026-07-31"
    assert {"updated_after" in query for query in asked[1:]} == {False}
    assert (asked[1]["attendance_date_after"], asked[-1]["attendance_date_before"]) == ("2026-10-16", "2026-11-22")
    assert synced.asked("students")[0]["updated_after"] == "2026-11-20 08:30:00"
    assert synced.asked("deletions")[0]["updated_after"] == "2026-11-20 08:30:00"


def test_a_mark_changed_months_ago_and_one_changed_without_a_stamp_are_both_brought(synced: Wonde) -> None:
    synced.hill.enter(0, 0, NUMBERS["I"], synced.clock.at)
    last = len(DAYS) * 2 - 1
    synced.hill.marks[1, last] = NUMBERS["M"]
    run, cast = synced.again(), synced.cast
    assert run.counts["changed"] == 2
    assert mark_of(cast, cast.pupils[0], DAYS[0], 0) == "I"
    assert mark_of(cast, cast.pupils[1], DAYS[-1], 1) == "M"
    with authority_scope(cast.eastshire):
        changes = [unpack(change.record) for change in RegisterChange.objects.filter(sync=run)]
        pairs = [pair for c in changes for pair in zip(c.before.tolist(), c.after.tolist(), strict=True)]
        assert sorted(pairs) == sorted([(NUMBERS["/"], NUMBERS["I"]), (NUMBERS["\\"], NUMBERS["M"])])
        told = AuditEvent.objects.filter(what="store_sync").latest("pk")
        assert told.by_name.startswith("Olive Frost")


def test_a_blank_never_erases_and_a_mark_no_longer_listed_stays(synced: Wonde) -> None:
    synced.hill.codes.append({"id": "A3000000099", "code": "-"})
    synced.hill.enter(0, 0, 99, synced.clock.at)
    synced.hill.marks[1, 0] = 0
    run, cast = synced.again(), synced.cast
    assert (run.state, run.counts["changed"], run.counts["blanks"]) == (State.DONE, 0, 1)
    assert registers_of(cast.eastshire, cast.hill) == dict.fromkeys((p.surname for p in cast.pupils), EVERYTHING)


@pytest.mark.parametrize("what", ["attendance_session", None])
def test_a_deleted_mark_goes_with_the_record_of_it(synced: Wonde, what: str | None) -> None:
    synced.hill.delete_mark(0, 0, synced.clock.at, what=what)
    run, cast = synced.again(), synced.cast
    assert (run.state, run.counts["deleted"]) == (State.DONE, 1)
    assert mark_of(cast, cast.pupils[0], DAYS[0], 0) == ""
    with authority_scope(cast.eastshire):
        change = RegisterChange.objects.get(sync=run)
        assert (change.cells, change.why) == (1, "Deleted in the school's own system.")
        assert AuditEvent.objects.get(what="take_away_marks").pupil_ids == [cast.pupil.pk]
        assert Standing.objects.get(pupil=cast.pupil).attended == 2 * len(DAYS) - 1


def test_a_mark_deleted_and_entered_again_stays_and_so_does_one_put_right_since(synced: Wonde) -> None:
    cast, at = synced.cast, synced.clock.at
    synced.hill.delete_mark(0, 0, at)
    synced.hill.enter(0, 0, NUMBERS["I"], at)
    with authority_scope(cast.eastshire):
        enrolment = Enrolment.objects.get(pupil=cast.pupils[1])
        corrections.correct_mark(
            enrolment, day=DAYS[0], half=0, mark="M", reason="A letter came", by=cast.lead, at=at, on=ON
        )
    synced.hill.delete_mark(1, 0, at)
    run = synced.again()
    assert run.counts["deleted"] == 0
    assert mark_of(cast, cast.pupils[0], DAYS[0], 0) == "I"
    assert mark_of(cast, cast.pupils[1], DAYS[0], 0) == "M"


def test_what_was_put_right_by_hand_stays_until_the_system_says_something_else(synced: Wonde) -> None:
    cast, at, last = synced.cast, synced.clock.at, len(DAYS) * 2 - 2
    with authority_scope(cast.eastshire):
        enrolment = Enrolment.objects.get(pupil=cast.pupil)
        corrections.correct_mark(
            enrolment, day=DAYS[-1], half=0, mark="I", reason="A letter came", by=cast.lead, at=at, on=ON
        )
    synced.again()
    assert mark_of(cast, cast.pupil, DAYS[-1], 0) == "I"
    synced.hill.enter(0, last, NUMBERS["O"], at)
    synced.clock.at += dt.timedelta(days=1)
    synced.again()
    assert mark_of(cast, cast.pupil, DAYS[-1], 0) == "O"


def test_a_sync_after_an_upload_of_the_same_marks_changes_nothing(wonde: Wonde) -> None:
    cast = wonde.cast
    with authority_scope(cast.eastshire):
        store_marks(cast, cast.hill, {pupil: dict.fromkeys(DAYS, "/\\") for pupil in cast.pupils})
    wonde.work()
    assert (wonde.run().state, wonde.run().counts["changed"], wonde.run().counts["new"]) == (State.DONE, 0, 0)


def test_a_new_pupil_a_leaver_and_one_who_came_back_are_enrolled_with_their_dates(synced: Wonde) -> None:
    hill, cast = synced.hill, synced.cast
    born, at = dt.date(2014, 5, 4), synced.clock.at
    new = WondeStudent("A1500009001", "", "7001", "Young", "Yan", born, "7", dt.date(2026, 11, 9), None, at)
    gone = hill.students[4]
    left = WondeStudent(
        gone.source_id, gone.upn, gone.local_id, gone.surname, gone.forename, gone.born_on, "11", gone.admitted_on,
        dt.date(2026, 10, 2), at,
    )  # fmt: skip
    back = WondeStudent(
        "A1500009002", gone.upn, gone.local_id, gone.surname, gone.forename, gone.born_on, "11",
        dt.date(2026, 11, 16), None, at,
    )  # fmt: skip
    hill.students[4] = left
    hill.students += [new, back]
    more = hill.marks[:2].copy()
    more[:, :40] = 0
    for name in ("marks", "ids", "changed"):
        table = getattr(hill, name)
        part = more if name == "marks" else table[:2] + (10_000 if name == "ids" else 0)
        setattr(hill, name, np.concatenate([table, part]))
    assert synced.again().state == State.DONE
    with authority_scope(cast.eastshire):
        child = Pupil.objects.get(surname="Young")
        assert child.enrolments.get().admission_on == dt.date(2026, 11, 9)
        stays = Enrolment.objects.filter(pupil=cast.pupils[4]).order_by("admission_on")
        assert [(stay.admission_on.month, stay.leaving_on) for stay in stays if stay.admission_on] == [
            (9, dt.date(2026, 10, 2)), (11, None),
        ]  # fmt: skip


def test_marks_that_cannot_be_stored_are_told_with_the_childs_name_and_go_when_they_are_right(synced: Wonde) -> None:
    hill, cast = synced.hill, synced.cast
    hill.codes.append({"id": "A3000000099", "code": "?!"})
    hill.enter(0, len(DAYS) * 2 - 2, 99, synced.clock.at)
    run = synced.again()
    with authority_scope(cast.eastshire):
        problem = SyncProblem.objects.get()
        assert (run.counts["left_out"], problem.kind, problem.on) == (2, "unknown-code", DAYS[-1])
        assert problem.message.startswith("Amy Abbott: ‘?!’ is not an attendance code.")
    hill.enter(0, len(DAYS) * 2 - 2, NUMBERS["I"], synced.clock.at)
    synced.clock.at += dt.timedelta(days=1)
    synced.again()
    with authority_scope(cast.eastshire):
        assert not SyncProblem.objects.exists()
    assert mark_of(cast, cast.pupil, DAYS[-1], 0) == "I"


# --- How it ends when the system misbehaves -----------------------------------------------------------------


def test_a_bad_token_stops_everything_with_a_sentence_and_a_new_one_goes_on(wonde: Wonde) -> None:
    wonde.set_token("an-old-token")
    assert wonde.work() == 0
    connection = wonde.connection()
    assert (connection.state, connection.trouble) == (
        Connection.State.REFUSED, "Wonde does not accept the token. Enter a new one.",
    )  # fmt: skip
    syncs.want_all(wonde.cast.eastshire, wonde.clock.at)
    assert not syncs.waiting(wonde.cast.eastshire, wonde.clock.at)
    wonde.set_token()
    assert wonde.work() == 1 and wonde.run().state == State.DONE
    assert wonde.connection().state == Connection.State.WORKING


def test_a_token_that_fails_in_the_middle_keeps_what_was_stored_and_the_sync_goes_on_from_there(wonde: Wonde) -> None:
    def fail_in_november(path: str, query: dict[str, str]) -> None:
        wonde.server.faults.bad_token = query.get("attendance_date_after") == "2026-10-31"
        if wonde.server.faults.bad_token:
            raise Refusal(401)

    wonde.server.before_answer = fail_in_november
    wonde.work()
    run = wonde.run()
    assert (run.state, run.trouble, len(run.todo)) == (State.STOPPED, "token", 1)
    assert wonde.connection().state == Connection.State.REFUSED
    wonde.server.before_answer, wonde.server.faults.bad_token = None, False
    wonde.set_token()
    wonde.work()
    assert wonde.run().pk == run.pk and wonde.run().state == State.DONE
    assert set(registers_of(wonde.cast.eastshire, wonde.cast.hill).values()) == {EVERYTHING}


@pytest.mark.parametrize(("approval", "words"), [("revoked", "withdrawn"), ("declined", "declined")])
def test_a_school_that_takes_its_approval_back_is_asked_no_more_and_keeps_its_marks(
    synced: Wonde, approval: str, words: str
) -> None:
    cast = synced.cast
    with authority_scope(cast.eastshire):
        syncs.ask_for_sync(synced.link(), by=None, at=synced.clock.at)
    synced.hill.approval = approval
    synced.work()
    run = synced.run()
    assert (run.state, run.trouble) == (State.STOPPED, "not-approved") and "Ask the school" in run.words
    syncs.want_all(cast.eastshire, synced.clock.at)
    synced.work()
    with authority_scope(cast.eastshire):
        assert synced.link().approval == approval
        with pytest.raises(Refused, match=words):
            syncs.ask_for_sync(synced.link(), by=None, at=synced.clock.at)
        assert Register.objects.filter(school=cast.hill).count() == 5


def test_a_short_storm_is_waited_out_as_long_as_the_server_says(wonde: Wonde) -> None:
    wonde.server.faults.storm, wonde.server.faults.retry_after = 3, "7"
    wonde.work()
    assert wonde.run().state == State.DONE and wonde.clock.slept == [7.0, 7.0, 7.0]


def test_without_a_word_how_long_the_pauses_grow(wonde: Wonde) -> None:
    wonde.server.faults.broken = 4
    wonde.work()
    assert wonde.run().state == State.DONE and wonde.clock.slept == [1.5, 3.0, 6.0, 12.0]


def test_while_a_storm_is_waited_out_no_other_worker_takes_the_school(wonde: Wonde) -> None:
    syncs.look_for_schools(wonde.cast.eastshire, wonde.clock.timing)
    wonde.server.faults.storm, wonde.server.faults.retry_after = 1000, "120"
    taken: list[bool] = []

    def sleep(seconds: float) -> None:
        wonde.clock.sleep(seconds)
        taken.append(syncs.waiting(wonde.cast.eastshire, wonde.clock.at))

    assert syncing.run_next(wonde.cast.eastshire, replace(wonde.clock.timing, sleep=sleep))
    assert taken == [False] * 5
    assert (wonde.run().trouble, wonde.run().attempts) == ("busy", 1)


def test_while_the_schools_are_asked_for_in_a_storm_no_other_worker_asks(wonde: Wonde) -> None:
    wonde.server.faults.storm, wonde.server.faults.retry_after = 5, "120"
    taken: list[bool] = []

    def sleep(seconds: float) -> None:
        wonde.clock.sleep(seconds)
        taken.append(syncs.waiting(wonde.cast.eastshire, wonde.clock.at))

    syncs.look_for_schools(wonde.cast.eastshire, replace(wonde.clock.timing, sleep=sleep))
    assert taken == [False] * 5


def test_a_fault_of_the_service_itself_is_told_and_tried_again_later(
    wonde: Wonde, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncs.look_for_schools(wonde.cast.eastshire, wonde.clock.timing)
    with monkeypatch.context() as broken:
        broken.setattr(syncing, "band_schools", None)
        with pytest.raises(TypeError):
            wonde.work()
    run = wonde.run()
    assert (run.state, run.trouble, run.attempts) == (State.UNDER_WAY, "fault", 1)
    assert run.try_again_at and "fault of this service" in run.words
    wonde.clock.at = run.try_again_at
    assert wonde.work() == 1 and wonde.run().state == State.DONE


Spoil = Callable[[Wonde], None]


def _storm(wonde: Wonde) -> None:
    wonde.server.faults.storm = 10_000


def _long_pause(wonde: Wonde) -> None:
    wonde.server.faults.storm, wonde.server.faults.retry_after = 1, "3600"


def _out_of_order(wonde: Wonde) -> None:
    wonde.server.faults.broken = 10_000


def _truncated(wonde: Wonde) -> None:
    wonde.server.faults.truncated = 10_000


def _cut_off(wonde: Wonde) -> None:
    wonde.server.faults.cut_off = 10_000


def _repeats(wonde: Wonde) -> None:
    wonde.server.faults.repeats = True


@pytest.mark.parametrize(
    ("spoil", "trouble", "words"),
    [
        (_storm, "busy", "asked us to come more slowly"),
        (_long_pause, "busy", "asked us to come more slowly"),
        (_out_of_order, "unwell", "is out of order (503)"),
        (_truncated, "broken", "broke off"),
        (_cut_off, "broken", "broke off"),
        (_repeats, "repeats", "sent the same page twice"),
    ],
)
def test_trouble_that_passes_ends_the_stretch_with_its_words_and_the_sync_goes_on_later(
    wonde: Wonde, spoil: Spoil, trouble: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("schools.connectors.wonde.PER_PAGE", "40")
    cast = wonde.cast
    november: list[str] = []

    def from_november(path: str, query: dict[str, str]) -> None:
        if query.get("attendance_date_after") == "2026-10-31" and not november:
            november.append(path)
            spoil(wonde)

    wonde.server.before_answer = from_november
    wonde.work()
    run = wonde.run()
    assert (run.state, run.trouble) == (State.UNDER_WAY, trouble) and words in run.words
    assert len(run.todo) == 1 and run.try_again_at and run.try_again_at > wonde.clock.at
    half = " ".join(["/ \\"] * 10)
    assert set(registers_of(cast.eastshire, cast.hill).values()) == {half}
    with authority_scope(cast.eastshire):
        assert Standing.objects.filter(school=cast.hill, possible=20).count() == 5, "what is stored is in the figures"
    assert wonde.work() == 0, "it is not tried again before its time"
    wonde.server.faults = type(wonde.server.faults)()
    wonde.clock.at = run.try_again_at
    assert wonde.work() == 1
    assert wonde.run().pk == run.pk and wonde.run().state == State.DONE
    assert set(registers_of(cast.eastshire, cast.hill).values()) == {EVERYTHING}


def test_trouble_that_does_not_pass_stops_the_sync_and_the_next_night_goes_on_where_it_was(wonde: Wonde) -> None:
    wonde.work()
    wonde.clock.at += dt.timedelta(days=1)
    wonde.ask()
    wonde.server.faults.broken = 10_000
    for _ in range(5):
        wonde.work()
        wonde.clock.at = wonde.run().try_again_at or wonde.clock.at
    stopped = wonde.run()
    assert (stopped.state, stopped.trouble) == (State.STOPPED, "unwell")
    wonde.server.faults.broken = 0
    wonde.clock.at += dt.timedelta(days=1)
    syncs.want_all(wonde.cast.eastshire, wonde.clock.at)
    wonde.work()
    assert wonde.run().pk == stopped.pk and wonde.run().state == State.DONE
    with authority_scope(wonde.cast.eastshire):
        assert wonde.link().synced_from_at == stopped.started_at


def test_the_token_is_not_sent_to_another_address(wonde: Wonde, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schools.connectors.wonde.PER_PAGE", "2")
    wonde.server.faults.elsewhere = True
    wonde.work()
    run = wonde.run()
    assert (run.state, run.trouble) == (State.STOPPED, "not-understood") and "another address" in run.words


def test_a_student_who_vanishes_in_the_middle_loses_nothing_and_is_told(synced: Wonde) -> None:
    hill, cast = synced.hill, synced.cast
    at = synced.clock.at
    born = dt.date(2014, 5, 4)
    hill.students[4] = WondeStudent("A1500008001", "", "7009", "Brief", "Bo", born, "7", None, None, at)
    hill.only_marks.add("A1500008001")
    run = synced.again()
    assert run.state == State.DONE
    with authority_scope(cast.eastshire):
        problem = SyncProblem.objects.get()
        assert problem.kind == "vanished-pupil" and "A1500008001" in problem.message
    assert set(registers_of(cast.eastshire, cast.hill)) == {pupil.surname for pupil in cast.pupils}


def test_a_student_who_appears_in_the_middle_is_asked_for_and_enrolled(wonde: Wonde) -> None:
    cast, late = wonde.cast, wonde.hill.students[4].source_id
    wonde.hill.only_marks.add(late)

    def appear(path: str, query: dict[str, str]) -> None:
        if path.endswith("session"):
            wonde.hill.only_marks.discard(late)

    wonde.server.before_answer = appear
    wonde.work()
    assert wonde.run().state == State.DONE
    assert registers_of(cast.eastshire, cast.hill)["Evans"] == EVERYTHING


def test_a_student_who_is_deleted_stays_on_the_roll_with_every_mark_until_a_person_says_so(synced: Wonde) -> None:
    cast, at = synced.cast, synced.clock.at
    synced.hill.delete_student(0, at)
    assert synced.again().state == State.DONE
    assert registers_of(cast.eastshire, cast.hill)["Abbott"] == EVERYTHING
    with authority_scope(cast.eastshire):
        problem = SyncProblem.objects.get()
        assert problem.message.startswith("Amy Abbott was deleted in the school's system.")
        corrections.correct_leaving(
            Enrolment.objects.get(pupil=cast.pupil), leaving_on=DAYS[-1], destination="", reason="Left", by=cast.lead,
            at=at, on=ON,
        )  # fmt: skip
    synced.clock.at += dt.timedelta(days=1)
    synced.again()
    with authority_scope(cast.eastshire):
        assert not SyncProblem.objects.exists()


def test_a_child_told_of_twice_with_another_mark_is_told_and_the_rest_is_stored(wonde: Wonde) -> None:
    """formats.md 9.7: an entry by Amy's UPN, and one by her admission number alone. The school is the right one."""
    hill, cast = wonde.hill, wonde.cast
    hill.students.append(replace(hill.students[0], source_id="A1500009999", upn=""))
    hill.students[0] = replace(hill.students[0], local_id="")
    for name in ("marks", "ids", "changed"):
        row = getattr(hill, name)[:1]
        setattr(hill, name, np.vstack([getattr(hill, name), row + 900 if name == "ids" else row]))
    hill.enter(5, 2 * len(DAYS) - 1, NUMBERS["I"], AT)
    wonde.work()
    assert wonde.run().state == State.DONE
    assert registers_of(cast.eastshire, cast.hill)["Abbott"] == EVERYTHING.removesuffix(" \\")
    with authority_scope(cast.eastshire):
        [problem] = SyncProblem.objects.all()
    assert problem.kind == "contradicting-marks" and "another entry there gives" in problem.message
    assert "Both are left out until it is put right in the school's system." in problem.message


def test_a_school_whose_pupils_are_on_anothers_roll_stops_and_stores_nothing(cast: Cast, settings: Settings) -> None:
    with authority_scope(cast.eastshire):
        others = [*cast.vale_pupils]
        others += [make_pupil(cast.vale, number, f"Other{number}", "Olga", "3") for number in range(101, 113)]
        system = system_of(cast.hill, others)
    with serving(system) as server:
        wonde = wonde_for(cast, server, settings)
        wonde.work()
    assert (wonde.run().state, wonde.run().trouble) == (State.STOPPED, "other-school")
    with authority_scope(cast.eastshire):
        assert not Register.objects.exists() and Enrolment.objects.filter(school=cast.hill).count() == 5
