"""What the tests of meetings begin from: standings, a meeting arranged, begun and ended."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

from schools.models import Enrolment, Pupil, School, Standing
from tests.cast import ON, Cast
from tsm.actions import arrange_meeting, begin_meeting, end_meeting
from tsm.models import Meeting

LONDON = ZoneInfo("Europe/London")
AT = dt.datetime(2026, 11, 20, 9, 0, tzinfo=LONDON)
STARTS = dt.datetime(2026, 11, 24, 10, 0, tzinfo=LONDON)


def stand(pupil: Pupil, *, possible: int = 100, absent: int = 0, **others: Any) -> Standing:
    """Write the standing of a pupil's enrolment; persistent and severe follow from the sessions."""
    enrolment = Enrolment.objects.get(pupil=pupil)
    values: dict[str, Any] = {
        "year": 2026,
        "as_at": ON,
        "year_group": enrolment.year_group,
        "is_on_roll": True,
        "is_in_official_figures": True,
        "possible": possible,
        "attended": possible - absent,
        "authorised": absent,
        "unauthorised": 0,
        "missing": 0,
        "late": 0,
        "illness": 0,
        "band": 5 if 2 * absent >= possible else 3 if 10 * absent >= possible else 1,
        "persistent": 10 * absent >= possible,
        "severe": 2 * absent >= possible,
        "at_risk": False,
        "six_week_possible": 60,
        "six_week_missed": 0,
        "ten_week_unauthorised": 0,
        "headroom": 5,
    }
    keys = {"pupil": pupil, "school": enrolment.school, **values, **others}
    standing, _ = Standing.objects.update_or_create(enrolment=enrolment, defaults=keys)
    return standing


def stand_at_hill(cast: Cast) -> None:
    """Amy is severely absent, Ben and Cora persistently, Dan at risk, Ella as expected."""
    amy, ben, cora, dan, ella = cast.pupils
    stand(amy, absent=60)
    stand(ben, absent=20)
    stand(cora, absent=10)
    stand(dan, absent=8, at_risk=True, six_week_missed=8, band=2)
    stand(ella, absent=1)


def arranged(cast: Cast, school: School | None = None, **others: Any) -> Meeting:
    """A meeting of Hill Academy on Tuesday, arranged by its named officer today."""
    values: dict[str, Any] = {
        "starts_at": STARTS,
        "minutes": 45,
        "mode": "online",
        "place": "https://call.example/hill",
        "officer": cast.officer,
        "by": cast.officer,
        "at": AT,
    }
    return arrange_meeting(school or cast.hill, **(values | others))


def begun(cast: Cast, **others: Any) -> Meeting:
    """That meeting, begun by the officer at its time."""
    stand_at_hill(cast)
    meeting = arranged(cast, **others)
    begin_meeting(meeting, by=cast.officer, at=STARTS)
    return meeting


def ended(cast: Cast, **others: Any) -> Meeting:
    """That meeting, begun and ended by the officer, nothing typed."""
    meeting = begun(cast, **others)
    end_meeting(meeting, by=cast.officer, at=STARTS + dt.timedelta(minutes=45))
    return meeting
