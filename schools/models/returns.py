"""Returns that schools must make to the authority, drafted from the marks, and what an authority asks of them."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import Count, F, Q
from django.db.models.functions import Now

from attendance_portal.days import year_of
from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned, OwnedByKey, owned_manager
from schools.models.places import School
from schools.models.pupils import Enrolment, Pupil


class StatutoryReturnQuerySet(models.QuerySet["StatutoryReturn"]):
    def visible_to(self, member: Membership) -> StatutoryReturnQuerySet:
        """About children the member may see; for a school's own people those their school makes, see `_of_schools`.

        A draft is the school's to check: others see it once it is late, or once they were told of a deletion.
        """
        if member.is_of_a_school:
            return self._of_schools(member)
        seen = self.filter(pupil__in=Pupil.objects.visible_to(member))
        return seen.exclude(stage=StatutoryReturn.Stage.DRAFT, deadline_on__gte=member.on, told_at=None)

    def _of_schools(self, member: Membership) -> StatutoryReturnQuerySet:
        """Those the member's schools make, of who left in an earlier year too: nobody else can send them.

        A draft until it is settled, whatever its year; what was settled to the end of the school year after its own.
        """
        theirs = self.filter(school__in=School.objects.of(member), pupil__in=Pupil.objects.not_withheld_from(member))
        is_lately = Q(stage=StatutoryReturn.Stage.DRAFT) | Q(year__gte=year_of(member.on) - 1)
        return theirs.filter(
            Q(pupil__in=Pupil.objects.visible_to(member)) | Q(is_lately, enrolment__made_in_error_at=None)
        )

    def states(self, on: dt.date) -> dict[str, int]:
        """How many are drafts (of them overdue on that day), sent and acknowledged. One query."""
        late = Q(stage=StatutoryReturn.Stage.DRAFT, deadline_on__lt=on)
        found: dict[str, int] = self.aggregate(
            drafts=Count("pk", filter=Q(stage=StatutoryReturn.Stage.DRAFT)),
            overdue=Count("pk", filter=late),
            sent=Count("pk", filter=Q(stage=StatutoryReturn.Stage.SENT)),
            acknowledged=Count("pk", filter=Q(stage=StatutoryReturn.Stage.ACKNOWLEDGED)),
        )
        return found

    def needed(self) -> StatutoryReturnQuerySet:
        """Without those drafted only that a social worker is told, see `StatutoryReturn.is_finished`."""
        return self.filter(facts__finished__isnull=True)

    def to_make(self) -> StatutoryReturnQuerySet:
        return self.filter(stage=StatutoryReturn.Stage.DRAFT)

    def arrived(self) -> StatutoryReturnQuerySet:
        return self.filter(stage__in=StatutoryReturn.ARRIVED)


class StatutoryReturn(OwnedByKey):
    """One return about one child: an attendance, sickness, new pupil or deletion return (SI 2024/208 reg 13).

    `first_on` and `arose_on` are the first day of its episode and the day it became due; `facts` what it rests
    on: the marks, those of today while it is a draft and frozen once it was sent, and what the school then confirmed.
    """

    class Kind(models.TextChoices):
        ATTENDANCE = "attendance", "Attendance return"
        SICKNESS = "sickness", "Sickness return"
        NEW_PUPIL = "new-pupil", "New pupil return"
        DELETION = "deletion", "Deletion return"

    class Stage(models.TextChoices):
        DRAFT = "draft", "To be confirmed"
        SENT = "sent", "Sent"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        SET_ASIDE = "set-aside", "Set aside"
        WITHDRAWN = "withdrawn", "Withdrawn"

    ARRIVED: ClassVar = [Stage.SENT, Stage.ACKNOWLEDGED]

    kind = models.CharField(max_length=12, choices=Kind.choices)
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.DRAFT)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="returns")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="returns")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="returns")
    year = models.PositiveSmallIntegerField(help_text="The academic year in which it became due.")
    first_on = models.DateField(help_text="First day of the episode.")
    arose_on = models.DateField(help_text="The day it became due.")
    deadline_on = models.DateField(help_text="The last day to send it.")
    is_by_hand = models.BooleanField(default=False, help_text="Begun by a person, not drafted from the marks.")
    facts = models.JSONField(default=dict, blank=True)
    ground_gone_on = models.DateField(
        null=True, blank=True, help_text="When a correction took the ground from a return that had been sent."
    )
    sent_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    told_at = models.DateTimeField(
        null=True, blank=True, help_text="When the social worker's contact was told of a deletion."
    )
    told_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    told_whom = models.CharField(max_length=300, blank=True)

    objects: ClassVar = owned_manager(StatutoryReturnQuerySet)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "enrolment", "kind", "first_on"],
                condition=~Q(stage="withdrawn"),
                name="return_once_an_episode",
            ),
            models.CheckConstraint(
                condition=Q(sent_at=None, sent_by=None) | Q(sent_at__isnull=False, sent_by__isnull=False),
                name="return_sent_when_and_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(acknowledged_at=None, acknowledged_by=None)
                | Q(acknowledged_at__isnull=False, acknowledged_by__isnull=False),
                name="return_acknowledged_when_and_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(told_at=None, told_by=None) | Q(told_at__isnull=False, told_by__isnull=False),
                name="return_told_when_and_by_whom",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["authority", "school", "stage"], name="return_by_school"),
            models.Index(fields=["authority", "stage", "deadline_on"], name="return_by_stage"),
            models.Index(fields=["authority", "pupil"], name="return_by_pupil"),
        ]

    @property
    def is_finished(self) -> bool:
        """Whether the child has finished the school's final year: a deletion return is needed only if it is asked for.

        It is drafted where the child has a social worker, who is told of any deletion first (domain.md 7).
        """
        return bool(self.facts.get("finished"))


class ReturnStep(Owned):
    """What was done with a return, when, by whom and why. Nobody: the service itself, from the marks."""

    of = models.ForeignKey(StatutoryReturn, on_delete=models.PROTECT, related_name="steps")
    what = models.CharField(max_length=40)
    words = models.CharField(max_length=600, blank=True)
    made_at = models.DateTimeField(db_default=Now())
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-made_at", "-id"]
        indexes: ClassVar = [models.Index(fields=["authority", "of"], name="return_step_by_return")]


class ReturnPolicy(Owned):
    """What an authority asks of its schools' returns beyond the law, from a day on; the latest row counts."""

    from_on = models.DateField()
    in_school_days = models.BooleanField(
        default=False, help_text="New pupils: the fifth day is counted in school days, not calendar days."
    )
    asks_for_first_day_joiners = models.BooleanField(
        default=False, help_text="New pupils: also those who join the youngest class on the first day of the year."
    )
    asks_for_final_year = models.BooleanField(
        default=False, help_text="Deletions: also those who have finished the school's final year."
    )
    attendance_days = models.PositiveSmallIntegerField(
        default=5, help_text="Days within which an attendance return is sent."
    )
    set_at = models.DateTimeField(db_default=Now())
    set_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(F("authority"), F("from_on").desc(), F("id").desc(), name="return_policy_latest")
        ]
