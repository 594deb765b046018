"""What the tests of composed pages begin from: changes of category."""

from __future__ import annotations

import datetime as dt
from typing import Any

from schools.models import BandMove, Enrolment, Pupil
from tests.cast import ON

SEEN_AT = dt.datetime(2026, 11, 20, 2, 0, tzinfo=dt.UTC)


def moved(pupil: Pupil, kind: str = BandMove.Kind.NEWLY_SEVERE, **others: Any) -> BandMove:
    """A change of a child at its school, noticed last night; call it inside the authority's scope."""
    enrolment = Enrolment.objects.get(pupil=pupil)
    values: dict[str, Any] = {"as_at": ON, "from_band": 4, "to_band": 5, "seen_at": SEEN_AT}
    move: BandMove = BandMove.objects.create(
        enrolment=enrolment, pupil=pupil, school=enrolment.school, kind=kind, **(values | others)
    )
    return move
