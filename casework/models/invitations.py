"""Who is invited to work on a child's case beside its lead, and since when."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned, owned_manager
from casework.models.cases import Case


class CaseInvitationQuerySet(models.QuerySet["CaseInvitation"]):
    def standing(self) -> CaseInvitationQuerySet:
        """Those that were not ended."""
        return self.filter(ended_on=None)


class CaseInvitation(Owned):
    """Somebody works on the case from `invited_on` until `ended_on`: writes in it, and neither leads nor closes it."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="invitations", db_index=False)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="case_invitations")
    why = models.CharField(max_length=300)
    invited_on = models.DateField()
    invited_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    ended_on = models.DateField(null=True, blank=True)
    ended_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects: ClassVar = owned_manager(CaseInvitationQuerySet)

    class Meta:
        ordering: ClassVar = ["invited_on", "id"]
        indexes: ClassVar = [models.Index(fields=["authority", "case"], name="case_invitation_by_case")]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "case", "membership"],
                name="case_invitation_once",
                condition=Q(ended_on=None),
            ),
            models.CheckConstraint(
                condition=Q(ended_on=None, ended_by=None) | Q(ended_on__isnull=False, ended_by__isnull=False),
                name="case_invitation_ended_on_and_by",
            ),
        ]
