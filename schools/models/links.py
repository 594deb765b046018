"""Links between records of one child: proposed with evidence, decided by a person, and taken apart again; and which
child each linked record is of, so that queries can ask by child."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest, Least

from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned, OwnedByKey
from schools.models.pupils import Pupil


class PupilLink(OwnedByKey):
    """A person's decision that two records are one child, or are not. Undone, never deleted; no key is re-pointed."""

    class Verdict(models.TextChoices):
        SAME = "same", "The same child"
        NOT_THE_SAME = "not-the-same", "Not the same child"

    pupil = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="links")
    other = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="links_from_others")
    verdict = models.CharField(max_length=20, choices=Verdict.choices)
    evidence = models.TextField(blank=True, help_text="What spoke for it when the person decided.")
    reason = models.CharField(max_length=300)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    undone_because = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["authority", "other"], name="pupil_link_by_other")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                "authority",
                Least("pupil", "other"),
                Greatest("pupil", "other"),
                condition=Q(undone_at__isnull=True),
                name="pupil_link_open_once",
            ),
            models.CheckConstraint(condition=~Q(pupil=F("other")), name="pupil_link_of_two"),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None) | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="pupil_link_undone_at_and_by",
            ),
        ]


class LinkedRecord(Owned):
    """Which child a linked record is of: all records of one child carry the same `child`, one of their keys.

    Follows from the links that stand, and is written with them (`schools.stored.same_child.regroup`); a record that
    is linked with no other has no row. It is there to be joined: two are one child through a third one too.
    """

    record = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="+", db_index=False)
    child = models.ForeignKey(Pupil, on_delete=models.PROTECT, related_name="+", db_index=False)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["authority", "child"], name="linked_record_by_child")]
        constraints: ClassVar = [models.UniqueConstraint(fields=["authority", "record"], name="linked_record_once")]
