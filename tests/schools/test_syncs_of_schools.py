"""Which school of the portal a school of a source is: matched, followed through a conversion, and kept apart."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import replace

import pytest
from pytest_django import Settings

from attendance_portal.models import AuditEvent
from attendance_portal.refusals import Refused
from attendance_portal.tenancy import authority_scope
from schools.changes.acts import acts_of
from schools.changes.undoing import undo_change
from schools.models import (
    Connection,
    Enrolment,
    School,
    SchoolLink,
    Succession,
    SyncedMarks,
    SyncProblem,
    SyncRun,
)
from schools.syncing import syncs
from tests.cast import ON, Cast
from tests.schools.systems import Wonde, registers_of, serving, system_of, wonde_for

State = SyncRun.State


def converted(wonde: Wonde) -> School:
    """Hill Academy closed on 31 October and another opened on 1 November; its system has the new number."""
    cast, opened = wonde.cast, dt.date(2026, 11, 1)
    with authority_scope(cast.eastshire):
        School.objects.filter(pk=cast.hill.pk).update(closed_on=opened - dt.timedelta(days=1))
        new: School = School.objects.create(
            urn="999050", laestab="9994050", name="Hilltop Academy", phase=cast.hill.phase, opened_on=opened
        )
        Succession.objects.create(predecessor=cast.hill, successor=new, kind="converted", linked_on=opened)
    wonde.hill.urn = new.urn
    return new


def test_the_system_of_a_school_that_was_taken_over_is_read_for_the_school_that_followed(synced: Wonde) -> None:
    cast, old = synced.cast, registers_of(synced.cast.eastshire, synced.cast.hill)
    new = converted(synced)
    syncs.want_all(cast.eastshire, synced.clock.at)
    synced.work()
    assert synced.run().state == State.DONE
    with authority_scope(cast.eastshire):
        assert synced.link().school == new
    assert registers_of(cast.eastshire, cast.hill) == old
    assert set(registers_of(cast.eastshire, new).values()) == {" ".join(["/ \\"] * 15)}, "from its first day on"


def test_a_school_wrongly_matched_is_matched_again_once_its_syncs_were_undone(synced: Wonde) -> None:
    cast = synced.cast
    with authority_scope(cast.eastshire):
        right = School.objects.create(urn="999060", name="The right school", phase=cast.hill.phase)
        with pytest.raises(Refused, match="Undo its syncs"):
            syncs.match_school(synced.link(), right, by=cast.admin)
        [act] = acts_of(cast.hill)
        undo_change(cast.hill, act.key, reason="Wrong school", by=cast.lead, at=synced.clock.at, on=ON)
        syncs.match_school(synced.link(), right, by=cast.admin)
        assert synced.link().school == right and synced.link().synced_from_at is None


def test_registration_groups_are_asked_for_and_kept_and_so_is_the_sex(wonde: Wonde) -> None:
    wonde.hill.students[0] = replace(wonde.hill.students[0], registration_group="7K", sex="F")
    wonde.work()
    assert wonde.asked("students")[0]["include"] == "education_details,year,registration", "no other group travels"
    with authority_scope(wonde.cast.eastshire):
        amy = Enrolment.objects.select_related("pupil").get(pupil=wonde.cast.pupil)
        assert (amy.reg_group, amy.pupil.sex) == ("7K", "F")


# --- Which schools ------------------------------------------------------------------------------------------


def test_schools_are_matched_by_urn_else_by_number_and_others_are_held_for_a_person(
    cast: Cast, settings: Settings
) -> None:
    with authority_scope(cast.eastshire):
        hill, vale = system_of(cast.hill, cast.pupils), system_of(cast.vale, cast.vale_pupils, number=2)
        pending = system_of(cast.vale, [], number=3)
    vale.urn = ""
    pending.urn, pending.laestab, pending.name, pending.approval = "999777", "9997777", "Unknown School", "pending"
    with serving(hill, vale, pending) as server:
        wonde = wonde_for(cast, server, settings)
        assert wonde.work() == 2
        with authority_scope(cast.eastshire):
            links = {link.name: link for link in SchoolLink.objects.all()}
            assert links["Hill Academy"].school == cast.hill and links["Vale Primary School"].school == cast.vale
            unknown = links["Unknown School"]
            assert (unknown.school, unknown.approval) == (None, "pending")
            with pytest.raises(Refused, match="matched to another entry"):
                syncs.match_school(unknown, cast.hill, by=cast.admin)
        server.schools.remove(pending)
        syncs.want_all(cast.eastshire, wonde.clock.at)
        wonde.work()
        with authority_scope(cast.eastshire):
            assert SchoolLink.objects.get(name="Unknown School").approval == "gone"
        assert server.most_at_once == 1


@pytest.mark.parametrize(("retry_after", "minutes"), [("300", 10), ("3600", 60)])
def test_schools_asked_for_in_trouble_that_passes_are_asked_for_again_and_their_night_is_not_lost(
    wonde: Wonde, retry_after: str, minutes: int
) -> None:
    wonde.server.faults.storm, wonde.server.faults.retry_after = 1, retry_after
    assert wonde.work() == 0 and wonde.connection().state == Connection.State.TROUBLE
    wonde.clock.at += dt.timedelta(minutes=minutes - 1)
    assert not syncs.waiting(wonde.cast.eastshire, wonde.clock.at) and wonde.work() == 0
    wonde.clock.at += dt.timedelta(minutes=1)
    assert syncs.waiting(wonde.cast.eastshire, wonde.clock.at) and wonde.work() == 1
    assert wonde.connection().state == Connection.State.WORKING and wonde.connection().look_wanted_at is None


def test_schools_asked_for_in_vain_for_hours_are_left_to_the_next_night(wonde: Wonde) -> None:
    wonde.server.faults.broken = 10_000
    for hours in (0, 2, 2):
        wonde.clock.at += dt.timedelta(hours=hours)
        assert wonde.connection().look_wanted_at is not None
        wonde.work()
    assert wonde.connection().look_wanted_at is None


# --- Secrets and strangers ----------------------------------------------------------------------------------


def test_the_token_stands_nowhere_in_clear(wonde: Wonde, caplog: pytest.LogCaptureFixture) -> None:
    secret = "a-token-nobody-may-read-again"
    wonde.server.token = secret
    with caplog.at_level(logging.DEBUG):
        wonde.set_token(secret)
        wonde.work()
        wonde.server.faults.bad_token = True
        wonde.clock.at += dt.timedelta(days=1)
        wonde.again()
    assert wonde.run().trouble == "token"
    assert secret not in "".join(caplog.messages) and secret not in caplog.text
    with authority_scope(wonde.cast.eastshire):
        stored = Connection.objects.get()
        assert secret.encode() not in bytes(stored.sealed_token)
        for model in (AuditEvent, SyncRun, Connection, SchoolLink, SyncProblem, SyncedMarks):
            assert secret not in str(list(model.objects.values()))


def test_another_authority_sees_and_shares_nothing(synced: Wonde) -> None:
    with authority_scope(synced.cast.westshire):
        assert not Connection.objects.exists() and not SchoolLink.objects.exists() and not SyncRun.objects.exists()
    assert not syncs.waiting(synced.cast.westshire, synced.clock.at)
