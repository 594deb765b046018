"""Turns: what one transaction at a time may do, held where there is no row to lock."""

from __future__ import annotations

import uuid

from django.db import connection

from attendance_portal.tenancy import current_authority_id


def hold(what: str) -> None:
    """Keep every other transaction that holds the same thing waiting until this one ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [what])


def hold_hand_overs_of(pupil: uuid.UUID) -> None:
    """Until this transaction ends nobody else offers this child's record, or restricts it."""
    hold(f"hand-overs of {pupil}")


def hold_new_pupils() -> None:
    """Until this transaction ends nothing else creates pupils of the authority: a UPN is there once."""
    hold(f"pupils {current_authority_id()}")
