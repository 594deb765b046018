"""Hand-overs of a child between authorities: the envelope, what it holds, and the answer of the other side.

Each row is written by its owner alone. The envelope is the sender's and names no child to the addressee; its contents
are the sender's, and readable to the addressee while the hand-over is offered or accepted; the answer is the
addressee's, and readable to the sender. PostgreSQL holds this (`ShowToAnother`); see decision 0010.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Case, F, Q, Value, When

from attendance_portal.models import Authority, Membership
from attendance_portal.roles import Permission
from attendance_portal.tenancy import AddressedHere, Owned, OwnedByKey, owned_manager
from schools.models.pupils import Pupil


def _both_or_neither(*names: str) -> Q:
    """A date and its person: both are there or neither is."""
    return Q(*((name, None) for name in names)) | Q(*((f"{name}__isnull", False) for name in names))


class HandOverQuerySet(models.QuerySet["HandOver"]):
    def with_stage(self) -> HandOverQuerySet:
        """Each with its `stage`, which follows from what either side did (see `schools.moves.HAND_OVER_MOVES`)."""
        stage, accepted = HandOver.Stage, HandOverAnswer.Verdict.ACCEPTED
        return self.annotate(
            stage=Case(
                When(withdrawn_at__isnull=False, then=Value(stage.WITHDRAWN)),
                When(Q(ended_at__isnull=False) | Q(answers__ended_at__isnull=False), then=Value(stage.ENDED)),
                When(answers__verdict=accepted, then=Value(stage.ACCEPTED)),
                When(answers__verdict=HandOverAnswer.Verdict.DECLINED, then=Value(stage.DECLINED)),
                default=Value(stage.OFFERED),
            )
        )

    def at_stage(self, *stages: str) -> HandOverQuerySet:
        staged: Any = self.with_stage()
        found: HandOverQuerySet = staged.filter(stage__in=stages)
        return found

    def sent_as_seen_by(self, member: Membership) -> HandOverQuerySet:
        """Of what this authority sent: about children whom the member may see."""
        return self.filter(pupil__in=Pupil.objects.visible_to(member))

    def received_as_seen_by(self, member: Membership) -> HandOverQuerySet:
        """Of what this authority received: a restricted child's only for who may hold restricted records, and once
        there is a record of the child here only for who may see it."""
        seen = Q(answers__pupil=None) | Q(answers__pupil__in=Pupil.objects.visible_to(member))
        if not member.may(Permission.RECORD_RESTRICT):
            seen &= Q(is_restricted=False)
        return self.filter(seen)


class HandOver(OwnedByKey):
    """One authority hands a child's record over to another. `objects`: those it sent; `received`: those sent to it."""

    class Stage(models.TextChoices):
        OFFERED = "offered", "Offered"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"
        ENDED = "ended", "Ended"

    class Reason(models.TextChoices):
        MOVED_SCHOOL = "moved-school", "The child goes to a school there now"
        MOVED_HOME = "moved-home", "The child lives there now"
        DUAL = "dual", "The child is on a roll there as well as here"
        MISSING = "missing", "The child is missing education, and is believed to be there"

    to_authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="+", db_index=False)
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="hand_overs", db_index=False)
    reason = models.CharField(max_length=20, choices=Reason.choices)
    # Or since: `restrict_record` says so of what was handed over before.
    is_restricted = models.BooleanField(default=False, help_text="The record was restricted when it was offered.")
    heard = models.CharField(
        max_length=10, choices=Stage.choices, blank=True, help_text="The latest stage the sender has an event of."
    )
    offered_at = models.DateTimeField()
    offered_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When the sender ended it.")
    ended_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    closed_because = models.CharField(max_length=300, blank=True, help_text="Why it was withdrawn or ended.")

    # Given by `with_stage`.
    stage: str

    objects: ClassVar = owned_manager(HandOverQuerySet)
    received: ClassVar = owned_manager(HandOverQuerySet, of="to_authority")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["to_authority", "id"], name="hand_over_to"),
            models.CheckConstraint(condition=~Q(to_authority=F("authority")), name="hand_over_to_another"),
            models.CheckConstraint(
                condition=_both_or_neither("withdrawn_at", "withdrawn_by"), name="hand_over_withdrawn_by"
            ),
            models.CheckConstraint(condition=_both_or_neither("ended_at", "ended_by"), name="hand_over_ended_by"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | Q(ended_at=None), name="hand_over_withdrawn_or_ended"
            ),
        ]
        indexes: ClassVar = [
            models.Index("authority", F("offered_at").desc(), name="hand_over_by_day"),
            models.Index(fields=["authority", "pupil"], name="hand_over_by_pupil"),
        ]


class HandOverContents(Owned):
    """What is handed over, as it stood when it was offered (see `schools.stored.parcels`). Never changed."""

    hand_over = models.ForeignKey(HandOver, on_delete=models.PROTECT, related_name="contents", db_index=False)
    packed = models.BinaryField()

    objects: ClassVar = owned_manager()
    received: ClassVar = owned_manager(of="hand_over__to_authority")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "hand_over"], name="hand_over_contents_once")
        ]


class HandOverAnswer(Owned):
    """What the addressee says to a hand-over, and which record of its own the child has. Owned by the addressee."""

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"

    hand_over = AddressedHere(HandOver, on_delete=models.PROTECT, related_name="answers")
    heard = models.CharField(
        max_length=10, choices=HandOver.Stage.choices, help_text="The latest stage the addressee has an event of."
    )
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True, default="")
    because = models.CharField(max_length=300, blank=True, help_text="Why it was declined, or given back.")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="When the addressee gave it back.")
    ended_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects: ClassVar = owned_manager()
    told_to_us: ClassVar = owned_manager(of="hand_over__authority")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "hand_over"], name="hand_over_answered_once"),
            models.CheckConstraint(
                condition=_both_or_neither("answered_at", "answered_by"), name="hand_over_answered_by"
            ),
            models.CheckConstraint(
                condition=Q(verdict="") | Q(answered_at__isnull=False), name="hand_over_verdict_answered"
            ),
            models.CheckConstraint(
                condition=~Q(verdict="accepted") | Q(pupil__isnull=False), name="hand_over_accepted_as_a_pupil"
            ),
            models.CheckConstraint(condition=_both_or_neither("ended_at", "ended_by"), name="hand_over_given_back_by"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(verdict="accepted"), name="hand_over_given_back_accepted"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["authority", "pupil"], name="hand_over_answer_by_pupil")]
