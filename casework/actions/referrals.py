"""What is done with a referral: made, accepted, declined, withdrawn."""

from __future__ import annotations

import datetime as dt

from django.db.models import F

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused, once
from casework import moves
from casework.actions.cases import open_case
from casework.actions.directory import take_service_in_hand
from casework.actions.invitations import invite, works_on
from casework.actions.moving import move, open_case_of, take_turns_to_open, write, write_if_open
from casework.letters import tell_holder, tell_referrer, tell_service
from casework.models import Case, Referral, Service, ServiceMember
from schools.models import Enrolment, Pupil, School


def refer_child(pupil: Pupil, *, service: Service, reason: str, on: dt.date, by: Membership) -> Referral:
    """Refer a child to a service, whose people read the name, the year, the school and the reason.

    Refused for a restricted record, for a service that takes no referrals here, and while one to it waits.
    """
    if pupil.is_restricted:
        raise Refused("This record is restricted, so it is not sent on. Speak with the service instead.")
    take_service_in_hand(service)
    if not Service.objects.taking_referrals().filter(pk=service.pk).exists():
        raise Refused(f"{service} takes no referrals here. Its page says how to refer.")
    enrolment = Enrolment.objects.on_roll(on).filter(pupil=pupil).order_by(F("admission_on").desc(nulls_last=True))
    if by.is_of_a_school:  # of a child on two rolls the school that refers
        enrolment = enrolment.filter(school__in=School.objects.of(by))
    known = enrolment.values("school_id", "year_group").first() or {}
    awaited = f"This child is referred to {service} already, and the answer is awaited."
    with once("referral_waits_once", refusal=awaited):
        made: Referral = Referral.objects.create(
            pupil=pupil, service=service, reason=reason, made_on=on, made_by=by, **known
        )
    _write(made, f"Referred to {service}: {reason}", on=on, by=by)
    record("refer_child", by=by, words=f"Referred a child to {service}.", subject=made, pupils=[pupil.pk])
    people = ServiceMember.objects.told_of_referrals(service, on)
    tell_service(service, [one for one in people if one.pk != by.pk])
    return made


def accept_referral(referral: Referral, *, answer: str, on: dt.date, by: Membership) -> Case:
    """Take the child on. The open case is written in; without one a case begins, held by whoever is on duty.

    A case always has a holder, and a referral was not yet a case (architecture section 10). Whoever accepts and does
    not hold it is invited to it, and sees the child from now on. Of two who answer at once the later is refused.
    """
    _refuse_unless_theirs(referral, by)
    _take_in_hand(referral)
    take_turns_to_open(referral.pupil_id)
    case = open_case_of(referral.pupil_id) or _begin(referral, on=on, by=by)
    told = {"answer": answer, "answered_on": on, "answered_by": by, "case": case}
    move(referral, moves.ACCEPT_REFERRAL, **told)
    if case.holder_id != by.pk and not works_on(case, by):
        invite(case, member=by, why=f"Accepted the referral to {referral.service}", on=on, by=by)
    write(case, f"{referral.service} accepted the referral. {answer}".strip(), on=on, by=by, source="Referral")
    words = f"Accepted a referral to {referral.service}."
    record("accept_referral", by=by, words=words, subject=referral, pupils=[referral.pupil_id])
    _tell_answered(referral, by)
    return case


def decline_referral(referral: Referral, *, answer: str, on: dt.date, by: Membership) -> None:
    """Say no, with the reason, which whoever referred the child reads."""
    _refuse_unless_theirs(referral, by)
    move(referral, moves.DECLINE_REFERRAL, answer=answer, answered_on=on, answered_by=by)
    _write(referral, f"{referral.service} declined the referral: {answer}", on=on, by=by)
    words = f"Declined a referral to {referral.service}: {answer}"
    record("decline_referral", by=by, words=words, subject=referral, pupils=[referral.pupil_id])
    _tell_answered(referral, by)


def withdraw_referral(referral: Referral, *, reason: str, on: dt.date, by: Membership) -> None:
    """Take a referral back before it is answered."""
    move(referral, moves.WITHDRAW_REFERRAL, withdrawn_why=reason, withdrawn_on=on, withdrawn_by=by)
    _write(referral, f"The referral to {referral.service} was withdrawn: {reason}", on=on, by=by)
    words = f"Withdrew a referral to {referral.service}: {reason}"
    record("withdraw_referral", by=by, words=words, subject=referral, pupils=[referral.pupil_id])


def _tell_answered(referral: Referral, by: Membership) -> None:
    if referral.made_by_id != by.pk:
        tell_referrer(referral.made_by)


def _refuse_unless_theirs(referral: Referral, by: Membership) -> None:
    if not Service.objects.of(by).filter(pk=referral.service_id).exists():
        raise Refused(f"Only those who answer for {referral.service} can answer its referrals.")


def _take_in_hand(referral: Referral) -> None:
    """The referral before the case, as everyone who answers or withdraws does: else two could wait in a ring."""
    waits = Referral.objects.waiting().select_for_update(no_key=True).filter(pk=referral.pk)
    if waits.values_list("pk", flat=True).first() is None:
        raise Refused(moves.ACCEPT_REFERRAL.refusal)


def _begin(referral: Referral, *, on: dt.date, by: Membership) -> Case:
    """A new case for the reason of the referral; the one on duty holds it, or whoever accepts."""
    duty = ServiceMember.objects.standing().filter(service=referral.service_id, is_duty=True)
    person = next((one.membership for one in duty.select_related("membership__user")), by)
    holder = by if person.is_away(on) or not person.works else person
    source = f"Referral to {referral.service}"[:100]
    case = open_case(referral.pupil, reason=referral.reason, on=on, by=by, holder=holder, source=source)
    if holder.pk != by.pk:
        tell_holder(holder, count=1)
    return case


def _write(referral: Referral, words: str, *, on: dt.date, by: Membership) -> None:
    """A line in the child's open case, where there is one."""
    write_if_open(referral.pupil_id, words, on=on, by=by, source="Referral")
