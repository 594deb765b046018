"""The stages of an uploaded file, a statutory return and a hand-over, and what moves them. Touches no database."""

from __future__ import annotations

from dataclasses import dataclass

from schools.models import HandOver, StatutoryReturn, Upload

Stage = Upload.Stage


@dataclass(frozen=True)
class Move:
    """What is done, from which stages, to which; more than one where the file itself decides."""

    before: tuple[str, ...]
    after: tuple[str, ...]


MOVES: dict[str, Move] = {
    "receive_upload": Move((), (Stage.RECEIVED,)),
    # Asked where the columns were not recognised.
    "read_upload": Move((Stage.RECEIVED,), (Stage.READ, Stage.REFUSED, Stage.ASKED)),
    # A person said what the columns hold, or what a code of the school's own stands for.
    "read_again": Move((Stage.ASKED, Stage.READ, Stage.REFUSED), (Stage.RECEIVED,)),
    "accept_upload": Move((Stage.READ,), (Stage.ACCEPTING,)),
    # What came without anybody who would confirm it, and has problems.
    "refuse_upload": Move((Stage.READ, Stage.ACCEPTING), (Stage.REFUSED,)),
    "discard_upload": Move((Stage.ASKED, Stage.READ, Stage.REFUSED), (Stage.DISCARDED,)),
    # Refused where the register has changed since the file was read, so that it no longer fits.
    "store_upload": Move((Stage.ACCEPTING,), (Stage.ACCEPTED, Stage.REFUSED)),
}

Returned = StatutoryReturn.Stage

RETURN_MOVES: dict[str, Move] = {
    "draft_return": Move((), (Returned.DRAFT,)),
    "begin_return": Move((), (Returned.DRAFT,)),
    "tell_contact": Move((Returned.DRAFT,), (Returned.DRAFT,)),
    "send_return": Move((Returned.DRAFT,), (Returned.SENT,)),
    "set_aside_return": Move((Returned.DRAFT,), (Returned.SET_ASIDE,)),
    "reopen_return": Move((Returned.SET_ASIDE,), (Returned.DRAFT,)),
    "acknowledge_return": Move((Returned.SENT,), (Returned.ACKNOWLEDGED,)),
    # The service itself, when marks or dates were corrected.
    "withdraw_draft": Move((Returned.DRAFT, Returned.SET_ASIDE), (Returned.WITHDRAWN,)),
    "draft_again": Move((Returned.WITHDRAWN, Returned.SET_ASIDE), (Returned.DRAFT,)),
}

Handed = HandOver.Stage

# No row holds the stage: it follows from what the sender and the addressee did, each in rows of its own.
HAND_OVER_MOVES: dict[str, Move] = {
    "offer_hand_over": Move((), (Handed.OFFERED,)),
    "withdraw_hand_over": Move((Handed.OFFERED,), (Handed.WITHDRAWN,)),
    "accept_hand_over": Move((Handed.OFFERED,), (Handed.ACCEPTED,)),
    "decline_hand_over": Move((Handed.OFFERED,), (Handed.DECLINED,)),
    "end_hand_over": Move((Handed.ACCEPTED,), (Handed.ENDED,)),
    "give_back_hand_over": Move((Handed.ACCEPTED,), (Handed.ENDED,)),
}
