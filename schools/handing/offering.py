"""What the sender does with a hand-over: offers a child's record to another authority, withdraws the offer, ends it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from attendance_portal.audit import record
from attendance_portal.models import Authority, Membership
from attendance_portal.refusals import Refused
from attendance_portal.tenancy import current_authority_id
from attendance_portal.upn import is_temporary
from schools.children.childs_year import ChildsYear, childs_years, enrolments_seen, years_held
from schools.children.restrictions import holders_of
from schools.handing.stages import held
from schools.models import (
    Circumstance,
    Enrolment,
    FormerUpn,
    HandOver,
    HandOverContents,
    Pupil,
    Restriction,
)
from schools.stored.parcels import (
    COUNTED,
    HandedCircumstance,
    HandedStay,
    HandedUpn,
    HandedYear,
    Parcel,
    pack,
    packed_flags,
)
from schools.stored.same_child import records_of, records_seen
from schools.stored.turns import hold_linked_records

Stage, Kind = HandOver.Stage, Circumstance.Kind
# Design rules of this project. Free school meals are granted anew by each authority, so the other has no use for the
# fact; what youth justice holds is offence data (UK GDPR Art 10), which its own services hand over.
NEVER_HANDED: Final = (Kind.FREE_SCHOOL_MEALS, Kind.YOUTH_JUSTICE)


def other_authorities() -> QuerySet[Authority]:
    """Those a child can be handed over to: every other one of this installation, by name."""
    return Authority.objects.exclude(pk=current_authority_id()).order_by("name")


def may_be_told(pupil: Pupil, member: Membership, *, on: dt.date) -> QuerySet[Circumstance]:
    """The child's circumstances of that day that may be ticked to go with a hand-over, of every record this member
    sees that is linked as this child."""
    theirs: QuerySet[Circumstance] = Circumstance.objects.on(on).filter(pupil__in=records_seen(pupil, member))
    found: QuerySet[Circumstance] = theirs.exclude(kind__in=NEVER_HANDED)
    return found.order_by("from_on", "pk")


def check_may_offer(pupil: Pupil, *, by: Membership) -> None:
    """Refuses a restricted record to whoever does not hold it, as after breaking the glass."""
    if pupil.is_restricted and by not in holders_of(pupil, on=by.on):
        raise Refused("This record is restricted. Only somebody who is named to hold it can hand it over.")


def parcel_of(
    pupil: Pupil, member: Membership, *, circumstances: Sequence[Circumstance] = (), note: str = ""
) -> Parcel:
    """All that would be handed over of a child now: of every record that is linked as this child."""
    records = records_seen(pupil, member)
    seen = enrolments_seen(records, member)
    years = [one for year in years_held(seen.order_by()) for one in childs_years(list(seen), year)]
    upn, former = _upns(records, on=member.on)
    return Parcel(
        surname=pupil.surname,
        forename=pupil.forename,
        upn=upn,
        date_of_birth=pupil.date_of_birth,
        sex=pupil.sex,
        former_upns=former,
        stays=tuple(_stay(one) for one in seen),
        years=tuple(_year(one) for one in years),
        circumstances=tuple(_circumstance(one) for one in circumstances),
        restriction=_restriction(pupil),
        note=note,
    )


def _upns(records: Sequence[Pupil], *, on: dt.date) -> tuple[str, tuple[HandedUpn, ...]]:
    """The child's UPN, the first permanent one of the records; and every other that finds the child there.

    That of another record is handed over as one that the child has until this day.
    """
    held = [one.upn for one in records if one.upn]
    upn = next((one for one in held if not is_temporary(one)), held[0] if held else "")
    former = FormerUpn.objects.filter(pupil__in=records).order_by("until_on", "-pk")
    until = dict(former.values_list("upn", "until_on")) | dict.fromkeys(held, on)
    others = sorted(((day, one) for one, day in until.items() if one != upn), reverse=True)
    return upn, tuple(HandedUpn(one, day) for day, one in others)


def _stay(one: Enrolment) -> HandedStay:
    school = one.school
    return HandedStay(school.name, school.urn, school.laestab, one.year_group, one.admission_on, one.leaving_on)


def _year(one: ChildsYear) -> HandedYear:
    counts = {name: one.count(name) for name in COUNTED}
    marks, is_open = one.marks[0].tobytes(), packed_flags(one.open[0])
    return HandedYear(_stay(one.enrolment), one.year, one.as_at, marks, is_open, counts)


def _circumstance(one: Circumstance) -> HandedCircumstance:
    return HandedCircumstance(
        one.kind, one.from_on, one.until_on, one.source, one.social_worker, one.social_worker_email
    )


def _restriction(pupil: Pupil) -> str:
    if not pupil.is_restricted:
        return ""
    standing = Restriction.objects.filter(pupil=pupil, lifted_on=None).first()
    return str(standing.kind) if standing else Restriction.Kind.OTHER


@transaction.atomic
def offer_hand_over(
    pupil: Pupil,
    *,
    to: Authority,
    reason: str,
    circumstances: Sequence[Circumstance] = (),
    note: str = "",
    by: Membership,
    at: dt.datetime,
) -> HandOver:
    """Offer a child's record to another authority, frozen as it is now.

    Refuses a second one to the same authority while one is open, and a restricted record to who does not hold it.
    """
    hold_linked_records()
    pupil.refresh_from_db(fields=["is_restricted"])
    check_may_offer(pupil, by=by)
    there = HandOver.objects.filter(pupil__in=records_of(pupil), to_authority=to)
    if there.at_stage(Stage.OFFERED, Stage.ACCEPTED).exists():
        raise Refused(f"This child has been handed over to {to} already. Withdraw or end that hand-over first.")
    one: HandOver = HandOver.objects.create(
        to_authority=to, pupil=pupil, reason=reason, is_restricted=pupil.is_restricted, heard=Stage.OFFERED,
        offered_at=at, offered_by=by,
    )  # fmt: skip
    parcel = parcel_of(pupil, by, circumstances=circumstances, note=note)
    HandOverContents.objects.create(hand_over=one, packed=pack(parcel))
    told = [circumstance.kind for circumstance in circumstances]
    words = f"Offered a child's record to {to}."
    record("offer_hand_over", by=by, words=words, subject=one, pupils=[pupil], reason=reason, circumstances=told)
    return one


@transaction.atomic
def withdraw_hand_over(one: HandOver, *, because: str, by: Membership, at: dt.datetime) -> None:
    """Take back an offer that nobody has answered: the other side can no longer read it."""
    one = held(HandOver.objects, one.pk, "withdraw_hand_over")
    _close(one, Stage.WITHDRAWN, because, withdrawn_at=at, withdrawn_by=by)
    words = f"Withdrew the offer of a child's record to {one.to_authority}."
    record("withdraw_hand_over", by=by, words=words, subject=one, pupils=[one.pupil_id], reason=because)


@transaction.atomic
def end_hand_over(one: HandOver, *, because: str, by: Membership, at: dt.datetime) -> None:
    """End what was accepted: from now on the other side can no longer read what it was handed."""
    one = held(HandOver.objects, one.pk, "end_hand_over")
    _close(one, Stage.ENDED, because, ended_at=at, ended_by=by)
    words = f"Ended the hand-over of a child's record to {one.to_authority}."
    record("end_hand_over", by=by, words=words, subject=one, pupils=[one.pupil_id], reason=because)


def _close(one: HandOver, stage: str, because: str, **when: object) -> None:
    standing = HandOver.objects.filter(pk=one.pk, withdrawn_at=None, ended_at=None)
    if standing.update(heard=stage, closed_because=because, **when) != 1:
        raise Refused("Somebody closed this hand-over in the meantime. Open it again to see.")
