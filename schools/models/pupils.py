"""Pupils, their enrolments, families and circumstances, and who may see a child beyond their school."""

from __future__ import annotations

import datetime as dt
from typing import Any, ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from attendance_portal.days import year_of
from attendance_portal.models import Membership
from attendance_portal.roles import Role
from attendance_portal.tenancy import Owned, OwnedByKey, owned_manager
from schools.models.places import School


class PupilQuerySet(models.QuerySet["Pupil"]):
    def visible_to(self, member: Membership) -> PupilQuerySet:
        """The children this member may see on the day they ask: none is admitted to exist beyond these.

        A restricted child is in no list but those of the few who hold a grant for that child. A school's own
        people lose sight of a child who left in an earlier school year.
        """
        granted = _granted_to(member)
        if member.reads_every_school:
            return self.not_withheld_from(member).exclude(pk__in=Enrolment.every.of_nobody_else())
        if member.is_of_a_school:
            enrolled = Enrolment.objects.of_the_year(member.on)
            theirs = enrolled.filter(school__in=School.objects.of(member)).values("pupil")
            return self.filter(Q(pk__in=theirs, is_restricted=False) | granted)
        if member.role == Role.VIRTUAL_SCHOOL:
            cohort = Circumstance.objects.of_the_virtual_school(member.on).values("pupil")
            return self.filter(Q(pk__in=cohort, is_restricted=False) | granted)
        if member.role == Role.PRACTITIONER:
            return self.filter(granted)
        return self.none()

    def not_withheld_from(self, member: Membership) -> PupilQuerySet:
        """All but the restricted children for whom this member holds no grant.

        For records the member may read anyway, which name a child who has left since: minutes of their meetings.
        """
        return self.filter(Q(is_restricted=False) | _granted_to(member))


def _granted_to(member: Membership) -> Q:
    return Q(pk__in=PupilAccess.objects.on(member.on).filter(membership=member).values("pupil"))


class Pupil(OwnedByKey):
    """A child. The UPN may change or be missing; the key never does."""

    upn = models.CharField("UPN", max_length=13, null=True, blank=True)
    surname = models.CharField(max_length=150)
    forename = models.CharField(max_length=150)
    date_of_birth = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=1, blank=True)
    sort_key = models.CharField(
        max_length=310,
        help_text="Surname and forename, normalised: see `schools.stored.names`.",
    )
    is_restricted = models.BooleanField(default=False)
    changed_at = models.DateTimeField(
        db_default=Now(), editable=False, help_text="When the row was last written, kept by the database itself."
    )

    objects: ClassVar = owned_manager(PupilQuerySet)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "upn"],
                name="pupil_upn_once",
                condition=Q(upn__isnull=False),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["authority", "sort_key"], name="pupil_by_name")]

    def __str__(self) -> str:
        return f"{self.forename} {self.surname}"


class PupilNameKey(Owned):
    """The first three letters of each part of a child's name: what a search can find by equality.

    A LIKE index is not used under row security (architecture section 4), equality is.
    """

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="name_keys")
    key = models.CharField(max_length=3)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "key", "pupil"], name="pupil_name_key_once")
        ]


class FormerUpn(Owned):
    """A UPN the child had before; a file that carries it still finds the child."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="former_upns")
    upn = models.CharField("UPN", max_length=13)
    until_on = models.DateField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["authority", "upn", "pupil"], name="former_upn_once")]


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    def on_roll(self, day: dt.date) -> EnrolmentQuerySet:
        return self.filter(Q(leaving_on=None) | Q(leaving_on__gte=day))

    def admitted(self, day: dt.date) -> EnrolmentQuerySet:
        """Begun by that day, as far as the admission is stated."""
        return self.filter(Q(admission_on=None) | Q(admission_on__lte=day))

    def there(self, day: dt.date) -> EnrolmentQuerySet:
        """On roll on that day: a place that begins later is not a roll yet."""
        return self.on_roll(day).admitted(day)

    def of_the_year(self, day: dt.date) -> EnrolmentQuerySet:
        """On roll at some time of that day's academic year, or later: leavers stay in the year's figures."""
        return self.on_roll(dt.date(year_of(day), 8, 1))

    def of_nobody_else(self) -> models.QuerySet[Enrolment, Any]:
        """The keys of the children who were only ever on a roll in error."""
        stays = Enrolment.every.filter(pupil=OuterRef("pupil"), made_in_error_at=None)
        return self.filter(~Exists(stays), made_in_error_at__isnull=False).values("pupil")


class Enrolment(Owned):
    """A child on a school's roll, from admission to leaving (both inclusive, where they are stated).

    `admission_on` is empty until stated; then the first real mark counts. A child may come back: a new enrolment.
    """

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="enrolments", db_index=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="enrolments", db_index=False)
    local_id = models.CharField(max_length=40, blank=True, help_text="The school's own number for the pupil.")
    year_group = models.CharField(max_length=3, blank=True, help_text="0 is Reception; N1, N2 are nursery.")
    reg_group = models.CharField(max_length=40, blank=True)
    admission_on = models.DateField(null=True, blank=True)
    leaving_on = models.DateField(null=True, blank=True)
    destination = models.CharField(max_length=200, blank=True)
    known_at = models.DateTimeField(
        null=True, db_default=Now(), help_text="When it was first known here; empty: before that was kept."
    )
    made_by_act = models.UUIDField(
        null=True,
        editable=False,
        help_text="The upload or sync that made it, while nothing but marks has told of it since.",
    )
    made_in_error_at = models.DateTimeField(
        null=True, editable=False, help_text="When all that told of it was undone; who and why: its changes."
    )
    changed_at = models.DateTimeField(
        db_default=Now(), editable=False, help_text="When the row was last written, kept by the database itself."
    )

    objects: ClassVar = owned_manager(EnrolmentQuerySet, only=Q(made_in_error_at=None))
    every: ClassVar = owned_manager(EnrolmentQuerySet)  # those made in error too: for who undoes, and matches files

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "school", "pupil"],
                name="enrolment_open_once",
                condition=Q(leaving_on__isnull=True, made_in_error_at__isnull=True),
            ),
            models.CheckConstraint(
                condition=Q(leaving_on=None) | Q(admission_on=None) | Q(leaving_on__gte=F("admission_on")),
                name="enrolment_dates_in_order",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["authority", "school", "local_id"], name="enrolment_by_local_id"),
            models.Index(fields=["authority", "pupil"], name="enrolment_by_pupil"),
            models.Index(
                fields=["authority", "pupil"],
                name="enrolment_in_error",
                condition=Q(made_in_error_at__isnull=False),
            ),
        ]


class Carer(Owned):
    """A parent or carer: a person of their own."""

    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    telephone = models.CharField(max_length=40, blank=True)
    address = models.TextField(blank=True)


class CarerLink(Owned):
    """What a carer is to a child."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="carer_links")
    carer = models.ForeignKey(Carer, on_delete=models.PROTECT, related_name="pupil_links")
    relationship = models.CharField(max_length=60)
    parental_responsibility = models.BooleanField(null=True)
    lives_with = models.BooleanField(null=True)
    must_not_know = models.BooleanField(default=False, help_text="Must not be told where the child is.")
    must_not_know_why = models.CharField(max_length=300, blank=True)
    until_on = models.DateField(null=True, blank=True, help_text="When the link ended, or was found to be wrong.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "pupil", "carer"], name="carer_link_once")
        ]


