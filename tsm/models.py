"""Targeting Support Meetings: the timetable, the list, the meeting, its minutes and the agreed actions."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned, OwnedByKey, owned_manager
from casework.models import Case
from schools.models import Enrolment, Pupil, School


class MeetingQuerySet(models.QuerySet["Meeting"]):
    def visible_to(self, member: Membership) -> MeetingQuerySet:
        """Meetings of the schools this member may open."""
        return self.filter(school__in=School.objects.visible_to(member))

    def standing(self) -> MeetingQuerySet:
        """Meetings that still count: not cancelled, not left unattended."""
        return self.exclude(stage__in=[Meeting.Stage.CANCELLED, Meeting.Stage.NOT_ATTENDED])

    def held(self) -> MeetingQuerySet:
        """Meetings that took place: begun, and not undone."""
        return self.filter(stage__in=Meeting.HELD)

    def held_by_member(self, member: Membership) -> MeetingQuerySet:
        """Meetings this member is to hold: as their officer, or covering for one who is away that day."""
        away = Q(officer__away_from__lte=F("starts_at__date")) & (
            Q(officer__away_until=None) | Q(officer__away_until__gte=F("starts_at__date"))
        )
        return self.filter(Q(officer=member) | Q(away, officer__covered_by=member))

    def of_term(self, year: int, term: str) -> MeetingQuerySet:
        return self.filter(year=year, term=term)


class Meeting(OwnedByKey):
    """One Targeting Support Meeting of one school."""

    class Stage(models.TextChoices):
        ARRANGED = "arranged", "Arranged"
        UNDER_WAY = "under-way", "Under way"
        TO_CONFIRM = "to-confirm", "Minutes to confirm"
        CONFIRMED = "confirmed", "Minutes confirmed"
        CANCELLED = "cancelled", "Cancelled"
        NOT_ATTENDED = "not-attended", "Not attended"

    HELD: ClassVar = [Stage.UNDER_WAY, Stage.TO_CONFIRM, Stage.CONFIRMED]

    class Mode(models.TextChoices):
        IN_PERSON = "in-person", "In person"
        ONLINE = "online", "Online"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="meetings")
    year = models.PositiveSmallIntegerField(help_text="The academic year's first calendar year.")
    term = models.CharField(max_length=10, help_text="autumn, spring or summer")
    starts_at = models.DateTimeField()
    minutes_booked = models.PositiveSmallIntegerField()
    mode = models.CharField(max_length=10, choices=Mode.choices)
    place = models.CharField(
        max_length=300,
        blank=True,
        help_text="The room, or the link of an online meeting.",
    )
    officer = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="meetings_chaired")
    stage = models.CharField(max_length=14, choices=Stage.choices, default=Stage.ARRANGED)
    calendar_sequence = models.PositiveSmallIntegerField(default=0, help_text="Grows with every change sent out.")
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")

    # Frozen when the meeting begins; register edits later change neither.
    began_at = models.DateTimeField(null=True, blank=True)
    began_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    as_at = models.DateField(null=True, blank=True)
    figures = models.JSONField(default=dict, blank=True)

    # What is minuted about the whole school (domain.md 1.3 and Lincolnshire's five headings).
    trends = models.TextField(blank=True)
    cohorts = models.TextField(blank=True)
    successes = models.TextField(blank=True)
    areas_to_improve = models.TextField(blank=True)
    school_priorities = models.TextField(blank=True)
    authority_priorities = models.TextField(blank=True)
    next_meeting_on = models.DateField(null=True, blank=True)
    typing = models.JSONField(
        default=dict, blank=True, help_text="By field: who typed it last, and what both must be told."
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    frozen_minutes = models.JSONField(default=dict, blank=True, help_text="The text as confirmed by both sides.")

    objects: ClassVar = owned_manager(MeetingQuerySet)

    class Meta:
        ordering: ClassVar = ["starts_at"]
        indexes: ClassVar = [models.Index(fields=["authority", "school", "year", "term"], name="meeting_by_term")]

    @property
    def ends_at(self) -> dt.datetime:
        return self.starts_at + dt.timedelta(minutes=self.minutes_booked)

    @property
    def held_on(self) -> dt.date:
        """The day of the meeting, Europe/London."""
        return timezone.localdate(self.starts_at)

    @property
    def cover(self) -> Membership | None:
        """Who stands in for the officer on the meeting's day; None while the officer is there, or nobody does."""
        return self.officer.cover_on(self.held_on)

    @property
    def held_by(self) -> str:
        """Who holds it, in words: the officer; whoever of the authority began it, or covers, in their place."""
        stands_in = self.began_by if self.began_at else self.cover
        if stands_in is None or stands_in.is_of_a_school or stands_in.pk == self.officer_id:
            return self.officer.name
        return f"{stands_in.name}, in place of {self.officer.name}"


class MeetingEntry(Owned):
    """One line of a meeting's history: arranged, moved, cancelled, taken by a substitute, confirmed."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="entries")
    at = models.DateTimeField()
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    what = models.CharField(max_length=40)
    words = models.TextField()

    class Meta:
        ordering: ClassVar = ["at", "id"]


class ListChange(Owned):
    """A pupil added to or dropped from a meeting's list by hand, with the reason. The latest one stands."""

    class Kind(models.TextChoices):
        ADDED = "added", "Added"
        DROPPED = "dropped", "Dropped"

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="list_changes")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    reason = models.CharField(max_length=300)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["made_at", "id"]


