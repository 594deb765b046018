"""Reviews that were held of a case, and how it was closed before it was opened again. Both are history."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar, Final

from django.db import models
from django.db.models import Exists, OuterRef

from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned, owned_manager
from casework.models.cases import Case

TO_CLOSE: Final = dt.timedelta(days=14)
"""How long nothing is due of a case after a review that says it can close; the portal's own measure."""


class ReviewQuerySet(models.QuerySet["Review"]):
    def to_close(self) -> ReviewQuerySet:
        """Those that say that the case can close."""
        return self.filter(outcome=Review.Outcome.CLOSE)

    def left_open(self, on: dt.date) -> ReviewQuerySet:
        """Of these the last of each case, held longer ago than `TO_CLOSE`, but for what was closed since. Whether it is
        open is asked elsewhere."""
        of_case = {"case": OuterRef("case")}
        later = Exists(Review.objects.filter(**of_case, held_on__gt=OuterRef("held_on")))
        closed = Exists(PastClosing.objects.filter(**of_case, reopened_on__gt=OuterRef("held_on")))
        return self.to_close().filter(~later, ~closed, held_on__lt=on - TO_CLOSE)


class Review(Owned):
    """One review: when it was due and held, what came of it and when the next one is. Never changed."""

    append_only: ClassVar = True

    class Outcome(models.TextChoices):
        GO_ON = "go-on", "It is working: go on as agreed"
        CHANGE = "change", "What was agreed changes"
        MORE = "more", "More or other support is needed"
        CLOSE = "close", "The case can be closed"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reviews", db_index=False)
    due_on = models.DateField(null=True, blank=True, help_text="The date the case had then, if any.")
    held_on = models.DateField()
    held_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    words = models.TextField()
    next_review_on = models.DateField(null=True, blank=True)

    objects: ClassVar = owned_manager(ReviewQuerySet)

    class Meta:
        ordering: ClassVar = ["-held_on", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "case", "held_on"], name="review_once_a_day")
        ]


class PastClosing(Owned):
    """How a case was closed before it was opened again: outcome, reason, what worked. Never changed."""

    append_only: ClassVar = True

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="past_closings", db_index=False)
    outcome = models.CharField(max_length=20, choices=Case.Outcome.choices, blank=True)
    reason = models.TextField()
    what_worked = models.TextField(blank=True)
    closed_on = models.DateField()
    closed_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    reopened_on = models.DateField()
    reopened_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    reopened_because = models.TextField()

    class Meta:
        ordering: ClassVar = ["-closed_on", "-id"]
        indexes: ClassVar = [models.Index(fields=["authority", "case"], name="past_closing_by_case")]
