"""An attendance contract with one parent or carer: offered, accepted or not, and ended."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from attendance_portal.models import Membership
from attendance_portal.tenancy import OwnedByKey, owned_manager
from casework import plan_moves
from casework.models.cases import Case
from casework.models.plans import pair
from schools.models import Carer, School


class ContractQuerySet(models.QuerySet["AttendanceContract"]):
    def visible_to(self, member: Membership) -> ContractQuerySet:
        """Contracts of the cases this member may see."""
        return self.filter(case__in=Case.objects.visible_to(member))

    def running(self, on: dt.date) -> ContractQuerySet:
        """Accepted, and within their time on this day."""
        return self.filter(stage=plan_moves.ACCEPTED, from_on__lte=on, until_on__gte=on)


class AttendanceContract(OwnedByKey):
    """A voluntary written agreement under section 19 of the Anti-social Behaviour Act 2003.

    It holds the parent's statement that they will keep to what it asks for a set time, and the statement of the
    school or the authority (either may make it) of the support it gives. Whether the parent accepts is theirs to say.
    """

    class Maker(models.TextChoices):
        SCHOOL = "school", "The school"
        AUTHORITY = "authority", "The authority"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="contracts", db_index=False)
    stage = models.CharField(
        max_length=10, choices=list(plan_moves.CONTRACT_STAGES.items()), default=plan_moves.OFFERED
    )
    carer = models.ForeignKey(Carer, on_delete=models.PROTECT, null=True, related_name="+")
    parent_name = models.CharField(max_length=200)
    made_by = models.CharField(max_length=10, choices=Maker.choices)
    school = models.ForeignKey(
        School,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text="Where the child went when it was offered; where the school makes it, the party to it. It stays so.",
    )
    parent_undertakes = models.TextField(help_text="What the parent says they will do.")
    support_given = models.TextField(help_text="The support that the school or authority gives.")
    from_on = models.DateField()
    until_on = models.DateField()
    offered_on = models.DateField()
    offered_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    answered_on = models.DateField(null=True, blank=True)
    answer_recorded_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    signed_for_maker = models.CharField(max_length=200, blank=True, help_text="Who signed for the school or authority.")
    why = models.TextField(blank=True, help_text="Why it was not accepted, in the parent's own words where known.")
    ended_on = models.DateField(null=True, blank=True)
    ended_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    outcome = models.TextField(blank=True)

    objects: ClassVar = owned_manager(ContractQuerySet)

    class Meta:
        ordering: ClassVar = ["-offered_on", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "case", "parent_name"],
                name="contract_open_once_a_parent",
                condition=Q(stage__in=[plan_moves.OFFERED, plan_moves.ACCEPTED]),
            ),
            models.CheckConstraint(condition=Q(until_on__gte=F("from_on")), name="contract_days_in_order"),
            models.CheckConstraint(condition=pair("answered_on", "answer_recorded_by"), name="contract_answered_by"),
            models.CheckConstraint(condition=pair("ended_on", "ended_by"), name="contract_ended_on_and_by"),
        ]
        indexes: ClassVar = [models.Index(fields=["authority", "case"], name="contract_by_case")]
