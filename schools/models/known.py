"""What was known when beyond the marks themselves: dated enrolment dates, and the figures others showed of a school."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F
from django.db.models.functions import Now

from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned, OwnedByKey
from schools.models.places import School
from schools.models.pupils import Enrolment, Pupil


class EnrolmentChange(Owned):
    """A change of an enrolment's dates: what they were, what they are since, and when that became known.

    Or that it was found to be made in error by a file that was undone, or came back.
    """

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="date_changes", db_index=False)
    admission_before = models.DateField(null=True)
    admission_after = models.DateField(null=True)
    leaving_before = models.DateField(null=True)
    leaving_after = models.DateField(null=True)
    was_in_error = models.BooleanField(db_default=False, default=False)
    is_in_error = models.BooleanField(db_default=False, default=False)
    why = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(db_default=Now())
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["authority", "enrolment", "id"], name="dates_by_enrolment")]


class Reconciliation(OwnedByKey):
    """Percentages that another system showed of a school, year to date up to a day, to be explained."""

    class Source(models.TextChoices):
        MONITOR = "monitor", "Monitor your school attendance (DfE)"
        OWN_SYSTEM = "own-system", "The school's own system"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="reconciliations", db_index=False)
    source = models.CharField(max_length=12, choices=Source.choices)
    as_at = models.DateField(help_text="The last day their figures are for, inclusive.")
    attendance = models.DecimalField(max_digits=5, decimal_places=2, null=True, help_text="Of the whole school, %.")
    persistent = models.DecimalField(max_digits=5, decimal_places=2, null=True, help_text="Persistently absent, %.")
    unread = models.JSONField(default=list, blank=True, help_text="Lines of their list that could not be read.")
    entered_at = models.DateTimeField()
    entered_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index("authority", "school", F("entered_at").desc(), name="reconciliation_by_school")
        ]


class ReconciledPupil(Owned):
    """One child's percentage in their list; `pupil` is empty where no child of the school fits the line."""

    reconciliation = models.ForeignKey(Reconciliation, on_delete=models.CASCADE, related_name="pupils", db_index=False)
    line = models.IntegerField()
    told = models.CharField(max_length=300, help_text="Who, as their list says it.")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, null=True, related_name="+")
    attendance = models.DecimalField(max_digits=5, decimal_places=2, help_text="%.")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["authority", "reconciliation", "line"], name="reconciled_by_line")]
