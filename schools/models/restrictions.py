"""Restricted records: why a child's record is restricted, and who opened it by breaking the glass."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned
from schools.models.pupils import Pupil


class Restriction(Owned):
    """Why a record is restricted, from when, and its end. `Pupil.is_restricted` says whether one stands."""

    class Kind(models.TextChoices):
        ADOPTION = "adoption", "Adoption"
        DOMESTIC_ABUSE = "domestic-abuse", "Domestic abuse"
        OTHER = "other", "Another reason"

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="restrictions")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    reason = models.CharField(max_length=300)
    restricted_on = models.DateField()
    restricted_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    lifted_on = models.DateField(null=True, blank=True)
    lifted_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    lifted_because = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "pupil"], name="restriction_open_once", condition=Q(lifted_on__isnull=True)
            ),
            models.CheckConstraint(
                condition=Q(lifted_on=None, lifted_by=None) | Q(lifted_on__isnull=False, lifted_by__isnull=False),
                name="restriction_lifted_on_and_by",
            ),
        ]


class BrokenGlass(Owned):
    """Someone who was not named opened a restricted record for a day, and said why. History: never changed."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="broken_glass")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    on = models.DateField(help_text="The one day on which the record was open.")
    at = models.DateTimeField()
