"""Turns: what one transaction at a time may do, held where there is no row to lock.

Whoever takes several takes them in one order, so that no two wait for each other: the schools' rows (`hold_registers`)
or the hand-over (`hold_hand_over`), then new pupils, then linked records, and rows of pupils last.
"""

from __future__ import annotations

from django.db import connection

from attendance_portal.tenancy import current_authority_id


def hold(what: str) -> None:
    """Keep every other transaction that holds the same thing waiting until this one ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [what])


def hold_new_pupils() -> None:
    """Until this transaction ends nothing else creates pupils of the authority: a UPN is there once."""
    hold(f"pupils {current_authority_id()}")


def hold_linked_records() -> None:
    """Until this transaction ends nobody else of the authority links records or takes them apart, restricts or offers
    one: each of these is done to all records of a child as one. They are few, and short."""
    hold(f"linked records {current_authority_id()}")


def hold_care_lists() -> None:
    """Until this transaction ends no list of social care is taken in and no line of one is settled: they copy lines."""
    hold(f"social care lists {current_authority_id()}")
