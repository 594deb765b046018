"""How complete and how fresh a school's registers are, who was reminded, and how the early warning did last year."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F
from django.db.models.functions import Now

from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned
from schools.models.places import School


class RegisterCoverage(Owned):
    """What a school's register lacks, at its latest data. A cache of the marks: every banding writes it anew."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="coverage")
    year = models.PositiveSmallIntegerField()
    last_data_on = models.DateField()
    pupils = models.IntegerField(help_text="On roll on that day.")
    expected = models.IntegerField(help_text="Half-days of the year so far on which a mark was due.")
    missing = models.IntegerField(help_text="Of these, those without a mark.")
    missing_pupils = models.IntegerField()
    never_sent = ArrayField(
        models.CharField(max_length=60), default=list, help_text="Classes none of whose pupils has any mark."
    )
    never_sent_pupils = models.IntegerField(default=0)
    old_unknown = models.IntegerField(help_text="Sessions still coded N after five school days.")
    old_unknown_pupils = models.IntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "school"], name="register_coverage_once_a_school")
        ]


class RegisterReminder(Owned):
    """An e-mail by which a school was asked to complete its register. It names no child."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="register_reminders")
    to_name = models.CharField(max_length=150)
    to_email = models.EmailField()
    said = models.TextField()
    sent_at = models.DateTimeField(db_default=Now())
    sent_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index("authority", "school", F("sent_at").desc(), name="register_reminder_by_school")
        ]


class WarningTrial(Owned):
    """The early warning tried on a past year: after `term`, who was warned and who was then persistently absent."""

    year = models.PositiveSmallIntegerField()
    term = models.CharField(max_length=10)
    pupils = models.IntegerField(help_text="Enrolments judged: some sessions in both terms, not persistent before.")
    warned = models.IntegerField()
    warned_rightly = models.IntegerField(help_text="Warned, and persistently absent in the next term.")
    persistent = models.IntegerField(help_text="Persistently absent in the next term, warned or not.")
    tried_on = models.DateField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "year", "term"], name="warning_trial_once_a_term")
        ]
