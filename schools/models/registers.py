"""Registers as rows of bytes, the uploads that fill them, and the standings worked out from them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned, OwnedByKey, owned_manager
from schools.models.places import School
from schools.models.pupils import Enrolment, Pupil


class Register(Owned):
    """A pupil's year at a school: one byte per half-day from 1 August (see `schools.register.marks`)."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="registers", db_index=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="registers", db_index=False)
    year = models.PositiveSmallIntegerField(help_text="The academic year's first calendar year.")
    year_group = models.CharField(max_length=3, blank=True, help_text="In that academic year.")
    marks = models.BinaryField()
    changed_at = models.DateTimeField(db_default=Now(), editable=False, help_text="When the marks were last written.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "enrolment", "year"], name="register_once")
        ]
        indexes: ClassVar = [models.Index(fields=["authority", "school", "year"], name="register_by_school")]


class Upload(OwnedByKey):
    """A file that a school sent: read, shown, and then accepted or thrown away."""

    class Stage(models.TextChoices):
        RECEIVED = "received", "Being read"
        ASKED = "asked", "Waiting for you to say what the columns are"
        READ = "read", "Waiting for you to confirm"
        REFUSED = "refused", "Cannot be used"
        ACCEPTING = "accepting", "Being stored"
        ACCEPTED = "accepted", "Stored"
        DISCARDED = "discarded", "Thrown away"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="uploads", db_index=False)
    file_name = models.CharField(max_length=255)
    stored_as = models.CharField(max_length=120, help_text="Name of the kept file under the uploads folder.")
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.RECEIVED)
    layout = models.CharField(max_length=20, blank=True)
    first_on = models.DateField(null=True, blank=True)
    last_on = models.DateField(null=True, blank=True)
    understood = models.JSONField(default=dict, blank=True, help_text="What was read, as shown before confirming.")
    accept_good_rows = models.BooleanField(default=False)
    changed = models.IntegerField(
        null=True,
        blank=True,
        help_text="Half-days whose stored mark differs afterwards.",
    )
    sent_at = models.DateTimeField(db_default=Now())
    sent_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True, blank=True, help_text="When it was accepted or thrown away.")
    settled_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-sent_at"]
        indexes: ClassVar = [
            models.Index("authority", "school", F("sent_at").desc(), name="upload_by_school"),
            models.Index(fields=["authority", "stage"], name="upload_by_stage"),
        ]


class UploadProblem(Owned):
    """Something in a file that was not understood, with its place and what to do. Kept until settled."""

    upload = models.ForeignKey(Upload, on_delete=models.CASCADE, related_name="problems", db_index=False)
    kind = models.CharField(max_length=40)
    severity = models.CharField(max_length=20)
    row = models.IntegerField(null=True, blank=True, help_text="Line of the file, from 1.")
    column = models.CharField(max_length=100, blank=True)
    value = models.CharField(max_length=200, blank=True)
    message = models.TextField()
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [models.Index(fields=["authority", "upload"], name="problem_by_upload")]


class RegisterChange(Owned):
    """The compact record of what one upload, sync or correction changed in a school's registers of one year."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="register_changes", db_index=False)
    year = models.PositiveSmallIntegerField()
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, null=True, related_name="register_changes")
    sync = models.ForeignKey("schools.SyncRun", on_delete=models.PROTECT, null=True, related_name="register_changes")
    why = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField(db_default=Now())
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    act = models.UUIDField(
        db_default=RandomUUID(), editable=False, help_text="The same for all years of one upload, correction or undo."
    )
    undoes = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="undone_by", db_index=False)
    cells = models.IntegerField(help_text="Half-days changed.")
    record = models.BinaryField(help_text="See `schools.register.changes`.")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["authority", "school", "year", "id"], name="change_by_school"),
            models.Index(fields=["authority", "act"], name="change_by_act"),
        ]


class BandingRun(Owned):
    """One banding of the authority's schools. Its state lives here, so that a killed run is taken up again."""

    as_at = models.DateField(null=True, blank=True, help_text="Empty: each school's latest day with data.")
    todo = ArrayField(models.BigIntegerField(), help_text="Schools not banded yet.")
    schools = models.IntegerField()
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["authority"],
                name="banding_unfinished",
                condition=Q(finished_at=None),
            ),
        ]


