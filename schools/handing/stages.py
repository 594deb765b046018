"""The stage of a hand-over, which both sides move: read and changed by one of them at a time."""

from __future__ import annotations

import uuid

from attendance_portal.refusals import Refused
from schools.models import HandOver
from schools.models.hand_overs import HandOverQuerySet
from schools.moves import HAND_OVER_MOVES
from schools.stored.turns import hold

Stage = HandOver.Stage
_NOW = {
    Stage.OFFERED: "It has not been answered yet.",
    Stage.ACCEPTED: "It has been accepted.",
    Stage.DECLINED: "It has been declined.",
    Stage.WITHDRAWN: "It has been withdrawn.",
    Stage.ENDED: "It has been ended.",
}


def hold_hand_over(pk: uuid.UUID) -> None:
    """Keep both sides' other acts on this hand-over waiting until this transaction ends.

    Neither side can lock a row of the other's: row security shows it and does not let it be locked.
    """
    hold(f"hand-over {pk}")


def held(found: HandOverQuerySet, pk: uuid.UUID, what: str) -> HandOver:
    """The hand-over, held from both sides' other acts, where `what` may be done to it now; else refuses.

    found: `HandOver.objects` for the sender, `HandOver.received` for the addressee.
    """
    hold_hand_over(pk)
    one: HandOver = found.with_stage().select_related("authority", "to_authority").get(pk=pk)
    stage = Stage(one.stage)
    if stage not in HAND_OVER_MOVES[what].before:
        raise Refused(f"This cannot be done to the hand-over now. {_NOW[stage]} Open it again to see.")
    return one
