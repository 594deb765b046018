"""Calls, visits, letters, messages and meetings with a child's family and those around it, attempts included."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models
from django.db.models import Max, OuterRef, Subquery
from django.db.models.functions import Now

from attendance_portal.models import Membership
from attendance_portal.tenancy import OwnedByKey, owned_manager
from casework.models.cases import Case


class ContactQuerySet(models.QuerySet["Contact"]):
    def standing(self) -> ContactQuerySet:
        """Contacts as they are told now: those that were put right later stand aside."""
        return self.filter(corrected_by=None)

    def reached(self) -> ContactQuerySet:
        """Standing contacts at which somebody was reached."""
        return self.standing().filter(reached=True)

    def latest_of(self, cases: Iterable[Any]) -> dict[uuid.UUID, dt.date]:
        """On which day somebody was last reached, by case; cases where nobody was yet are left out. One query."""
        latest = self.reached().filter(case__in=cases).order_by().values("case").annotate(on=Max("happened_on"))
        return dict(latest.values_list("case", "on"))

    def last_reached_on(self, case: str = "pk") -> Subquery:
        """As `latest_of`, for `annotate` or `filter` of a query of cases; `case` is the field of the case's key.

        `Case.objects.annotate(last_contact_on=Contact.objects.last_reached_on())`: null where nobody was reached yet.
        """
        of_case = self.reached().filter(case=OuterRef(case)).order_by().values("case")
        return Subquery(of_case.annotate(on=Max("happened_on")).values("on"), output_field=models.DateField())


class Contact(OwnedByKey):
    """One contact or attempt. It is never changed: what was wrong is written anew, naming the line it puts right."""

    class Kind(models.TextChoices):
        CALL = "call", "Call"
        VISIT = "visit", "Visit"
        LETTER = "letter", "Letter or e-mail"
        MESSAGE = "message", "Text message"
        MEETING = "meeting", "Meeting"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="contacts", db_index=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    with_whom = models.CharField(max_length=200)
    happened_on = models.DateField()
    reached = models.BooleanField(help_text="Whether they spoke, met or answered; if not, it was an attempt.")
    words = models.TextField(blank=True, help_text="What came of it.")
    next_step = models.CharField(max_length=500, blank=True)
    written_at = models.DateTimeField(db_default=Now())
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by", db_index=False
    )

    objects: ClassVar = owned_manager(ContactQuerySet)

    class Meta:
        ordering: ClassVar = ["-happened_on", "-written_at"]
        indexes: ClassVar = [models.Index(fields=["authority", "case", "happened_on"], name="contact_by_case")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "corrects"], name="contact_put_right_once"),
        ]
