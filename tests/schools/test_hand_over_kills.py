"""Hand-overs of two processes at once: both accept, one accepts what the other withdraws, one is killed half-way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

import pytest

from attendance_portal.models import AuditEvent
from attendance_portal.tenancy import authority_scope
from schools.handing.offering import offer_hand_over
from schools.models import HandOver, HandOverAnswer, Pupil, PupilNameKey
from tests.cast import Cast, make_cast
from tests.schools.hand_overs import AT
from tests.schools.test_kills import WAIT, held_up, is_waiting, wait_until
from tests.servers import BASE, TestServer

ACT = """
import datetime, os, sys
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "attendance_portal.settings"
django.setup()
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from attendance_portal.tenancy import authority_scope
from schools.handing.offering import withdraw_hand_over
from schools.handing.receiving import accept_hand_over
from schools.models import HandOver
at = datetime.datetime(2026, 11, 20, 10, 30, tzinfo=datetime.UTC)
what, email, key = sys.argv[1:]
by = Membership.objects.select_related("user", "authority").get(user__email=email)
by.on = at.date()
try:
    with authority_scope(by.authority):
        if what == "accept":
            accept_hand_over(HandOver.received.get(pk=key), pupil=None, by=by, at=at)
        else:
            withdraw_hand_over(HandOver.objects.get(pk=key), because="A mistake", by=by, at=at)
except Refused:
    sys.exit(3)
"""
WEST, EAST = "officer@westshire.example", "officer@eastshire.example"


@pytest.fixture
def kept(own_database: str) -> tuple[Cast, HandOver]:
    """A child of Hill Academy that is offered to Westshire."""
    cast = make_cast()
    with authority_scope(cast.eastshire):
        return cast, offer_hand_over(cast.pupil, to=cast.westshire, reason="moved-home", by=cast.officer, at=AT)


def started(environment: Mapping[str, str], what: str, email: str, one: HandOver) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", ACT, what, email, str(one.pk)]
    return subprocess.Popen(command, env=dict(environment), cwd=BASE)


def made(cast: Cast) -> tuple[int, int, int]:
    """At Westshire: records of the child, answers, and events of accepting."""
    with authority_scope(cast.westshire):
        children, answers = Pupil.objects.filter(surname="Abbott").count(), HandOverAnswer.objects.count()
        return children, answers, AuditEvent.objects.filter(what="accept_hand_over").count()


def test_of_two_who_accept_at_once_one_does_and_the_other_is_told(
    kept: tuple[Cast, HandOver], process_environment: dict[str, str]
) -> None:
    cast, one = kept
    both = [started(process_environment, "accept", WEST, one) for _ in range(2)]
    assert sorted(process.wait(WAIT) for process in both) == [0, 3]
    assert made(cast) == (1, 1, 1)


def test_an_offer_is_either_accepted_or_withdrawn(
    kept: tuple[Cast, HandOver], process_environment: dict[str, str]
) -> None:
    cast, one = kept
    accepting = started(process_environment, "accept", WEST, one)
    withdrawing = started(process_environment, "withdraw", EAST, one)
    done = {"accepted": accepting.wait(WAIT), "withdrawn": withdrawing.wait(WAIT)}
    assert sorted(done.values()) == [0, 3]
    with authority_scope(cast.eastshire):
        assert HandOver.objects.with_stage().get().stage == next(stage for stage, code in done.items() if code == 0)
    assert made(cast) == ((1, 1, 1) if done["accepted"] == 0 else (0, 0, 0))


# Another transaction wrote a UPN of the child first: whoever makes the record waits for it, in the middle of accepting.
_THE_SAME_UPN = """
    INSERT INTO schools_pupil (authority_id, id, upn, surname, forename, sex, sort_key, is_restricted)
    VALUES (%(authority)s, gen_random_uuid(), %(upn)s, 'Other', 'Child', '', 'other child', false)
"""


def test_killed_half_way_nothing_is_written_and_it_can_be_accepted_afterwards(
    kept: tuple[Cast, HandOver], own_database: str, database_server: TestServer, process_environment: dict[str, str]
) -> None:
    cast, one = kept
    values = {"authority": cast.westshire.pk, "upn": cast.pupil.upn}
    with held_up(database_server, own_database, _THE_SAME_UPN, values):
        process = started(process_environment, "accept", WEST, one)
        wait_until(lambda: is_waiting(database_server, own_database) or process.poll() is not None)
        assert process.poll() is None, "The work ended before it could be killed."
        process.kill()
        process.wait()
    assert made(cast) == (0, 0, 0)
    with authority_scope(cast.westshire):
        assert not PupilNameKey.objects.filter(key="abb").exists()
        assert HandOver.received.with_stage().get().stage == HandOver.Stage.OFFERED
    wait_until(lambda: started(process_environment, "accept", WEST, one).wait(WAIT) == 0)
    assert made(cast) == (1, 1, 1)