class CircumstanceQuerySet(models.QuerySet["Circumstance"]):
    def on(self, day: dt.date) -> CircumstanceQuerySet:
        return self.filter(Q(until_on=None) | Q(until_on__gte=day), from_on__lte=day)

    def with_a_social_worker(self, day: dt.date) -> CircumstanceQuerySet:
        """Looked after, on a protection plan, or in need, on that day (domain.md 7)."""
        return self.on(day).filter(kind__in=Circumstance.SOCIAL_WORKER_KINDS)

    def of_the_virtual_school(self, day: dt.date) -> CircumstanceQuerySet:
        """Its cohort of that day: who has a social worker, and who was looked after before (domain.md 7)."""
        return self.on(day).filter(kind__in=Circumstance.VIRTUAL_SCHOOL_KINDS)


class Circumstance(Owned):
    """A dated fact that many need: looked after, a plan, a need. It lives upstream of all who use it."""

    class Kind(models.TextChoices):
        LOOKED_AFTER = "looked-after", "Looked after"
        PREVIOUSLY_LOOKED_AFTER = "previously-looked-after", "Previously looked after"
        CHILD_PROTECTION = "child-protection", "Child protection plan"
        CHILD_IN_NEED = "child-in-need", "Child in need"
        EHC_PLAN = "ehc-plan", "EHC plan"
        SEN_SUPPORT = "sen-support", "SEN support"
        FREE_SCHOOL_MEALS = "free-school-meals", "Free school meals"
        YOUNG_CARER = "young-carer", "Young carer"
        YOUTH_JUSTICE = "youth-justice", "Known to youth justice"

    SOCIAL_WORKER_KINDS: ClassVar = [Kind.LOOKED_AFTER, Kind.CHILD_PROTECTION, Kind.CHILD_IN_NEED]
    # The duty to a child who was looked after before is advice and information (Children Act 1989 s.23ZZA): such a
    # child is of the virtual school's cohort, and has no social worker for it.
    VIRTUAL_SCHOOL_KINDS: ClassVar = [*SOCIAL_WORKER_KINDS, Kind.PREVIOUSLY_LOOKED_AFTER]

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="circumstances", db_index=False)
    kind = models.CharField(max_length=30, choices=Kind.choices)
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)
    source = models.CharField(max_length=100)
    social_worker = models.CharField(max_length=150, blank=True)
    social_worker_email = models.EmailField(blank=True)

    objects: ClassVar = owned_manager(CircumstanceQuerySet)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["authority", "pupil"], name="circumstance_by_pupil"),
            models.Index(fields=["authority", "kind"], name="circumstance_by_kind"),
        ]


class PupilAccessQuerySet(models.QuerySet["PupilAccess"]):
    def on(self, day: dt.date) -> PupilAccessQuerySet:
        """Those that give sight on that day."""
        return self.standing(day).filter(is_withheld=False)

    def standing(self, day: dt.date) -> PupilAccessQuerySet:
        """Those that have begun and not ended, a restriction or not."""
        return self.filter(Q(until_on=None) | Q(until_on__gte=day), from_on__lte=day)


class PupilAccess(Owned):
    """A grant to see one child beyond what the role gives, dated and with its reason."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="access_grants")
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="access_grants")
    reason = models.CharField(max_length=200)
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)
    is_withheld = models.BooleanField(
        default=False, help_text="Gives no sight while the record is restricted to others; it does again after."
    )

    objects: ClassVar = owned_manager(PupilAccessQuerySet)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["authority", "membership"], name="pupil_access_by_member")]


class Correction(Owned):
    """A fact put right by hand: what it was, what it is, why, who and when."""

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="corrections")
    school = models.ForeignKey(School, on_delete=models.PROTECT, null=True, related_name="+")
    fact = models.CharField(max_length=60, help_text="Which fact, in words.")
    before = models.CharField(max_length=300, blank=True)
    after = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=300)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["-made_at"]
