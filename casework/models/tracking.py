"""Part-time timetables, and what is arranged for children too ill to go to school."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from attendance_portal.models import Membership
from attendance_portal.tenancy import OwnedByKey, owned_manager
from schools.models import Pupil, School


class TrackedQuerySet(models.QuerySet[models.Model]):
    """Records with a beginning and an end, `ended_on`, of one child each."""

    def visible_to(self, member: Membership) -> TrackedQuerySet:
        """Of the children this member may see."""
        return self.filter(pupil__in=Pupil.objects.visible_to(member))

    def running(self) -> TrackedQuerySet:
        return self.filter(ended_on=None)


class PartTimeTimetableQuerySet(TrackedQuerySet):
    def visible_to(self, member: Membership) -> PartTimeTimetableQuerySet:
        """As all such records; for a school's own people those of their schools, or of the schools before them.

        It is about the register of the school that agreed it, and no other school reads that (decision 0019).
        """
        seen = self.filter(pupil__in=Pupil.objects.visible_to(member))
        return seen.filter(school__in=School.objects.of_or_before(member)) if member.is_of_a_school else seen

    def past_end(self, on: dt.date) -> TrackedQuerySet:
        """Still running although their last day has gone by."""
        return self.running().filter(until_on__lt=on)


class PartTimeTimetable(OwnedByKey):
    """A temporary part-time timetable that school and parent agreed (code C2 stands for the sessions left out)."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="part_time_timetables", db_index=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="part_time_timetables")
    from_on = models.DateField()
    until_on = models.DateField(help_text="The last day as agreed; it may be put off.")
    sessions_a_week = models.PositiveSmallIntegerField(help_text="Sessions the child is to attend, of ten.")
    reason = models.TextField()
    review_on = models.DateField(null=True, blank=True)
    agreed_with_parent_on = models.DateField(null=True, blank=True)
    recorded_on = models.DateField()
    recorded_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    ended_on = models.DateField(null=True, blank=True, help_text="The last day on which it was followed.")
    ended_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    how_ended = models.CharField(max_length=500, blank=True)

    objects: ClassVar = owned_manager(PartTimeTimetableQuerySet)

    class Meta:
        ordering: ClassVar = ["-from_on"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "pupil", "school"], name="part_time_once", condition=Q(ended_on=None)
            ),
            models.CheckConstraint(condition=Q(until_on__gte=F("from_on")), name="part_time_dates_in_order"),
            models.CheckConstraint(condition=Q(sessions_a_week__lte=10), name="part_time_of_ten_sessions"),
            models.CheckConstraint(
                condition=Q(ended_on=None, ended_by=None) | Q(ended_on__isnull=False, ended_by__isnull=False),
                name="part_time_ended_on_and_by",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["authority", "pupil"], name="part_time_by_pupil"),
            models.Index(fields=["authority", "until_on"], name="part_time_running", condition=Q(ended_on=None)),
        ]


class HealthPlan(OwnedByKey):
    """What is arranged for a child who is too ill to go to school, or why nothing has to be (EA 1996 s.19)."""

    class Provision(models.TextChoices):
        SCHOOL = "school", "The school teaches or supports the child"
        AUTHORITY = "authority", "The authority arranges education (section 19)"
        NOT_NEEDED = "not-needed", "It was looked into: nothing has to be arranged"

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="health_plans", db_index=False)
    provision = models.CharField(max_length=12, choices=Provision.choices)
    begun_on = models.DateField()
    words = models.TextField()
    review_on = models.DateField(null=True, blank=True)
    recorded_on = models.DateField()
    recorded_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    ended_on = models.DateField(null=True, blank=True)
    ended_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    how_ended = models.CharField(max_length=500, blank=True)

    objects: ClassVar = owned_manager(TrackedQuerySet)

    class Meta:
        ordering: ClassVar = ["-begun_on"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "pupil"], name="health_plan_once", condition=Q(ended_on=None)),
            models.CheckConstraint(
                condition=Q(ended_on=None, ended_by=None) | Q(ended_on__isnull=False, ended_by__isnull=False),
                name="health_plan_ended_on_and_by",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["authority", "pupil"], name="health_plan_by_pupil")]
