"""A child's multi-disciplinary plan: versions, actions, who agreed, and whether a team leader approves."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Now

from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned, OwnedByKey, owned_manager
from casework import moves, plan_moves
from casework.models.cases import Case
from casework.models.reviews import TO_CLOSE, Review


def pair(first: str, second: str) -> Q:
    """A day and a person: both or neither."""
    return Q(**{first: None, second: None}) | Q(**{f"{first}__isnull": False, f"{second}__isnull": False})


class PlanQuerySet(models.QuerySet["Plan"]):
    def current(self) -> PlanQuerySet:
        """Agreed, not replaced and not ended, of open cases: one a case at most."""
        return self.filter(stage=plan_moves.AGREED, case__stage=moves.OPEN)

    def under_way(self) -> PlanQuerySet:
        """Being written, or waiting to be agreed, of open cases."""
        return self.filter(stage__in=[plan_moves.DRAFT, plan_moves.WAITING], case__stage=moves.OPEN)

    def to_review(self, on: dt.date) -> PlanQuerySet:
        """Current ones whose review is still to be held, as of this day. That one which says that the case can close
        moves no day on: where it was held on the plan's day or later, nothing is due of the plan for `TO_CLOSE`."""
        can_close = Review.objects.to_close().filter(case=OuterRef("case"), held_on__gte=on - TO_CLOSE)
        return self.current().filter(~Exists(can_close.filter(held_on__gte=OuterRef("review_on"))))

    def past_review(self, on: dt.date) -> PlanQuerySet:
        """Of these, those whose day has passed."""
        return self.to_review(on).filter(review_on__lt=on)

    def visible_to(self, member: Membership) -> PlanQuerySet:
        """Plans of the cases this member may see."""
        return self.filter(case__in=Case.objects.visible_to(member))


