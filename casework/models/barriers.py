"""What an authority says of the list of barriers, and what children and parents said themselves."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now, Upper

from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned
from casework.models.cases import Case


class AuthorityBarrier(Owned):
    """A barrier that the authority added to `casework.barriers`, or its own words for one that is there.

    The code is stored in cases and minutes, and never changes; one that has ended is not offered any more.
    """

    code = models.CharField(max_length=40)
    label = models.CharField(max_length=100)
    out_of_school = models.BooleanField()
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "code"], name="authority_barrier_once"),
            models.UniqueConstraint("authority", Upper("label"), name="authority_barrier_label_once"),
        ]


class OwnWords(Owned):
    """What the child or a parent said, as they said it. It is kept as such and never edited."""

    class Speaker(models.TextChoices):
        CHILD = "child", "The child"
        PARENT = "parent", "A parent"
        CARER = "carer", "A carer"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="own_words", db_index=False)
    speaker = models.CharField(max_length=10, choices=Speaker.choices)
    whose = models.CharField(max_length=150, blank=True, help_text="The name, where it was not the child.")
    words = models.TextField()
    said_on = models.DateField()
    by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["-said_on", "-id"]
        indexes: ClassVar = [models.Index(fields=["authority", "case"], name="own_words_by_case")]
