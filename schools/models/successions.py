"""Which school followed which: so that a converted academy keeps the history of the school it was."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from attendance_portal.tenancy import Owned
from schools.models.places import School


class Succession(Owned):
    """One school followed another, as DfE's links file says (GIAS).

    A successor that took the whole school over (converted, merged, amalgamated) has its history; of a school
    that was split each part has only what belongs to the children now on its own roll.
    """

    class Kind(models.TextChoices):
        CONVERTED = "converted", "Took its place"
        MERGED = "merged", "Merged"
        SPLIT = "split", "Part of a split school"

    predecessor = models.ForeignKey(School, on_delete=models.PROTECT, related_name="successor_links")
    successor = models.ForeignKey(School, on_delete=models.PROTECT, related_name="predecessor_links")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    linked_on = models.DateField(null=True, blank=True, help_text="The successor's first day, where it is known.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "predecessor", "successor"], name="succession_once"),
            models.CheckConstraint(condition=~Q(predecessor=F("successor")), name="succession_between_two"),
        ]
