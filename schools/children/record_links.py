"""Saying of two records that they are one child, or are not, and taking that back. Keys are never re-pointed."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.db.models import Q

from attendance_portal.audit import record
from attendance_portal.models import Membership
from attendance_portal.refusals import Refused, once
from schools.models import Pupil, PupilLink
from schools.stored.same_child import records_of, regroup
from schools.stored.turns import hold_linked_records

Verdict = PupilLink.Verdict


def judgement_of(pupil: Pupil, other: Pupil) -> PupilLink | None:
    """What a person said of these two and did not take back."""
    either = Q(pupil=pupil, other=other) | Q(pupil=other, other=pupil)
    found: PupilLink | None = PupilLink.objects.filter(either, undone_at=None).select_related("made_by__user").first()
    return found


@transaction.atomic
def judge_records(
    pupil: Pupil, other: Pupil, *, verdict: str, evidence: str, reason: str, by: Membership, at: dt.datetime
) -> PupilLink:
    """Link two records as one child, or remember that they are two children.

    Refuses what was said already, and a link of a restricted record with one that is not.
    """
    hold_linked_records()
    if verdict == Verdict.SAME:
        _check_may_be_linked(pupil, other)
    with once("pupil_link_open_once", refusal="Somebody judged these two records before. Take that back first."):
        link: PupilLink = PupilLink.objects.create(
            pupil=pupil, other=other, verdict=verdict, evidence=evidence, reason=reason, made_at=at, made_by=by
        )
    regroup()
    words = "Linked two records as one child." if verdict == Verdict.SAME else "Said that two records are two children."
    record("judge_records", by=by, words=words, subject=link, pupils=[pupil, other], reason=reason, evidence=evidence)
    return link


def _check_may_be_linked(pupil: Pupil, other: Pupil) -> None:
    if other.pk in records_of(pupil):
        raise Refused("These records are linked already, directly or through another record.")
    if Pupil.objects.filter(pk__in=[pupil.pk, other.pk], is_restricted=True).count() == 1:  # as they stand in this turn
        raise Refused("One of these records is restricted. Restrict the other too, or lift the restriction, then link.")


@transaction.atomic
def take_back(link: PupilLink, *, reason: str, by: Membership, at: dt.datetime) -> None:
    """Take linked records apart, or forget that two are not the same. What the link joined was never changed."""
    hold_linked_records()
    undone = PupilLink.objects.filter(pk=link.pk, undone_at=None)
    if undone.update(undone_at=at, undone_by=by, undone_because=reason) != 1:
        raise Refused("This was taken back before.")
    regroup()
    words = (
        "Took linked records apart." if link.verdict == Verdict.SAME else "Took back that two records are two children."
    )
    pupils = [link.pupil_id, link.other_id]
    record("take_back", by=by, words=words, subject=link, pupils=pupils, reason=reason)
