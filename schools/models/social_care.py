"""Lists of children with a social worker, as social care sends them, line by line."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned, OwnedByKey
from schools.models.pupils import Circumstance, Pupil


class SocialCareList(OwnedByKey):
    """One file that was sent. The file itself is not kept: its lines are."""

    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    sent_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["authority", "sent_at"], name="social_care_list_by_time")]


class SocialCareLine(Owned):
    """A line of a list: what it says, which child it is, and what became of it."""

    class State(models.TextChoices):
        RECORDED = "recorded", "Recorded"
        KNOWN = "known", "Known already"
        UNCERTAIN = "uncertain", "To be looked at"
        LEFT_OUT = "left-out", "Left out"
        SET_ASIDE = "set-aside", "Set aside"

    care_list = models.ForeignKey(SocialCareList, on_delete=models.PROTECT, related_name="lines")
    row = models.IntegerField()
    state = models.CharField(max_length=20, choices=State.choices)
    message = models.CharField(max_length=300, blank=True, help_text="Why it is to be looked at, or was left out.")
    upn = models.CharField("UPN", max_length=40, blank=True)
    surname = models.CharField(max_length=150, blank=True)
    forename = models.CharField(max_length=150, blank=True)
    date_of_birth = models.DateField(null=True, blank=True)
    kind = models.CharField(max_length=30, choices=Circumstance.Kind.choices, blank=True)
    social_worker = models.CharField(max_length=150, blank=True)
    social_worker_email = models.EmailField(blank=True)
    from_on = models.DateField(null=True, blank=True)
    until_on = models.DateField(null=True, blank=True)
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["authority", "care_list", "row"], name="social_care_line_by_list")]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(settled_at=None, settled_by=None) | Q(settled_at__isnull=False, settled_by__isnull=False),
                name="social_care_line_settled",
            ),
        ]
