"""What the other authority did with a hand-over becomes an event of this one, and a message to whom it concerns.

Neither side writes a row of the other's: each looks, within the minute, for stages that it has no event of yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db.models import F, Q
from django.urls import reverse

from attendance_portal import messages
from attendance_portal.audit import record
from attendance_portal.models import AuditEvent, Membership
from attendance_portal.roles import Role
from attendance_portal.tenancy import current_authority, current_authority_id
from schools.handing.stages import hold_hand_over
from schools.models import HandOver, HandOverAnswer

Stage = HandOver.Stage
# Of what the sender hears, and of what the addressee hears: words of the event and subject of the message.
_TO_SENDER = {
    Stage.ACCEPTED: "{them} accepted a child's record that was offered to it.",
    Stage.DECLINED: "{them} declined a child's record that was offered to it.",
    Stage.ENDED: "{them} gave back a child's record that it had accepted.",
}
_TO_ADDRESSEE = {
    Stage.OFFERED: "{them} offers to hand over a child's record.",
    Stage.WITHDRAWN: "{them} withdrew its offer of a child's record.",
    Stage.ENDED: "{them} ended the hand-over of a child's record.",
}


def hear() -> int:
    """Take notice of all that the other sides did, in the open scope. Returns how many stages were new here."""
    sent = sum(map(_hear_of_sent, _unheard(HandOver.objects, F("heard"))))
    received = sum(map(_hear_of_received, _unheard(HandOver.received, F("answers__heard"))))
    return sent + received + _hear_of_restrictions()


def _hear_of_restrictions() -> int:
    """The addressee's side: what the sender restricted after it was accepted here, while our record is open to all.

    What was accepted as restricted is known already, also where this authority lifted its own restriction since.
    """
    accepted = HandOver.received.at_stage(Stage.ACCEPTED).filter(is_restricted=True)
    ours_is_open = accepted.filter(answers__pupil__is_restricted=False).select_related("authority")
    knew = Q(what="hear_of_restriction") | Q(what="accept_hand_over", detail__is_restricted=True)
    told = AuditEvent.objects.filter(knew, subject_type=HandOver._meta.label)
    found = list(ours_is_open.annotate(ours=F("answers__pupil")))
    heard = set(told.filter(subject_id__in=[str(one.pk) for one in found]).values_list("subject_id", flat=True))
    new = [one for one in found if str(one.pk) not in heard]
    for one in new:
        words = f"{one.authority} restricted a child's record that it had handed over."
        record("hear_of_restriction", by=None, words=words, subject=one, pupils=[one.ours])
        _tell(list(Membership.objects.filter(role=Role.TEAM_LEADER)), words, one)
    return len(new)


def _unheard(found: Any, told: F) -> Sequence[HandOver]:
    staged = found.with_stage().annotate(told=told).filter(Q(told=None) | ~Q(told=F("stage")))
    return list(staged.select_related("authority", "to_authority", "offered_by__user").order_by("offered_at", "pk"))


def _hear_of_sent(one: HandOver) -> bool:
    """The sender's side: whoever offered it is told."""
    stage = Stage(one.stage)
    if HandOver.objects.filter(pk=one.pk).exclude(heard=stage).update(heard=stage) != 1:
        return False
    words = _TO_SENDER[stage].format(them=one.to_authority)
    record("hear_of_hand_over", by=None, words=words, subject=one, pupils=[one.pupil_id])
    _tell([one.offered_by], words, one)
    return True


def _hear_of_received(one: HandOver) -> bool:
    """The addressee's side: its shared mailbox is told of an offer, and whoever answered of the rest."""
    hold_hand_over(one.pk)
    stage = Stage(one.stage)
    answer, is_new = HandOverAnswer.objects.get_or_create(hand_over=one, defaults={"heard": stage})
    if not is_new and HandOverAnswer.objects.filter(pk=answer.pk).exclude(heard=stage).update(heard=stage) != 1:
        return False
    if stage not in _TO_ADDRESSEE:
        return False
    words = _TO_ADDRESSEE[stage].format(them=one.authority)
    pupils = [answer.pupil_id] if answer.pupil_id else []
    record("hear_of_hand_over", by=None, words=words, subject=one, pupils=pupils)
    _tell([answer.answered_by] if answer.answered_by else [], words, one)
    return True


def _tell(people: Sequence[Membership], words: str, one: HandOver) -> None:
    """Write to these of this authority who still work here; else to its mailbox, else to its team leaders."""
    working = Membership.objects.working().with_people().filter(authority=current_authority_id())
    found = [(person.name, person.user.email) for person in working.filter(pk__in=[each.pk for each in people])]
    if not found and (mailbox := current_authority().mailbox):
        found = [(str(current_authority()), mailbox)]
    if not found:
        found = [(person.name, person.user.email) for person in working.filter(role=Role.TEAM_LEADER)]
    link = f"{settings.PORTAL_ADDRESS}{reverse('hand_over_page', args=[one.pk])}"
    for name, email in found:
        body = f"Hello {name},\n\n{words} Sign in to see it:\n\n{link}\n\nAttendance portal, {current_authority()}\n"
        messages.write(to_name=name, to_email=email, subject=words.rstrip("."), body=body)
