"""Children handed over between the demonstration's authorities: one each way that waits, and one that was accepted."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from attendance_portal.models import Authority, Membership, Message
from attendance_portal.roles import Role
from attendance_portal.tenancy import authority_scope
from schools.handing import hearing
from schools.handing.offering import may_be_told, offer_hand_over
from schools.handing.receiving import accept_hand_over
from schools.models import Enrolment, HandOver, Pupil

LONDON = ZoneInfo("Europe/London")


def hand_children_over(one: Authority, other: Authority, *, on: dt.date) -> None:
    """`one` offers a child to `other`; `other` offers two to `one`, which has accepted the first of them."""
    at = [_at(on, minute) for minute in (0, 10, 20, 30)]
    first = _offer(other, one, place=3, reason=HandOver.Reason.MOVED_SCHOOL, on=on, at=at[0])
    _accept(one, first, on=on, at=at[1])
    _offer(other, one, place=4, reason=HandOver.Reason.MISSING, on=on, at=at[2])
    _offer(one, other, place=5, reason=HandOver.Reason.MOVED_HOME, on=on, at=at[3])
    for authority in (one, other):
        with authority_scope(authority):
            hearing.hear()
            Message.objects.filter(sent_at=None).update(sent_at=_at(on, 40))


def _at(day: dt.date, minute: int) -> dt.datetime:
    """On the morning that the demonstration begins: what is handed over is as it stands then."""
    return dt.datetime.combine(day, dt.time(8, minute), LONDON)


def _officer(authority: Authority, on: dt.date) -> Membership | None:
    found = Membership.objects.working().with_people().filter(authority=authority, role=Role.OFFICER)
    officer = found.order_by("user__email").first()
    if officer:
        officer.on = on
    return officer


def _offer(
    sender: Authority, to: Authority, *, place: int, reason: str, on: dt.date, at: dt.datetime
) -> HandOver | None:
    """Offer a child on roll, chosen by place in the order of names."""
    officer = _officer(sender, on)
    with authority_scope(sender):
        on_roll = Enrolment.objects.on_roll(on).values("pupil")
        pupils = Pupil.objects.filter(pk__in=on_roll, is_restricted=False, upn__isnull=False)
        chosen = list(pupils.order_by("sort_key", "pk")[place : place + 1])
        if not (officer and chosen):
            return None
        note = "The family told the school of the move; the new school is not known yet."
        told = list(may_be_told(chosen[0], officer, on=on))
        return offer_hand_over(chosen[0], to=to, reason=reason, circumstances=told, note=note, by=officer, at=at)


def _accept(authority: Authority, one: HandOver | None, *, on: dt.date, at: dt.datetime) -> None:
    officer = _officer(authority, on)
    if one and officer:  # else nobody is there to accept it
        with authority_scope(authority):
            accept_hand_over(one, pupil=None, by=officer, at=at)
