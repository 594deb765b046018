"""Part-time timetables, and what is arranged for children too ill to go to school."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned, OwnedByKey, owned_manager
from casework.models.in_error import MayBeInError
from schools.models import Pupil, School


class TrackedQuerySet(models.QuerySet[models.Model]):
    """Records with a beginning and an end, `ended_on`, of one child each."""

    def visible_to(self, member: Membership) -> TrackedQuerySet:
        """Of the children this member may see."""
        return self.filter(pupil__in=Pupil.objects.visible_to(member))

    def running(self) -> TrackedQuerySet:
        return self.filter(ended_on=None)


class StandingOrNotQuerySet(TrackedQuerySet):
    """Records that may be said to have been made in error: they stay to be read, and run and count no more."""

    def standing(self) -> StandingOrNotQuerySet:
        return self.filter(in_error_on=None)

    def running(self) -> StandingOrNotQuerySet:
        return self.standing().filter(ended_on=None)


class PartTimeTimetableQuerySet(StandingOrNotQuerySet):
    def visible_to(self, member: Membership) -> PartTimeTimetableQuerySet:
        """As all such records; for a school's own people those of their schools, or of the schools before them.

        It is about the register of the school that agreed it, and no other school reads that (decision 0019).
        """
        seen = self.filter(pupil__in=Pupil.objects.visible_to(member))
        return seen.filter(school__in=School.objects.of_or_before(member)) if member.is_of_a_school else seen

    def past_end(self, on: dt.date) -> TrackedQuerySet:
        """Still running although their last day has gone by."""
        return self.running().filter(until_on__lt=on)


class PartTimeTimetable(MayBeInError, OwnedByKey):
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
                fields=["authority", "pupil", "school"],
                name="part_time_once",
                condition=Q(ended_on=None, in_error_on=None),
            ),
            models.CheckConstraint(
                condition=Q(in_error_on=None, in_error_by=None)
                | Q(in_error_on__isnull=False, in_error_by__isnull=False),
                name="part_time_in_error_on_and_by",
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

    @property
    def parent_agreed_on(self) -> dt.date | None:
        """When a parent agreed to it as it is now, to its latest last day; None where that is not recorded.

        One query, none where `put_offs` are prefetched.
        """
        put_offs = list(self.put_offs.all())
        return put_offs[-1].agreed_with_parent_on if put_offs else self.agreed_with_parent_on


class TimetablePutOff(Owned):
    """That another last day of a part-time timetable was agreed: which before, which now, what was said. History.

    The same day twice, with no words: a parent agreed since to what it was put off to. With words: the review moved.
    """

    append_only: ClassVar = True

    timetable = models.ForeignKey(PartTimeTimetable, on_delete=models.PROTECT, related_name="put_offs", db_index=False)
    until_before_on = models.DateField(help_text="The last day as it was agreed before.")
    until_on = models.DateField(help_text="The last day as it was agreed then.")
    why = models.TextField()
    agreed_with_parent_on = models.DateField(null=True, blank=True)
    recorded_on = models.DateField()
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["recorded_on", "id"]
        indexes: ClassVar = [models.Index(fields=["authority", "timetable"], name="put_off_by_timetable")]


class HealthPlanQuerySet(StandingOrNotQuerySet):
    def looked_into(self) -> HealthPlanQuerySet:
        """Those that the authority recorded, or looked into since a school did."""
        return self.filter(looked_into_on__isnull=False, in_error_on=None)


class HealthPlan(MayBeInError, OwnedByKey):
    """What is arranged for a child who is too ill to go to school, or why nothing has to be (EA 1996 s.19).

    The duty is the authority's: what a school says that it does answers for it once the authority has looked into it.
    """

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
    looked_into_on = models.DateField(null=True, blank=True, help_text="Empty: a school’s word, and no more yet.")
    looked_into_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    looked_into_words = models.TextField(blank=True)

    objects: ClassVar = owned_manager(HealthPlanQuerySet)

    class Meta:
        ordering: ClassVar = ["-begun_on"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "pupil"],
                name="health_plan_once",
                condition=Q(ended_on=None, in_error_on=None),
            ),
            models.CheckConstraint(
                condition=Q(in_error_on=None, in_error_by=None)
                | Q(in_error_on__isnull=False, in_error_by__isnull=False),
                name="health_plan_in_error_on_and_by",
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None, ended_by=None) | Q(ended_on__isnull=False, ended_by__isnull=False),
                name="health_plan_ended_on_and_by",
            ),
            models.CheckConstraint(
                condition=Q(looked_into_on=None, looked_into_by=None)
                | Q(looked_into_on__isnull=False, looked_into_by__isnull=False),
                name="health_plan_looked_into_on_and_by",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["authority", "pupil"], name="health_plan_by_pupil")]
