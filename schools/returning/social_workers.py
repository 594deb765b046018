"""Which of many children had a social worker, each on a day of their own."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Sequence

from schools.models import Circumstance, LinkedRecord


def who_had_one(asked: Sequence[tuple[uuid.UUID, dt.date]]) -> list[bool]:
    """Whether each child had a social worker on the day beside it, whichever of the child's records says so.

    Two queries, however many are asked for.
    """
    pupils = {pupil for pupil, _ in asked}
    children = LinkedRecord.objects.filter(record__in=pupils).values("child")
    child = dict(LinkedRecord.objects.filter(child__in=children).values_list("record", "child"))
    held = Circumstance.objects.filter(kind__in=Circumstance.SOCIAL_WORKER_KINDS, pupil__in=pupils | set(child))
    spells: defaultdict[uuid.UUID, list[tuple[dt.date, dt.date]]] = defaultdict(list)
    for pupil, from_on, until_on in held.values_list("pupil", "from_on", "until_on"):
        spells[child.get(pupil, pupil)].append((from_on, until_on or dt.date.max))
    return [any(first <= day <= last for first, last in spells[child.get(pupil, pupil)]) for pupil, day in asked]
