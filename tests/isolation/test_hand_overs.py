"""Hand-overs in PostgreSQL alone: who of sender, addressee and stranger reads and writes which row, and when."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django_scopes.exceptions import ScopeError

from attendance_portal.isolation import ShowToAnother
from attendance_portal.models import Authority
from attendance_portal.tenancy import authority_scope
from schools.models import HandOver, HandOverAnswer, HandOverContents, Pupil
from tests.isolation.rows import MOMENT, another_authority, member_of, row_of

pytestmark = pytest.mark.django_db
ENVELOPE, CONTENTS, ANSWER = "schools_handover", "schools_handovercontents", "schools_handoveranswer"


@dataclass
class Sent:
    """North handed a child over to south; east has nothing to do with it."""

    north: Authority
    south: Authority
    east: Authority
    one: HandOver
    contents: HandOverContents

    def reading(self, authority: Authority, table: str) -> int:
        """How many rows of the table PostgreSQL shows to an authority, whatever Python would ask."""
        with authority_scope(authority), connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            return int(cursor.fetchone()[0])

    def touched(self, authority: Authority, statement: str, *values: Any) -> int:
        """How many rows a statement changes, run as this authority."""
        with authority_scope(authority), connection.cursor() as cursor:
            cursor.execute(statement, values)
            return int(cursor.rowcount)

    def answered(self, verdict: str) -> HandOverAnswer:
        with authority_scope(self.south):
            return row_of(
                HandOverAnswer, self.south, hand_over=self.one, verdict=verdict, answered_at=MOMENT,
                answered_by=member_of(self.south), pupil=row_of(Pupil, self.south),
            )  # fmt: skip


@pytest.fixture
def sent(north_and_south: tuple[Authority, Authority]) -> Sent:
    north, south = north_and_south
    east = another_authority()
    with authority_scope(north):
        one = row_of(HandOver, north, to_authority=south)
        contents = row_of(HandOverContents, north, hand_over=one)
    return Sent(north, south, east, one, contents)


def test_sender_and_addressee_read_it_and_a_stranger_does_not(sent: Sent) -> None:
    for table in (ENVELOPE, CONTENTS):
        assert [sent.reading(who, table) for who in (sent.north, sent.south, sent.east)] == [1, 1, 0]
    sent.answered("accepted")
    assert [sent.reading(who, ANSWER) for who in (sent.north, sent.south, sent.east)] == [1, 1, 0]


def test_the_child_itself_is_shown_to_nobody(sent: Sent) -> None:
    assert [sent.reading(who, "schools_pupil") for who in (sent.north, sent.south, sent.east)] == [1, 0, 0]


def test_outside_any_scope_nothing_is_there(sent: Sent) -> None:
    sent.answered("accepted")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT (SELECT count(*) FROM {ENVELOPE}) + (SELECT count(*) FROM {CONTENTS})"
                       f" + (SELECT count(*) FROM {ANSWER})")  # fmt: skip
        assert cursor.fetchone() == (0,)


def _closed(sent: Sent, how: str) -> None:
    """Withdrawn or ended by the sender, declined or given back by the addressee."""
    if how in ("withdrawn", "ended"):
        by = member_of(sent.north)
        sent.touched(sent.north, f"UPDATE {ENVELOPE} SET {how}_at = now(), {how}_by_id = %s", by.pk)
    else:
        sent.answered("declined" if how == "declined" else "accepted")
    if how == "given back":
        by = member_of(sent.south)
        sent.touched(sent.south, f"UPDATE {ANSWER} SET ended_at = now(), ended_by_id = %s", by.pk)


@pytest.mark.parametrize("how", ["withdrawn", "ended", "declined", "given back"])
def test_once_closed_the_addressee_reads_the_event_and_no_longer_the_contents(sent: Sent, how: str) -> None:
    _closed(sent, how)
    assert [sent.reading(who, CONTENTS) for who in (sent.north, sent.south, sent.east)] == [1, 0, 0]
    assert [sent.reading(who, ENVELOPE) for who in (sent.north, sent.south, sent.east)] == [1, 1, 0]


def test_an_accepted_one_is_read_until_it_is_ended(sent: Sent) -> None:
    sent.answered("accepted")
    assert sent.reading(sent.south, CONTENTS) == 1
    _closed(sent, "ended")
    assert sent.reading(sent.south, CONTENTS) == 0


WRITES: dict[str, Callable[[Sent], tuple[str, tuple[Any, ...]]]] = {
    "change": lambda sent: (f"UPDATE {ENVELOPE} SET closed_because = 'x'", ()),
    "take over": lambda sent: (f"UPDATE {ENVELOPE} SET authority_id = %s", (sent.south.pk,)),
    "send on": lambda sent: (f"UPDATE {ENVELOPE} SET to_authority_id = %s", (sent.east.pk,)),
    "remove": lambda sent: (f"DELETE FROM {ENVELOPE}", ()),
    "change contents": lambda sent: (f"UPDATE {CONTENTS} SET packed = ''", ()),
    "remove contents": lambda sent: (f"DELETE FROM {CONTENTS}", ()),
    "lock": lambda sent: (f"SELECT id FROM {ENVELOPE} FOR UPDATE", ()),
}


@pytest.mark.parametrize("what", WRITES)
def test_nobody_but_the_sender_writes_what_it_sent(sent: Sent, what: str) -> None:
    statement, values = WRITES[what](sent)
    assert [sent.touched(who, statement, *values) for who in (sent.south, sent.east)] == [0, 0]


def test_nobody_but_the_addressee_writes_its_answer(sent: Sent) -> None:
    sent.answered("accepted")
    for statement in (f"UPDATE {ANSWER} SET verdict = 'declined'", f"DELETE FROM {ANSWER}"):
        assert [sent.touched(who, statement) for who in (sent.north, sent.east)] == [0, 0]


@pytest.mark.parametrize("table", [ENVELOPE, CONTENTS, ANSWER])
def test_nobody_puts_a_row_into_the_others_name(sent: Sent, table: str) -> None:
    sent.answered("accepted")
    owner, other = (sent.south, sent.north) if table == ANSWER else (sent.north, sent.south)
    for who in (other, sent.east):
        with authority_scope(owner), connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMPORARY TABLE held ON COMMIT DROP AS SELECT * FROM {table}")
        with authority_scope(who), pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            sent_again = f"INSERT INTO {table} SELECT * FROM held"
            connection.cursor().execute(sent_again)
        connection.cursor().execute("DROP TABLE held")


@pytest.mark.parametrize("who", ["north", "east"])
def test_only_the_addressee_can_answer(sent: Sent, who: str) -> None:
    """The key holds it: neither the sender itself nor a stranger who learnt the key can accept in its own name."""
    authority = getattr(sent, who)
    with authority_scope(authority), pytest.raises(IntegrityError), transaction.atomic():
        row_of(HandOverAnswer, authority, hand_over=sent.one)
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_an_answered_one_cannot_be_sent_to_somebody_else(sent: Sent) -> None:
    sent.answered("accepted")
    with authority_scope(sent.north), pytest.raises(IntegrityError), transaction.atomic():
        connection.cursor().execute(f"UPDATE {ENVELOPE} SET to_authority_id = %s", [sent.east.pk])
        connection.cursor().execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_an_authority_cannot_hand_over_to_itself(sent: Sent) -> None:
    with authority_scope(sent.north), pytest.raises(IntegrityError), transaction.atomic():
        row_of(HandOver, sent.north, to_authority=sent.north)


def test_python_keeps_the_two_sides_apart(sent: Sent) -> None:
    with authority_scope(sent.north):
        assert HandOver.objects.count() == 1 and HandOver.received.count() == 0
        assert HandOverContents.objects.count() == 1 and HandOverContents.received.count() == 0
    with authority_scope(sent.south):
        assert HandOver.objects.count() == 0 and HandOver.received.count() == 1
        assert HandOverContents.objects.count() == 0 and HandOverContents.received.count() == 1
    with authority_scope(sent.east):
        assert HandOver.objects.count() == HandOver.received.count() == HandOverContents.received.count() == 0
    for manager in (HandOver.received, HandOverContents.received):
        with pytest.raises(ScopeError):
            manager.count()


def test_a_condition_that_names_no_authority_is_refused() -> None:
    with pytest.raises(ValueError, match="all of them"):
        ShowToAnother("HandOver", "true")
