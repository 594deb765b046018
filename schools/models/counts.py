"""Counts that schools send in place of marks: kept apart from the registers, and in none of the figures."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from attendance_portal.tenancy import Owned, owned_manager
from schools.models.places import School
from schools.models.pupils import Enrolment, Pupil
from schools.models.registers import Upload


class AttendanceSummaryQuerySet(models.QuerySet["AttendanceSummary"]):
    def stored(self) -> AttendanceSummaryQuerySet:
        """Those of files that are stored: an upload that was undone has none, until its undo is undone."""
        return self.filter(upload__stage=Upload.Stage.ACCEPTED, stands=True)


class AttendanceSummary(Owned):
    """A pupil's sessions of a period as the school counted them. Never expanded to marks, never added to figures."""

    class Source(models.TextChoices):
        TOTALS = "totals", "Totals of the school's own system"
        CENSUS = "census", "School census extract"
        CTF = "ctf", "Common Transfer File"
        BY_HAND = "hand", "Entered by hand"

    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="summaries", db_index=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="summaries", db_index=False)
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="summaries", db_index=False)
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="summaries")
    source = models.CharField(max_length=10, choices=Source.choices)
    period = models.CharField(max_length=100, blank=True, help_text="In words; empty where the file does not say.")
    from_on = models.DateField(null=True, blank=True)
    until_on = models.DateField(null=True, blank=True)
    school_named = models.CharField(max_length=150, blank=True, help_text="The school the file says counted.")
    possible = models.PositiveIntegerField()
    present = models.PositiveIntegerField()
    activity = models.PositiveIntegerField(null=True, help_text="Approved educational activity; empty: in `present`.")
    authorised = models.PositiveIntegerField(default=0)
    unauthorised = models.PositiveIntegerField(default=0)
    late = models.PositiveIntegerField(null=True)
    late_after = models.PositiveIntegerField(null=True)
    missing = models.PositiveIntegerField(null=True)
    marks_from_on = models.DateField(null=True, blank=True)
    stands = models.BooleanField(default=True, db_default=True, help_text="Its upload stands, or was undone.")
    marks_as_sent = models.TextField(blank=True, help_text="A CTF's string of marks, as it stands: never expanded.")

    objects: ClassVar = owned_manager(AttendanceSummaryQuerySet)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "upload", "enrolment", "period", "school_named"], name="summary_once"
            ),
            models.CheckConstraint(
                condition=Q(
                    possible=F("present") + Coalesce(F("activity"), 0) + F("authorised") + F("unauthorised"),
                ),
                name="summary_adds_up",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["authority", "pupil"], name="summary_by_pupil"),
            models.Index(fields=["authority", "school", "until_on"], name="summary_by_school"),
        ]

    @property
    def absent(self) -> int:
        """Sessions missed, authorised or not."""
        return self.authorised + self.unauthorised
