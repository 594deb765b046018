"""What was recorded in error: said so, never removed."""

from __future__ import annotations

from django.db import models

from attendance_portal.models import Membership


class MayBeInError(models.Model):
    """What is counted, or answers a rule, and may turn out never to have been so: it stays to be read, and counts no
    more."""

    in_error_on = models.DateField(null=True, blank=True, help_text="The day on which somebody said that it is wrong.")
    in_error_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    in_error_why = models.TextField(blank=True)

    class Meta:
        abstract = True