class Plan(OwnedByKey):
    """One version of a case's plan. Once agreed, what was agreed never changes: a change makes the next version.

    `arithmetic` holds the figures behind the target as they were on the day it was agreed (see `casework.targets`).
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="plans", db_index=False)
    version = models.PositiveSmallIntegerField()
    stage = models.CharField(max_length=10, choices=list(plan_moves.PLAN_STAGES.items()), default=plan_moves.DRAFT)
    needs = models.TextField()
    change_for_child = models.TextField(help_text="What is to be different for the child.")
    target_percent = models.DecimalField(max_digits=4, decimal_places=1, null=True, blank=True)
    review_on = models.DateField(help_text="The next review: a review that was held moves it on.")
    agreed_review_on = models.DateField(null=True, blank=True, help_text="The review as it was agreed.")
    drafted_on = models.DateField()
    drafted_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    put_forward_on = models.DateField(null=True, blank=True)
    put_forward_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    sent_back_why = models.CharField(max_length=1000, blank=True, help_text="Why it was sent back, until put forward.")
    approved_on = models.DateField(null=True, blank=True)
    approved_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    agreed_on = models.DateField(null=True, blank=True)
    agreed_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    arithmetic = models.JSONField(default=list, blank=True)
    replaced_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    ended_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.TextField(blank=True, help_text="What came of it, once it has ended.")

    objects: ClassVar = owned_manager(PlanQuerySet)

    class Meta:
        ordering: ClassVar = ["case", "version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "case", "version"], name="plan_version_once"),
            models.UniqueConstraint(
                fields=["authority", "case"], name="plan_current_once", condition=Q(stage=plan_moves.AGREED)
            ),
            models.UniqueConstraint(
                fields=["authority", "case"],
                name="plan_under_way_once",
                condition=Q(stage__in=[plan_moves.DRAFT, plan_moves.WAITING]),
            ),
            models.CheckConstraint(condition=pair("put_forward_on", "put_forward_by"), name="plan_put_forward_by"),
            models.CheckConstraint(condition=pair("approved_on", "approved_by"), name="plan_approved_on_and_by"),
            models.CheckConstraint(condition=pair("agreed_on", "agreed_by"), name="plan_agreed_on_and_by"),
            models.CheckConstraint(condition=pair("ended_on", "ended_by"), name="plan_ended_on_and_by"),
        ]
        indexes: ClassVar = [models.Index(fields=["authority", "stage", "review_on"], name="plan_by_stage")]

    @property
    def is_draft(self) -> bool:
        return self.stage == plan_moves.DRAFT

    @property
    def is_waiting(self) -> bool:
        return self.stage == plan_moves.WAITING

    @property
    def is_agreed(self) -> bool:
        return self.stage == plan_moves.AGREED

    def is_past_review(self, on: dt.date) -> bool:
        """As `PlanQuerySet.past_review`. A query where the day has passed."""
        return self.is_agreed and self.review_on < on and Plan.objects.filter(pk=self.pk).past_review(on).exists()


class PlanActionQuerySet(models.QuerySet["PlanAction"]):
    def undone(self) -> PlanActionQuerySet:
        return self.filter(done_on=None, given_up_on=None)

    def in_hand(self) -> PlanActionQuerySet:
        """What is still to be done by plans of open cases that count or are being written; earlier versions rest."""
        stages = [plan_moves.DRAFT, plan_moves.WAITING, plan_moves.AGREED]
        return self.undone().filter(plan__stage__in=stages, plan__case__stage=moves.OPEN)

    def settled(self) -> PlanActionQuerySet:
        """Done, or given up."""
        return self.exclude(done_on=None, given_up_on=None)

    def to_do(self) -> PlanActionQuerySet:
        """What is still to be done of current plans."""
        return self.undone().filter(plan__stage=plan_moves.AGREED, plan__case__stage=moves.OPEN)

    def overdue(self, on: dt.date) -> PlanActionQuerySet:
        """Of these, what was due before this day."""
        return self.to_do().filter(due_on__lt=on)

    def visible_to(self, member: Membership) -> PlanActionQuerySet:
        """Actions in plans of the cases this member may see."""
        return self.filter(plan__case__in=Case.objects.visible_to(member))


class PlanAction(OwnedByKey):
    """What somebody will do, by when. What became of it is kept beside it; what was agreed does not change.

    `carried_from` is the same action in the version before: what becomes of one becomes of the other.
    """

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="actions", db_index=False)
    what = models.CharField(max_length=500)
    owner = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    owner_name = models.CharField(max_length=200, blank=True, help_text="An owner who has no account.")
    agency = models.CharField(max_length=150, blank=True)
    due_on = models.DateField()
    carried_from = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="carried_to")
    done_on = models.DateField(null=True, blank=True)
    done_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    given_up_on = models.DateField(null=True, blank=True)
    given_up_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.CharField(max_length=1000, blank=True, help_text="What came of it, or why it was given up.")

    objects: ClassVar = owned_manager(PlanActionQuerySet)

    class Meta:
        ordering: ClassVar = ["due_on", "what", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=pair("done_on", "done_by"), name="plan_action_done_on_and_by"),
            models.CheckConstraint(condition=pair("given_up_on", "given_up_by"), name="plan_action_given_up_by"),
            models.CheckConstraint(condition=Q(done_on=None) | Q(given_up_on=None), name="plan_action_settled_once"),
            models.CheckConstraint(
                condition=Q(owner__isnull=False, owner_name="") | Q(owner=None) & ~Q(owner_name=""),
                name="plan_action_has_one_owner",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["authority", "plan"], name="plan_action_by_plan"),
            models.Index(fields=["authority", "owner", "due_on"], name="plan_action_by_owner"),
        ]

    @property
    def owner_shown(self) -> str:
        """The owner's name and agency."""
        return ", ".join(filter(None, [self.owner.name if self.owner else self.owner_name, self.agency]))


class PlanAgreement(Owned):
    """What one of the family or the school said to a plan. A later answer of the same person ends the one before;
    so does taking the plan back, for what is then put forward has other words. Neither is deleted."""

    class Party(models.TextChoices):
        CHILD = "child", "The child"
        PARENT = "parent", "A parent or carer"
        SCHOOL = "school", "The school"

    class Says(models.TextChoices):
        YES = "yes", "Agreed"
        NO = "no", "Did not agree"
        NOT_ASKED = "not-asked", "Could not be asked"

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="agreements", db_index=False)
    party = models.CharField(max_length=10, choices=Party.choices)
    who = models.CharField(max_length=200)
    says = models.CharField(max_length=10, choices=Says.choices)
    words = models.TextField(blank=True, help_text="Their own words, or why they could not be asked.")
    agreed_on = models.DateField(help_text="The day on which they said so.")
    recorded_on = models.DateField()
    recorded_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["party", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "plan", "party", "who"], name="plan_agreement_once", condition=Q(ended_on=None)
            )
        ]
        indexes: ClassVar = [models.Index(fields=["authority", "plan"], name="plan_agreement_by_plan")]


class PlanPolicy(Owned):
    """Whether a team leader approves each plan before it counts, from a day on; the latest row counts."""

    from_on = models.DateField()
    needs_approval = models.BooleanField(default=False)
    set_at = models.DateTimeField(db_default=Now())
    set_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [
            models.Index(F("authority"), F("from_on").desc(), F("id").desc(), name="plan_policy_latest")
        ]
