"""A case, the barriers that stand in the way, and its history."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from attendance_portal.models import Membership
from attendance_portal.roles import Role
from attendance_portal.tenancy import Owned, OwnedByKey, current_authority_id, owned_manager
from schools.models import Pupil


class CaseQuerySet(models.QuerySet["Case"]):
    def open(self) -> CaseQuerySet:
        return self.filter(stage=Case.Stage.OPEN)

    def led(self) -> CaseQuerySet:
        """Those that somebody leads: a member who works here, or a named person without an account.

        Whoever is asked and has not accepted does not lead yet, and whoever has left leads no more.
        """
        working = Membership.objects.working().filter(authority=current_authority_id()).order_by().values("pk")
        return self.filter(Q(lead_practitioner__in=working) | ~Q(lead_name=""))

    def of_somebody(self, member: Membership) -> CaseQuerySet:
        """Those that the member holds, leads or is asked to lead: what they would leave behind."""
        return self.filter(Q(holder=member) | Q(lead_practitioner=member) | Q(proposed_lead=member))

    def visible_to(self, member: Membership) -> CaseQuerySet:
        """Cases of the children this member may see; a partner's only those they work on, for as long as they do."""
        seen = self.filter(pupil__in=Pupil.objects.visible_to(member))
        return seen.worked_on_by(member) if member.role == Role.PRACTITIONER else seen

    def worked_on_by(self, member: Membership) -> CaseQuerySet:
        """Open cases that the member holds, leads, is asked to lead or is invited to."""
        invited = Case.objects.filter(invitations__membership=member, invitations__ended_on=None)
        own = Q(holder=member) | Q(lead_practitioner=member) | Q(proposed_lead=member)
        return self.open().filter(own | Q(pk__in=invited.values("pk")))


class Case(OwnedByKey):
    """A child's case. It always has a holder, who answers for it; and at most one lead practitioner."""

    class Stage(models.TextChoices):
        OPEN = "open", "Open"
        CLOSED = "closed", "Closed"

    class Outcome(models.TextChoices):
        IMPROVED = "improved", "Attendance has improved"
        NOT_NEEDED = "not-needed", "Support is no longer needed"
        MOVED = "moved", "The child has moved away"
        LEFT_AGE = "left-age", "The child is past compulsory school age"
        ELSEWHERE = "elsewhere", "Another service goes on with the family"
        NOT_WANTED = "not-wanted", "The family does not want the support now"
        OTHER = "other", "Something else"

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="cases")
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.OPEN)
    reason = models.TextField()
    holder = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="cases_held")
    held_from_on = models.DateField(null=True, blank=True, help_text="Unknown of cases from before it was kept.")
    lead_practitioner = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="cases_led")
    lead_name = models.CharField(max_length=200, blank=True, help_text="A lead practitioner who has no account.")
    lead_agency = models.CharField(max_length=150, blank=True)
    led_from_on = models.DateField(null=True, blank=True, help_text="Of the lead above, with an account or without.")
    # A handover: the lead above stays until this person accepts.
    proposed_lead = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="cases_proposed")
    proposed_on = models.DateField(null=True, blank=True)
    proposed_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    proposed_note = models.TextField(blank=True, help_text="What whoever is asked should know.")
    review_on = models.DateField(null=True, blank=True)
    other_meeting = models.CharField(
        max_length=200,
        blank=True,
        help_text="Another multi-agency meeting at which the child is discussed; empty for none.",
    )
    opened_on = models.DateField()
    opened_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    closed_on = models.DateField(null=True, blank=True)
    closed_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    closing_reason = models.TextField(blank=True)
    outcome = models.CharField(
        max_length=20, choices=Outcome.choices, blank=True, help_text="What came of it; empty while it is open."
    )
    what_worked = models.TextField(blank=True)

    objects: ClassVar = owned_manager(CaseQuerySet)

    class Meta:
        ordering: ClassVar = ["-opened_on"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "pupil"],
                name="case_open_once",
                condition=Q(stage="open"),
            ),
            models.CheckConstraint(
                condition=Q(closed_on=None, closed_by=None) | Q(closed_on__isnull=False, closed_by__isnull=False),
                name="case_closed_on_and_by",
            ),
            models.CheckConstraint(
                condition=Q(proposed_lead=None, proposed_on=None, proposed_by=None)
                | Q(proposed_lead__isnull=False, proposed_on__isnull=False, proposed_by__isnull=False),
                name="case_proposed_lead_on_and_by",
            ),
            models.CheckConstraint(condition=Q(lead_practitioner=None) | Q(lead_name=""), name="case_one_lead"),
            models.CheckConstraint(condition=Q(stage="open") | Q(proposed_lead=None), name="case_asks_while_open"),
        ]

    @property
    def has_lead(self) -> bool:
        """As `CaseQuerySet.led`; asks for the lead's account, so fetch it with the case."""
        if self.lead_practitioner is not None:
            return self.lead_practitioner.works
        return bool(self.lead_name)

    @property
    def lead_shown(self) -> str:
        """The lead practitioner's name and agency, and whether they have left; empty while there is none."""
        lead = self.lead_practitioner
        if lead is not None:
            return f"{lead.name}, {lead.organisation}".strip(", ") + ("" if lead.works else " (has left)")
        return f"{self.lead_name}, {self.lead_agency}".strip(", ")


class CaseBarrier(Owned):
    """Something that stands between the child and school, from the taxonomy in `casework.barriers`."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="barriers")
    barrier = models.CharField(max_length=40)
    noted_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "case", "barrier"],
                name="case_barrier_once",
                condition=Q(ended_on=None),
            ),
        ]


class CaseEntryQuerySet(models.QuerySet["CaseEntry"]):
    def readable_by(self, member: Membership) -> CaseEntryQuerySet:
        """Lines that this member may read; of the others they do not learn that they exist. Whoever wrote one reads it.

        Whether the member may see the case is asked elsewhere.
        """
        for_role = Q(restricted_to=[]) | Q(restricted_to__contains=[member.role])
        return self.filter(for_role | Q(by=member))


class CaseEntry(Owned):
    """One line of a case's history, as it happened, with where it came from."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="entries")
    happened_on = models.DateField()
    written_at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    words = models.TextField()
    source = models.CharField(max_length=100, blank=True)
    restricted_to = ArrayField(
        models.CharField(max_length=20),
        default=list,
        blank=True,
        help_text="The roles that may read it; none for everyone who sees the case.",
    )

    objects: ClassVar = owned_manager(CaseEntryQuerySet)

    class Meta:
        ordering: ClassVar = ["happened_on", "id"]
