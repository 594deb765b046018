"""What changed a school's registers as one member may read it: as if a child restricted to others were not there.

A number of what is left out would tell that there is somebody; so each count is of what is shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from attendance_portal.models import Membership
from schools.changes.acts import Act, acts_of
from schools.changes.taking_off import RollMoves
from schools.changes.undoing import Undoing
from schools.models import Enrolment, Pupil, RegisterChange, School
from schools.register.changes import unpack


def enrolments_withheld(school: School, member: Membership) -> list[int]:
    """The enrolments here of restricted children whom this member does not see. One query."""
    restricted = Enrolment.objects.filter(school=school, pupil__is_restricted=True)
    return list(restricted.exclude(pupil__in=Pupil.objects.visible_to(member)).values_list("pk", flat=True))


def acts_seen(school: School, member: Membership) -> list[Act]:
    """As `acts_of`, each with the half-days of other children alone, and none that changed no other."""
    acts, withheld = acts_of(school), enrolments_withheld(school, member)
    if not withheld:
        return acts
    records = RegisterChange.objects.filter(school=school).values_list("pk", "record")
    hidden = {pk: int(np.isin(unpack(bytes(record)).ids, withheld).sum()) for pk, record in records.iterator()}
    for row in (row for act in acts for row in act.rows):
        row.cells -= hidden[row.pk]
    return [act for act in acts if act.cells or not any(hidden[row.pk] for row in act.rows)]


def undoing_seen(parts: Sequence[Undoing], school: School, member: Membership) -> list[Undoing]:
    """What an undo would do, told without those children. The undo itself takes back their half-days too."""
    withheld = enrolments_withheld(school, member)
    return [_without(part, withheld) for part in parts] if withheld else list(parts)


@dataclass(frozen=True)
class RollSeen:
    """The children who leave the roll with an undo and those who come back."""

    leaving: list[Pupil]
    coming: list[Pupil]


def roll_seen(moves: RollMoves, member: Membership) -> RollSeen:
    """Without restricted children whom this member does not see; an undo moves them too. A query at most."""
    found = [*moves.leaving, *moves.coming]
    keys = [one.pupil_id for one in found]
    open_ones = Pupil.objects.not_withheld_from(member).filter(pk__in=keys)
    seen = set(open_ones.values_list("pk", flat=True)) if keys else set()
    leaving, coming = ([one.pupil for one in rows if one.pupil_id in seen] for rows in (moves.leaving, moves.coming))
    return RollSeen(leaving, coming)


def _without(part: Undoing, withheld: Sequence[int]) -> Undoing:
    found = part.found
    stays = ~np.isin(found.kept.ids, withheld)
    keepers = [keeper for keeper, is_seen in zip(part.keepers, stays, strict=True) if is_seen]
    changes = found.changes.where(~np.isin(found.changes.ids, withheld))
    seen = replace(found, changes=changes, kept=found.kept.where(stays), keeper=found.keeper[stays])
    return replace(part, found=seen, keepers=keepers)
