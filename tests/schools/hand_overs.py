"""Hand-overs for the tests: a child of Hill Academy offered to Westshire, accepted there, closed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from attendance_portal.models import Membership
from attendance_portal.roles import Role
from schools.handing import hearing
from schools.handing.offering import offer_hand_over
from schools.handing.receiving import accept_hand_over
from schools.models import Circumstance, HandOver, Pupil
from tests.cast import Cast, in_scope, make_member

AT = dt.datetime(2026, 11, 20, 9, 30, tzinfo=dt.UTC)
LATER = AT + dt.timedelta(hours=1)


def west_leader(cast: Cast) -> Membership:
    """A team leader of Westshire's, who may hold restricted records."""
    return make_member(cast.westshire, "leader@westshire.example", "Willa Reed", Role.TEAM_LEADER, "Westshire")


def offered(
    cast: Cast, pupil: Pupil | None = None, *, by: Membership | None = None, circumstances: Sequence[Circumstance] = (),
    note: str = "",
) -> HandOver:  # fmt: skip
    """Eastshire's officer offers a child to Westshire."""
    with in_scope(cast.eastshire):
        return offer_hand_over(
            pupil or cast.pupil, to=cast.westshire, reason="moved-home", circumstances=circumstances, note=note,
            by=by or cast.officer, at=AT,
        )  # fmt: skip


def accepted(cast: Cast, one: HandOver, pupil: Pupil | None = None, *, by: Membership | None = None) -> Pupil:
    """Westshire's officer accepts it, as a new record or as a held one."""
    with in_scope(cast.westshire):
        return accept_hand_over(one, pupil=pupil, by=by or cast.stranger, at=LATER)


def heard(authority: Any) -> int:
    """What beat does each minute, for one authority."""
    with in_scope(authority):
        return hearing.hear()


def stage_of(cast: Cast, one: HandOver, *, seen_by: str = "eastshire") -> str:
    """The stage, as the sender or the addressee reads it."""
    authority = getattr(cast, seen_by)
    with in_scope(authority):
        found = HandOver.objects if authority == cast.eastshire else HandOver.received
        stage: str = found.with_stage().get(pk=one.pk).stage
        return stage