class StandingQuerySet(models.QuerySet["Standing"]):
    def on_roll(self) -> StandingQuerySet:
        """Leavers count in year figures to their leaving day, but are on no list of who to meet about.

        A closed school's children are those of the school they go to now, as soon as that has told of them.
        """
        elsewhere = Standing.objects.filter(pupil=OuterRef("pupil"), is_on_roll=True, school__closed_on=None)
        return self.filter(Q(school__closed_on=None) | ~Exists(elsewhere), is_on_roll=True)

    def visible_to(self, member: Membership) -> StandingQuerySet:
        """Of visible children, and for a school's own people only enrolments there or at the school it was before."""
        seen = self.filter(pupil__in=Pupil.objects.visible_to(member))
        if member.is_of_a_school:
            seen = seen.filter(school__in=School.objects.of_or_before(member))
        return seen


class Standing(Owned):
    """Where an enrolment stands, year to date, on the as-at day. A cache: `band --rebuild` gives the same rows."""

    enrolment = models.OneToOneField(Enrolment, on_delete=models.PROTECT, related_name="standing")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="standings", db_index=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="standings", db_index=False)
    year = models.PositiveSmallIntegerField()
    as_at = models.DateField()
    year_group = models.CharField(max_length=3, blank=True)
    is_on_roll = models.BooleanField()
    is_in_official_figures = models.BooleanField(help_text="Aged 5 to 15 on 31 August: counted in official rates.")
    possible = models.SmallIntegerField()
    attended = models.SmallIntegerField()
    authorised = models.SmallIntegerField()
    unauthorised = models.SmallIntegerField()
    missing = models.SmallIntegerField()
    late = models.SmallIntegerField()
    illness = models.SmallIntegerField()
    band = models.SmallIntegerField(null=True, help_text="1 to 5; empty when nothing was possible.")
    persistent = models.BooleanField()
    severe = models.BooleanField()
    at_risk = models.BooleanField(help_text="Persistently absent over the last six school weeks, not over the year.")
    six_week_possible = models.SmallIntegerField()
    six_week_missed = models.SmallIntegerField()
    ten_week_unauthorised = models.SmallIntegerField()
    noted_band = models.SmallIntegerField(null=True, help_text="The band when moves were last noted.")
    noted_on = models.DateField(null=True, help_text="The as-at day when moves were last noted.")
    changed_at = models.DateTimeField(db_default=Now(), editable=False, help_text="When the figures last changed.")
    headroom = models.SmallIntegerField(null=True, help_text="Sessions missed in a row that keep the category.")
    present_on = models.DateField(null=True, help_text="The latest day of the year with an attended session, if any.")
    part_time_on = models.DateField(null=True, help_text="The latest day of the year with code C2, if any.")

    objects: ClassVar = owned_manager(StandingQuerySet)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["authority", "school", "band"], name="standing_by_school"),
            models.Index(fields=["authority", "pupil"], name="standing_by_pupil"),
            # Asked for by rule after rule: a few in a hundred of a county's standings.
            models.Index(fields=["authority", "pupil"], name="standing_severe", condition=Q(severe=True)),
            models.Index(
                fields=["authority", "pupil"], name="standing_part_time", condition=Q(part_time_on__isnull=False)
            ),
        ]

    @property
    def missed(self) -> int:
        return self.authorised + self.unauthorised


class BandMove(Owned):
    """A child's attendance changed in a way that someone should know. History: never rebuilt."""

    class Kind(models.TextChoices):
        NEWLY_SEVERE = "newly-severe", "Newly severely absent"
        NEWLY_PERSISTENT = "newly-persistent", "Newly persistently absent"
        RECOVERED = "recovered", "No longer persistently absent"
        BACK = "back", "Back in school"
        MOVED = "moved", "Changed category"
        ELSEWHERE = "elsewhere", "Put on another school's roll"

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="band_moves")
    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="band_moves")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="band_moves", db_index=False)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    as_at = models.DateField()
    from_band = models.SmallIntegerField(null=True)
    to_band = models.SmallIntegerField(null=True)
    seen_at = models.DateTimeField(help_text="When the banding noticed it.")

    class Meta:
        # Ascending, so that what comes later goes behind: entries before all others leave pages half empty.
        indexes: ClassVar = [models.Index(fields=["authority", "school", "seen_at"], name="band_move_by_school")]
