"""What is done with a referral: made, accepted, declined, withdrawn."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused
from casework import moves
from casework.actions.cases import open_case
from casework.actions.invitations import invite, works_on
from casework.actions.moving import write
from casework.models import Case, Referral, Service, ServiceMember
from schools.models import Enrolment, Pupil
from schools.stored.turns import hold


def refer_child(pupil: Pupil, *, service: Service, reason: str, on: dt.date, by: Membership) -> Referral:
    """Refer a child to a service, whose people read the name, the year, the school and the reason.

    Refused for a restricted record, for a service that takes no referrals here, and while one to it waits.
    """
    if pupil.is_restricted:
        raise Refused("This record is restricted, so it is not sent on. Speak with the service instead.")
    if not Service.objects.taking_referrals().filter(pk=service.pk).exists():
        raise Refused(f"{service} takes no referrals here. Its page says how to refer.")
    enrolment = Enrolment.objects.on_roll(on).filter(pupil=pupil).order_by(F("admission_on").desc(nulls_last=True))
    known = enrolment.values("school_id", "year_group").first() or {}
    try:
        with transaction.atomic():
            made: Referral = Referral.objects.create(
                pupil=pupil, service=service, reason=reason, made_on=on, made_by=by, **known
            )
    except IntegrityError:
        raise Refused(f"This child is referred to {service} already, and the answer is awaited.") from None
    _write(made, f"Referred to {service}: {reason}", on=on, by=by)
    record("refer_child", by=by, words=f"Referred a child to {service}.", subject=made, pupils=[pupil.pk])
    return made


def accept_referral(referral: Referral, *, answer: str, on: dt.date, by: Membership) -> Case:
    """Take the child on. The open case is written in; without one a case begins, held by whoever is on duty.

    A case always has a holder, and a referral was not yet a case (architecture section 10). Whoever accepts and does
    not hold it is invited to it, and sees the child from now on. Of two who answer at once the later is refused.
    """
    _refuse_unless_theirs(referral, by)
    hold(f"case of {referral.pupil_id}")
    case = _open_case(referral) or _begin(referral, on=on, by=by)
    told = {"answer": answer, "answered_on": on, "answered_by": by, "case": case}
    _move(referral, moves.ACCEPT_REFERRAL, **told)
    if case.holder_id != by.pk and not works_on(case, by):
        invite(case, member=by, why=f"Accepted the referral to {referral.service}", on=on, by=by)
    write(case, f"{referral.service} accepted the referral. {answer}".strip(), on=on, by=by, source="Referral")
    words = f"Accepted a referral to {referral.service}."
    record("accept_referral", by=by, words=words, subject=referral, pupils=[referral.pupil_id])
    return case


def decline_referral(referral: Referral, *, answer: str, on: dt.date, by: Membership) -> None:
    """Say no, with the reason, which whoever referred the child reads."""
    _refuse_unless_theirs(referral, by)
    _move(referral, moves.DECLINE_REFERRAL, answer=answer, answered_on=on, answered_by=by)
    _write(referral, f"{referral.service} declined the referral: {answer}", on=on, by=by)
    words = f"Declined a referral to {referral.service}: {answer}"
    record("decline_referral", by=by, words=words, subject=referral, pupils=[referral.pupil_id])


def withdraw_referral(referral: Referral, *, reason: str, on: dt.date, by: Membership) -> None:
    """Take a referral back before it is answered."""
    _move(referral, moves.WITHDRAW_REFERRAL, withdrawn_why=reason, withdrawn_on=on, withdrawn_by=by)
    _write(referral, f"The referral to {referral.service} was withdrawn: {reason}", on=on, by=by)
    words = f"Withdrew a referral to {referral.service}: {reason}"
    record("withdraw_referral", by=by, words=words, subject=referral, pupils=[referral.pupil_id])


def _refuse_unless_theirs(referral: Referral, by: Membership) -> None:
    if not Service.objects.of(by).filter(pk=referral.service_id).exists():
        raise Refused(f"Only those who answer for {referral.service} can answer its referrals.")


def _move(referral: Referral, to: moves.Move, **changes: Any) -> None:
    """One row in the stage it must be in, or a refusal: whoever was first is heard."""
    found = Referral.objects.filter(pk=referral.pk, stage__in=to.before)
    if found.update(stage=to.after, **changes) != 1:
        raise Refused(to.refusal)
    for name, value in {"stage": to.after, **changes}.items():
        setattr(referral, name, value)


def _open_case(referral: Referral) -> Case | None:
    held: Case | None = Case.objects.filter(pupil=referral.pupil_id).open().select_related("holder").first()
    return held


def _begin(referral: Referral, *, on: dt.date, by: Membership) -> Case:
    """A new case for the reason of the referral; the one on duty holds it, or whoever accepts."""
    duty = ServiceMember.objects.standing().filter(service=referral.service_id, is_duty=True)
    person = next((one.membership for one in duty.select_related("membership__user")), by)
    holder = by if person.is_away(on) or not person.works else person
    source = f"Referral to {referral.service}"[:100]
    return open_case(referral.pupil, reason=referral.reason, on=on, by=by, holder=holder, source=source)


def _write(referral: Referral, words: str, *, on: dt.date, by: Membership) -> None:
    """A line in the child's open case, where there is one."""
    if case := _open_case(referral):
        write(case, words, on=on, by=by, source="Referral")
