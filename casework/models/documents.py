"""Documents attached to a case."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from attendance_portal.models import Membership
from attendance_portal.tenancy import OwnedByKey, owned_manager
from casework.models.cases import Case


class CaseDocumentQuerySet(models.QuerySet["CaseDocument"]):
    def held(self) -> CaseDocumentQuerySet:
        """Documents that were not removed."""
        return self.filter(removed_on=None)

    def unscanned(self) -> CaseDocumentQuerySet:
        """Of these, those that no scanner has looked at: they came in while there was none."""
        return self.held().filter(scan=CaseDocument.Scan.NOT_SCANNED)


class CaseDocument(OwnedByKey):
    """A file that somebody attached. Removed, its row stays to say so, and the file itself is deleted."""

    class Scan(models.TextChoices):
        CLEAN = "clean", "Scanned, nothing found"
        NOT_SCANNED = "not-scanned", "Not scanned for viruses"
        HARMFUL = "harmful", "Harmful: not given out any more"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="documents", db_index=False)
    name = models.CharField(max_length=150, help_text="As it was called by whoever sent it, without folders.")
    stored_as = models.CharField(max_length=60)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    kind = models.CharField(max_length=10, help_text="By its content: a code of casework.file_kinds.")
    scan = models.CharField(max_length=12, choices=Scan.choices)
    added_at = models.DateTimeField()
    added_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    removed_on = models.DateField(null=True, blank=True)
    removed_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    removed_because = models.TextField(blank=True)

    objects: ClassVar = owned_manager(CaseDocumentQuerySet)

    class Meta:
        ordering: ClassVar = ["-added_at"]
        indexes: ClassVar = [
            models.Index(fields=["authority", "case"], name="document_by_case"),
            models.Index(fields=["authority", "stored_as"], name="document_by_file"),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(removed_on=None, removed_by=None)
                | Q(removed_on__isnull=False, removed_by__isnull=False) & ~Q(removed_because=""),
                name="document_removed_on_and_by",
            ),
        ]
