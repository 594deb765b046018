"""The connection to schools' own systems: the authority's token, the schools there, and what each sync did."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned, OwnedByKey, owned_manager
from schools.models.places import School


class Connection(Owned):
    """The authority's access to one source of schools' data. The token is kept sealed and is shown to nobody."""

    class Source(models.TextChoices):
        WONDE = "wonde", "Wonde"

    class State(models.TextChoices):
        UNTRIED = "untried", "Not tried yet"
        WORKING = "working", "Working"
        REFUSED = "refused", "Token refused"
        TROUBLE = "trouble", "Could not be reached"

    source = models.CharField(max_length=10, choices=Source.choices)
    sealed_token = models.BinaryField(help_text="See `attendance_portal.sealing`.")
    token_set_at = models.DateTimeField()
    token_set_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.UNTRIED)
    trouble = models.TextField(blank=True, help_text="What went wrong when its schools were last asked for.")
    look_wanted_at = models.DateTimeField(null=True, blank=True, help_text="Its schools are to be asked for.")
    looked_at = models.DateTimeField(null=True, blank=True, help_text="When its schools were last told.")
    held_until = models.DateTimeField(null=True, blank=True, help_text="A process asks for its schools until then.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["authority", "source"], name="connection_once")]


class SchoolLink(OwnedByKey):
    """A school as the source knows it, and the school of the portal that it is."""

    class Approval(models.TextChoices):
        APPROVED = "approved", "Approved"
        PENDING = "pending", "Waiting for the school"
        DECLINED = "declined", "Declined by the school"
        REVOKED = "revoked", "Withdrawn by the school"
        GONE = "gone", "No longer listed"

    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="links", db_index=False)
    source_id = models.CharField(max_length=100, help_text="The school's id in the source.")
    name = models.CharField(max_length=200)
    urn = models.CharField(max_length=6, blank=True)
    laestab = models.CharField(max_length=7, blank=True)
    domain = models.CharField(max_length=120, blank=True, help_text="Where the source keeps this school's data.")
    mis = models.CharField(max_length=60, blank=True, help_text="The school's own system.")
    school = models.ForeignKey(
        School, on_delete=models.PROTECT, null=True, blank=True, related_name="links", db_index=False
    )
    approval = models.CharField(max_length=10, choices=Approval.choices)
    codes = models.JSONField(default=dict, blank=True, help_text="The source's ids of attendance codes, and the codes.")
    synced_from_at = models.DateTimeField(
        null=True, blank=True, help_text="When the last sync that came to its end began: later changes are asked for."
    )

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "connection", "source_id"], name="link_once"),
            models.UniqueConstraint(
                fields=["authority", "connection", "school"],
                condition=Q(school__isnull=False),
                name="link_of_school_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SyncRunQuerySet(models.QuerySet["SyncRun"]):
    def unfinished(self) -> SyncRunQuerySet:
        return self.filter(state=SyncRun.State.UNDER_WAY)


class SyncRun(Owned):
    """One sync of one school. Its state lives here: a killed or interrupted run goes on where it stopped."""

    class State(models.TextChoices):
        UNDER_WAY = "under-way", "Under way"
        DONE = "done", "Up to date"
        STOPPED = "stopped", "Stopped"

    class Stage(models.TextChoices):
        CODES = "codes", "Attendance codes"
        STUDENTS = "students", "Pupils on roll"
        LEAVERS = "leavers", "Leavers"
        MARKS = "marks", "Marks"
        DELETIONS = "deletions", "Deletions"

    link = models.ForeignKey(SchoolLink, on_delete=models.PROTECT, related_name="runs", db_index=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.UNDER_WAY)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.CODES)
    changed_since = models.DateTimeField(null=True, blank=True, help_text="Empty: everything was asked for.")
    todo = models.JSONField(default=list, blank=True, help_text="Periods of marks still to be read, in order.")
    periods = models.IntegerField(default=0, help_text="How many periods there were to read.")
    counts = models.JSONField(default=dict, blank=True, help_text="What it brought so far.")
    trouble = models.CharField(max_length=20, blank=True, help_text="The kind of what went wrong last.")
    words = models.TextField(blank=True, help_text="What went wrong last, in a sentence.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Interruptions since it last got further.")
    try_again_at = models.DateTimeField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True, help_text="A process is at it until then, or was killed.")
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    asked_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar = owned_manager(SyncRunQuerySet)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "link"], condition=Q(state="under-way"), name="one_sync_of_a_school_at_once"
            )
        ]
        indexes: ClassVar = [models.Index("authority", "link", F("started_at").desc(), name="sync_run_by_link")]


class SyncedStudent(Owned):
    """A pupil as the source last told of them, so that a later sync need not ask for everyone again."""

    link = models.ForeignKey(SchoolLink, on_delete=models.CASCADE, related_name="students", db_index=False)
    source_id = models.CharField(max_length=100)
    told = models.JSONField(help_text="See `schools.connectors.StudentThere`.")
    is_leaver = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "link", "source_id"], name="synced_student_once")
        ]


class SyncedMarks(Owned):
    """Which ids the source gives a school's marks of one week, and what it last said (see `synced_marks`)."""

    link = models.ForeignKey(SchoolLink, on_delete=models.CASCADE, related_name="marks", db_index=False)
    week = models.DateField(help_text="Its Monday.")
    record = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "link", "week"], name="synced_marks_once")
        ]


class SyncProblem(Owned):
    """Something in the source that could not be stored. It goes when the source says something else."""

    link = models.ForeignKey(SchoolLink, on_delete=models.CASCADE, related_name="problems", db_index=False)
    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="+", help_text="The last one to see it.")
    kind = models.CharField(max_length=40)
    severity = models.CharField(max_length=20)
    student = models.CharField(max_length=100, blank=True, help_text="The source's id of the pupil.")
    on = models.DateField(null=True, blank=True, help_text="The day of the mark.")
    value = models.CharField(max_length=200, blank=True)
    message = models.TextField()
    first_seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["on", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "link", "kind", "student", "on", "message"],
                nulls_distinct=False,
                name="sync_problem_once",
            )
        ]
