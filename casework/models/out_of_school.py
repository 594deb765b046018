"""Children who may be missing education, and children educated at home: enquiries, steps, and how it ended."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned, OwnedByKey, owned_manager
from casework.models.in_error import MayBeInError
from casework.models.tracking import TrackedQuerySet
from schools.models import Pupil, School


class EducationEnquiry(OwnedByKey):
    """What is asked to find out whether a child is missing education (EA 1996 s.436A), and what came of it.

    `is_missing`: the child was found to be on no roll and without suitable education otherwise; since when, as far
    as that is known, is `missing_from_on`. Until then the enquiry counts in no return. Who was found to be missing and
    is not found is so still: `NOT_FOUND` is an outcome for the others alone.
    """

    class Outcome(models.TextChoices):
        ON_ROLL = "on-roll", "On a school’s roll and supported there"
        PLACE = "place", "Took up a school place"
        HOME = "home", "Educated at home, suitably"
        OTHERWISE = "otherwise", "Suitable education arranged otherwise"
        BEYOND = "beyond", "At a school whose roll is not kept here"
        ELSEWHERE = "elsewhere", "Lives in another authority, which was told"
        ABROAD = "abroad", "Moved out of the country"
        AGE = "age", "No longer of compulsory school age"
        NOT_FOUND = "not-found", "Not found after every reasonable enquiry"

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="education_enquiries", db_index=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, null=True, related_name="education_enquiries")
    is_joint = models.BooleanField(default=False, help_text="The school and the authority enquire together.")
    joint_from_on = models.DateField(
        null=True, blank=True, help_text="Of what one side began alone: since when the other enquires too."
    )
    begun_on = models.DateField()
    begun_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    why = models.TextField()
    is_missing = models.BooleanField(default=False)
    found_missing_on = models.DateField(null=True, blank=True, help_text="The day from which it counts as missing.")
    missing_from_on = models.DateField(null=True, blank=True, help_text="Empty: not known.")
    primary_reason = models.CharField(max_length=40, blank=True, help_text="See `casework.termly_categories`.")
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)
    outcome_words = models.TextField(blank=True)
    ended_on = models.DateField(null=True, blank=True, help_text="From this day on the child is not missing any more.")
    ended_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar = owned_manager(TrackedQuerySet)

    class Meta:
        ordering: ClassVar = ["-begun_on"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "pupil"], name="enquiry_once", condition=Q(ended_on=None)),
            models.CheckConstraint(
                condition=Q(ended_on=None, ended_by=None) | Q(ended_on__isnull=False, ended_by__isnull=False),
                name="enquiry_ended_on_and_by",
            ),
            models.CheckConstraint(
                condition=Q(is_missing=False, found_missing_on=None)
                | Q(is_missing=True, found_missing_on__isnull=False),
                name="enquiry_missing_since",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["authority", "pupil"], name="enquiry_by_pupil")]

    @property
    def side_that_began(self) -> str:
        return "The school" if self.begun_by.is_of_a_school else "The authority"


class MissingFinding(Owned):
    """One finding that a child is missing education: from when, since when, why, and by whom. Never changed.

    The enquiry holds the one that counts; a later one stands beside what was found before.
    """

    append_only: ClassVar = True

    enquiry = models.ForeignKey(EducationEnquiry, on_delete=models.PROTECT, related_name="findings", db_index=False)
    found_missing_on = models.DateField()
    missing_from_on = models.DateField(null=True, blank=True)
    primary_reason = models.CharField(max_length=40)
    recorded_on = models.DateField()
    by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="+", help_text="Empty: from before it was kept."
    )

    class Meta:
        ordering: ClassVar = ["recorded_on", "id"]
        indexes: ClassVar = [models.Index(fields=["authority", "enquiry"], name="finding_by_enquiry")]


class EnquiryStep(Owned):
    """What was asked of whom, by which side and when, and what they answered."""

    class Side(models.TextChoices):
        SCHOOL = "school", "The school"
        AUTHORITY = "authority", "The authority"

    enquiry = models.ForeignKey(EducationEnquiry, on_delete=models.PROTECT, related_name="steps", db_index=False)
    side = models.CharField(max_length=10, choices=Side.choices)
    asked_on = models.DateField()
    whom = models.CharField(max_length=200)
    asked = models.TextField()
    answer = models.TextField(blank=True)
    recorded_on = models.DateField()
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    answered_on = models.DateField(null=True, blank=True, help_text="Of an answer that came later.")
    answered_by = models.ForeignKey(
        Membership, on_delete=models.PROTECT, null=True, related_name="+", help_text="Who wrote it down."
    )

    class Meta:
        ordering: ClassVar = ["-asked_on", "-id"]
        indexes: ClassVar = [models.Index(fields=["authority", "enquiry"], name="enquiry_step_by_enquiry")]


class HomeEducationQuerySet(TrackedQuerySet):
    def standing(self) -> HomeEducationQuerySet:
        """Those that were not recorded in error."""
        return self.filter(in_error_on=None)

    def running(self) -> HomeEducationQuerySet:
        return self.standing().filter(ended_on=None)


class HomeEducation(MayBeInError, OwnedByKey):
    """A child whose parents chose to educate them at home (EA 1996 s.7), from a day until it ended."""

    class Ended(models.TextChoices):
        SCHOOL = "school", "Returned to a school"
        UNSUITABLE = "unsuitable", "The education was found not to be suitable"
        ELSEWHERE = "elsewhere", "Lives in another authority, which was told"
        ABROAD = "abroad", "Moved out of the country"
        AGE = "age", "No longer of compulsory school age"
        OTHERWISE = "otherwise", "Something else"

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="home_educations", db_index=False)
    from_on = models.DateField()
    primary_reason = models.CharField(max_length=40, help_text="See `casework.termly_categories`.")
    school_before = models.CharField(max_length=40, help_text="The kind of school; see `casework.termly_categories`.")
    words = models.TextField(blank=True)
    recorded_on = models.DateField()
    recorded_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    ended = models.CharField(max_length=12, choices=Ended.choices, blank=True)
    ended_words = models.TextField(blank=True)
    ended_on = models.DateField(null=True, blank=True, help_text="From this day on the child is not home educated.")
    ended_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar = owned_manager(HomeEducationQuerySet)

    class Meta:
        ordering: ClassVar = ["-from_on"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "pupil"],
                name="home_education_once",
                condition=Q(ended_on=None, in_error_on=None),
            ),
            models.CheckConstraint(
                condition=Q(in_error_on=None, in_error_by=None)
                | Q(in_error_on__isnull=False, in_error_by__isnull=False),
                name="home_education_in_error_on_and_by",
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None, ended_by=None) | Q(ended_on__isnull=False, ended_by__isnull=False),
                name="home_education_ended_on_and_by",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["authority", "pupil"], name="home_education_by_pupil")]


class HomeEducationStep(MayBeInError, Owned):
    """What the authority did about a child's home education, and on which day."""

    class Kind(models.TextChoices):
        CONTACT = "contact", "Spoke or wrote to the family"
        VISIT = "visit", "Visited, or met the family"
        SUITABLE = "suitable", "The education was found suitable"
        NOTICE = "notice", "Notice under section 437(1) served"
        ORDER = "order", "School attendance order issued"
        REVOKED = "revoked", "School attendance order revoked"

    home_education = models.ForeignKey(HomeEducation, on_delete=models.PROTECT, related_name="steps", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    happened_on = models.DateField()
    words = models.TextField(blank=True)
    recorded_on = models.DateField()
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["-happened_on", "-id"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(in_error_on=None, in_error_by=None)
                | Q(in_error_on__isnull=False, in_error_by__isnull=False),
                name="home_step_in_error_on_and_by",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["authority", "home_education"], name="home_step_by_child")]
