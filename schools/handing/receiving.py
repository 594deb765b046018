"""What the addressee does with a hand-over: accepts it as a new record or a held one, declines it, gives it back."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db import transaction
from django.db.models import Q

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused, once
from attendance_portal.roles import Permission
from attendance_portal.upn import is_temporary
from schools.children.restrictions import restrict_record
from schools.handing.stages import held
from schools.models import FormerUpn, HandOver, HandOverAnswer, HandOverContents, Pupil, PupilNameKey, Restriction
from schools.stored.names import name_keys, sort_key
from schools.stored.parcels import Parcel, unpack
from schools.stored.turns import hold_linked_records, hold_new_pupils

Stage, Verdict = HandOver.Stage, HandOverAnswer.Verdict
MOST_CANDIDATES: Final = 10
_UPN_IS_HELD: Final = (
    "A record with this UPN is held here. If it is not among those to choose from, you may not see it: "
    "ask your team leader to answer this hand-over."
)


def parcels_received(keys: Sequence[uuid.UUID]) -> dict[uuid.UUID, Parcel]:
    """What these hand-overs hold, by their key; what was withdrawn, declined or ended is not among them. One query."""
    found = HandOverContents.received.filter(hand_over__in=keys)
    return {row.hand_over_id: unpack(row.packed) for row in found}


def parcels_sent(keys: Sequence[uuid.UUID]) -> dict[uuid.UUID, Parcel]:
    """What these hand-overs of this authority hold, by their key, also once they are closed. One query."""
    found = HandOverContents.objects.filter(hand_over__in=keys)
    return {row.hand_over_id: unpack(row.packed) for row in found}


# --- Which record of ours it is -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """A record of this authority that may be the child, and why."""

    pupil: Pupil
    evidence: str


def candidates(parcel: Parcel, member: Membership) -> list[Candidate]:
    """Records that this member sees and that may be the child: by UPN, or by birthday and part of the name."""
    by_upn = Q(upn__in=parcel.upns) | Q(former_upns__upn__in=parcel.upns)
    keys = name_keys(parcel.surname, parcel.forename)
    alike = Q(date_of_birth=parcel.date_of_birth, name_keys__key__in=keys) if parcel.date_of_birth else Q()
    wanted = by_upn | alike if alike else by_upn
    seen = Pupil.objects.visible_to(member).filter(wanted).order_by("sort_key", "pk").distinct()
    found = [Candidate(one, _evidence(one, parcel)) for one in seen[:MOST_CANDIDATES]]
    return sorted(found, key=lambda one: one.pupil.upn not in parcel.upns)


def _evidence(pupil: Pupil, parcel: Parcel) -> str:
    said = []
    if pupil.upn and pupil.upn in parcel.upns:
        said.append("The same UPN")
    elif pupil.date_of_birth != parcel.date_of_birth:
        said.append("A former UPN is the same")
    if pupil.sort_key == sort_key(parcel.surname, parcel.forename):
        said.append("the same name")
    if pupil.date_of_birth and pupil.date_of_birth == parcel.date_of_birth:
        said.append("born on the same day")
    return ", ".join(said).capitalize().replace("upn", "UPN")


def _made_of(parcel: Parcel) -> Pupil:
    """A new record of the child."""
    key = sort_key(parcel.surname, parcel.forename)
    named: dict[str, Any] = {"surname": parcel.surname, "forename": parcel.forename, "sort_key": key}
    with once("pupil_upn_once", refusal=_UPN_IS_HELD):
        pupil: Pupil = Pupil.objects.create(
            upn=parcel.upn or None, date_of_birth=parcel.date_of_birth, sex=parcel.sex, **named
        )
    keys = name_keys(parcel.surname, parcel.forename)
    PupilNameKey.objects.bulk_create(PupilNameKey(pupil=pupil, key=one) for one in keys)
    return pupil


def _complete(pupil: Pupil, parcel: Parcel, *, on: dt.date) -> None:
    """Put what was handed over where our record has nothing; what it holds stays. All UPNs find the child.

    A permanent UPN takes the place of a temporary one, as where a school's file tells it.
    """
    upns = [*parcel.upns, *([pupil.upn] if pupil.upn else [])]
    others = set(Pupil.objects.filter(upn__in=upns).exclude(pk=pupil.pk).values_list("upn", flat=True))
    former = {one.upn: one.until_on for one in parcel.former_upns}
    if parcel.upn and parcel.upn not in others:
        if pupil.upn is None or (is_temporary(pupil.upn) and not is_temporary(parcel.upn)):
            pupil.upn, spare = parcel.upn, pupil.upn
        else:
            spare = parcel.upn
        former |= {spare: on} if spare else {}
    pupil.date_of_birth = pupil.date_of_birth or parcel.date_of_birth
    pupil.sex = pupil.sex or parcel.sex
    with once("pupil_upn_once", refusal=_UPN_IS_HELD):  # a school's file may give it to another child meanwhile
        Pupil.objects.filter(pk=pupil.pk).update(upn=pupil.upn, date_of_birth=pupil.date_of_birth, sex=pupil.sex)
    FormerUpn.objects.bulk_create(
        [FormerUpn(pupil=pupil, upn=upn, until_on=until_on)
         for upn, until_on in former.items() if upn not in {*others, pupil.upn}],
        ignore_conflicts=True,
    )  # fmt: skip


# --- Answers ------------------------------------------------------------------------------------------------


def _held(one: HandOver, what: str, *, by: Membership) -> HandOver:
    one = held(HandOver.received.received_as_seen_by(by), one.pk, what)
    if one.is_restricted and not by.may(Permission.RECORD_RESTRICT):
        raise Refused("This record is restricted. Only a team leader can answer this hand-over.")
    return one


def _ours(pupil: Pupil, by: Membership) -> Pupil:
    """The record that was chosen, as it is now, locked; refuses where it was restricted to others meanwhile."""
    found = Pupil.objects.visible_to(by).select_for_update(no_key=True, of=("self",)).filter(pk=pupil.pk)
    child: Pupil | None = found.first()
    if child is None:
        raise Refused("You may not see the record that you chose any more. Open the hand-over again.")
    return child


def _answer(one: HandOver, verdict: str, *, by: Membership, at: dt.datetime, **more: Any) -> None:
    HandOverAnswer.objects.get_or_create(hand_over=one, defaults={"heard": Stage.OFFERED})
    open_one = HandOverAnswer.objects.filter(hand_over=one, verdict="")
    if open_one.update(verdict=verdict, heard=verdict, answered_at=at, answered_by=by, **more) != 1:
        raise Refused("Somebody answered this hand-over in the meantime. Open it again to see.")


@transaction.atomic
def accept_hand_over(one: HandOver, *, pupil: Pupil | None, by: Membership, at: dt.datetime) -> Pupil:
    """Accept a hand-over as the child of a record that is held here, or (None) as a new record.

    A restricted child arrives restricted, held by who accepts. Nothing of the registers becomes this authority's own.
    """
    one = _held(one, "accept_hand_over", by=by)
    hold_new_pupils()  # a held record too is given UPNs: school files create pupils by them (see `sending.roll`)
    hold_linked_records()
    parcel = parcels_received([one.pk])[one.pk]
    child = _ours(pupil, by) if pupil else _made_of(parcel)
    _complete(child, parcel, on=by.on)
    _answer(one, Verdict.ACCEPTED, by=by, at=at, pupil=child)
    words = f"Accepted a child's record from {one.authority}{'' if pupil else ', as a new record'}."
    record("accept_hand_over", by=by, words=words, subject=one, pupils=[child], is_restricted=one.is_restricted)
    if one.is_restricted and not child.is_restricted:
        why = f"Handed over restricted by {one.authority}."
        kind = parcel.restriction or Restriction.Kind.OTHER  # none was packed where it was restricted after the offer
        restrict_record(child, kind=kind, reason=why, holders=[by], by=by, on=by.on)
    return child


@transaction.atomic
def decline_hand_over(one: HandOver, *, because: str, by: Membership, at: dt.datetime) -> None:
    """Decline a hand-over: from now on nobody here can read what it holds."""
    one = _held(one, "decline_hand_over", by=by)
    _answer(one, Verdict.DECLINED, by=by, at=at, because=because)
    words = f"Declined a child's record from {one.authority}."
    record("decline_hand_over", by=by, words=words, subject=one, reason=because)


@transaction.atomic
def give_back_hand_over(one: HandOver, *, because: str, by: Membership, at: dt.datetime) -> None:
    """End a hand-over from this side, as where it was accepted as the wrong child: nobody here can read it any more."""
    one = _held(one, "give_back_hand_over", by=by)
    answer = HandOverAnswer.objects.get(hand_over=one)
    accepted = HandOverAnswer.objects.filter(pk=answer.pk, verdict=Verdict.ACCEPTED, ended_at=None)
    if accepted.update(heard=Stage.ENDED, because=because, ended_at=at, ended_by=by) != 1:
        raise Refused("Somebody ended this hand-over in the meantime. Open it again to see.")
    words = f"Gave back a child's record to {one.authority}."
    record("give_back_hand_over", by=by, words=words, subject=one, pupils=[answer.pupil_id], reason=because)