class DiscussionQuerySet(models.QuerySet["Discussion"]):
    def visible_to(self, member: Membership) -> DiscussionQuerySet:
        """Of meetings and children this member may see: a restricted child is not there for others."""
        return self.filter(meeting__in=Meeting.objects.visible_to(member), pupil__in=Pupil.objects.visible_to(member))


class Discussion(OwnedByKey):
    """One pupil on a meeting's frozen list: the figures then, and what was minuted."""

    class LegalRoute(models.TextChoices):
        NOT_CONSIDERED = "", "Not considered"
        NONE = "none", "Considered: no legal step"
        ATTENDANCE_CONTRACT = "attendance-contract", "Attendance contract"
        NOTICE_TO_IMPROVE = "notice-to-improve", "Notice to improve"
        PENALTY_NOTICE = "penalty-notice", "Penalty notice"
        SUPERVISION_ORDER = "supervision-order", "Education supervision order"
        PROSECUTION = "prosecution", "Prosecution"

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="discussions")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="discussions")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()
    group = models.CharField(max_length=20, help_text="severe, persistent, at-risk or added")
    on_agenda = models.BooleanField(help_text="False: kept for another time, with the reason.")
    reasons = models.TextField(help_text="Why the pupil is on the list, as it was said then.")
    kept_because = models.CharField(max_length=300, blank=True)
    figures = models.JSONField(default=dict, help_text="The standing, frozen.")

    said = models.TextField(blank=True)
    barriers = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    lead_practitioner = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    lead_name = models.CharField(max_length=200, blank=True)
    lead_agency = models.CharField(max_length=150, blank=True)
    joint_action = models.BooleanField(null=True, blank=True)
    may_be_missing_education = models.BooleanField(null=True, blank=True)
    legal_route = models.CharField(max_length=20, choices=LegalRoute.choices, blank=True)
    review_on = models.DateField(null=True, blank=True)
    other_meeting = models.CharField(
        max_length=200, blank=True, help_text="Another multi-agency meeting at which the child is discussed already."
    )
    was_discussed = models.BooleanField(default=False)
    typing = models.JSONField(
        default=dict, blank=True, help_text="By field: who typed it last, and what both must be told."
    )
    case = models.ForeignKey(
        Case,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="discussions",
    )

    objects: ClassVar = owned_manager(DiscussionQuerySet)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "meeting", "pupil"], name="discussed_once")
        ]


class Attendee(OwnedByKey):
    """A person at the meeting, with role and organisation. Its key comes with the form that first names them."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="attendees")
    name = models.CharField(max_length=150)
    job_title = models.CharField(max_length=150, blank=True)
    organisation = models.CharField(max_length=150, blank=True)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["position", "id"]


class Side(models.TextChoices):
    SCHOOL = "school", "School"
    AUTHORITY = "authority", "Authority"
    PARTNER = "partner", "Partner"


class AgreedActionQuerySet(models.QuerySet["AgreedAction"]):
    def undone(self) -> AgreedActionQuerySet:
        return self.filter(done_on=None, given_up_on=None)

    def agreed(self) -> AgreedActionQuerySet:
        """Those of meetings that have ended: while a meeting is under way its actions are still being typed."""
        return self.filter(meeting__stage__in=[Meeting.Stage.TO_CONFIRM, Meeting.Stage.CONFIRMED])

    def visible_to(self, member: Membership) -> AgreedActionQuerySet:
        """Actions agreed at meetings this member may open, and whatever they own themselves."""
        seen = Q(meeting__in=Meeting.objects.visible_to(member)) & (
            Q(pupil=None) | Q(pupil__in=Pupil.objects.visible_to(member))
        )
        return self.filter(seen | Q(owner=member))


class AgreedAction(OwnedByKey):
    """What someone said they would do, by when. It stays on the owner's home page until done.

    Its key comes with the form it is first typed in, so that saving again never makes a second one.
    """

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="actions")
    pupil = models.ForeignKey(
        Pupil,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="agreed_actions",
    )
    what = models.TextField(blank=True)
    side = models.CharField(max_length=10, choices=Side.choices, blank=True)
    owner = models.ForeignKey(
        Membership,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="agreed_actions",
    )
    owner_name = models.CharField(max_length=200, blank=True, help_text="An owner who has no account.")
    due_on = models.DateField(null=True, blank=True)
    agreed_on = models.DateField()
    done_on = models.DateField(null=True, blank=True)
    done_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.TextField(blank=True)
    given_up_on = models.DateField(null=True, blank=True, help_text="No longer needed, with the reason as outcome.")
    given_up_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    position = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar = owned_manager(AgreedActionQuerySet)

    class Meta:
        ordering: ClassVar = [F("due_on").asc(nulls_last=True), "agreed_on", "position", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(done_on=None, done_by=None) | Q(done_on__isnull=False, done_by__isnull=False),
                name="action_done_on_and_by",
            ),
            models.CheckConstraint(
                condition=Q(given_up_on=None, given_up_by=None)
                | Q(given_up_on__isnull=False, given_up_by__isnull=False),
                name="action_given_up_on_and_by",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["authority", "owner"], name="action_by_owner"),
            models.Index(fields=["authority", "pupil"], name="action_by_pupil"),
        ]

    @property
    def owner_shown(self) -> str:
        return self.owner.name if self.owner else self.owner_name


class Confirmation(Owned):
    """One side's word that the minutes are right."""

    meeting = models.ForeignKey(Meeting, on_delete=models.PROTECT, related_name="confirmations")
    side = models.CharField(max_length=10, choices=Side.choices)
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "meeting", "side"], name="confirmed_once")
        ]
