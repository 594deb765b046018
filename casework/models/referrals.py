"""A child referred to a service: a referral is not yet a case (architecture section 10)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from attendance_portal.models import Membership
from attendance_portal.tenancy import OwnedByKey, owned_manager
from casework.models.cases import Case
from casework.models.directory import Service
from schools.models import Pupil, School


class ReferralQuerySet(models.QuerySet["Referral"]):
    def waiting(self) -> ReferralQuerySet:
        """Those that nobody has answered or withdrawn."""
        return self.filter(stage=Referral.Stage.SENT)

    def received_by(self, member: Membership) -> ReferralQuerySet:
        """Those made to services for which this member answers; a record restricted since is not among them."""
        open_to_them = Pupil.objects.not_withheld_from(member)
        return self.filter(service__in=Service.objects.of(member), pupil__in=open_to_them)

    def made_by_member(self, member: Membership) -> ReferralQuerySet:
        """Those this member made, of children they still may see."""
        return self.filter(made_by=member, pupil__in=Pupil.objects.visible_to(member))

    def visible_to(self, member: Membership) -> ReferralQuerySet:
        """Those made to this member's services, and those of every child they may see."""
        open_to_them = Q(service__in=Service.objects.of(member), pupil__in=Pupil.objects.not_withheld_from(member))
        return self.filter(open_to_them | Q(pupil__in=Pupil.objects.visible_to(member)))


class Referral(OwnedByKey):
    """A child referred to a service, with the reason; who made it, and what the service answered.

    The school and the year are kept as they were: they are all, beside the name and the reason, that the service
    reads before it answers.
    """

    class Stage(models.TextChoices):
        SENT = "sent", "Waiting for an answer"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="referrals", db_index=False)
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="referrals", db_index=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    year_group = models.CharField(max_length=3, blank=True)
    reason = models.TextField()
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.SENT)
    made_on = models.DateField()
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+", db_index=False)
    answered_on = models.DateField(null=True, blank=True)
    answered_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    answer = models.TextField(blank=True, help_text="Why it was declined, or what happens next.")
    withdrawn_on = models.DateField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_why = models.CharField(max_length=300, blank=True)
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, blank=True, related_name="referrals")

    objects: ClassVar = owned_manager(ReferralQuerySet)

    class Meta:
        ordering: ClassVar = ["-made_on"]
        indexes: ClassVar = [
            models.Index(fields=["authority", "service", "stage"], name="referral_by_service"),
            models.Index(fields=["authority", "pupil"], name="referral_by_pupil"),
            models.Index(fields=["authority", "made_by"], name="referral_by_maker"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "pupil", "service"], name="referral_waits_once", condition=Q(stage="sent")
            ),
            models.CheckConstraint(
                condition=Q(stage__in=["accepted", "declined"], answered_on__isnull=False, answered_by__isnull=False)
                | Q(stage__in=["sent", "withdrawn"], answered_on=None, answered_by=None),
                name="referral_answered_on_and_by",
            ),
            models.CheckConstraint(
                condition=Q(stage="withdrawn", withdrawn_on__isnull=False, withdrawn_by__isnull=False)
                | Q(stage__in=["sent", "accepted", "declined"], withdrawn_on=None, withdrawn_by=None),
                name="referral_withdrawn_on_and_by",
            ),
            models.CheckConstraint(
                condition=Q(stage="accepted", case__isnull=False) | Q(~Q(stage="accepted"), case=None),
                name="referral_accepted_into_a_case",
            ),
        ]
