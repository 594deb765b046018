"""The directory of services that may help a family, and who answers for each in the portal."""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q

from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned, OwnedByKey, owned_manager


class ServiceQuerySet(models.QuerySet["Service"]):
    def offered(self) -> ServiceQuerySet:
        """Those that have not ended."""
        return self.filter(ended_on=None)

    def taking_referrals(self) -> ServiceQuerySet:
        """Those to which a child can be referred in the portal: somebody there reads what is sent."""
        there = ServiceMember.objects.reading().filter(service=OuterRef("pk"))
        return self.offered().filter(Exists(there), takes_referrals=True)

    def of(self, member: Membership) -> ServiceQuerySet:
        """Those for which this member answers."""
        return self.filter(pk__in=ServiceMember.objects.standing().filter(membership=member).values("service"))


class Service(OwnedByKey):
    """A service that may help: what it offers, for whom and where, and how to reach it. It names no child."""

    class Phase(models.TextChoices):
        PRIMARY = "primary", "Primary"
        SECONDARY = "secondary", "Secondary"

    name = models.CharField(max_length=150)
    offers = models.TextField()
    for_whom = models.CharField(max_length=300, blank=True)
    phases = ArrayField(
        models.CharField(max_length=20, choices=Phase.choices), default=list, blank=True, help_text="Empty: both."
    )
    area = models.CharField(max_length=80, blank=True, help_text="As schools name theirs; empty: everywhere.")
    how_to_refer = models.TextField(blank=True)
    contact_name = models.CharField(max_length=150, blank=True)
    email = models.EmailField(blank=True)
    telephone = models.CharField(max_length=40, blank=True)
    barriers = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    takes_referrals = models.BooleanField(default=False)
    ended_on = models.DateField(null=True, blank=True)
    ended_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects: ClassVar = owned_manager(ServiceQuerySet)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "name"], name="service_name_once", condition=Q(ended_on=None)),
            models.CheckConstraint(
                condition=Q(ended_on=None, ended_by=None) | Q(ended_on__isnull=False, ended_by__isnull=False),
                name="service_ended_on_and_by",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ServiceMemberQuerySet(models.QuerySet["ServiceMember"]):
    def standing(self) -> ServiceMemberQuerySet:
        """Those who answer for their service now."""
        return self.filter(until_on=None)

    def reading(self) -> ServiceMemberQuerySet:
        """As `standing`, without those who no longer work here: somebody must read what is sent."""
        return self.standing().filter(membership__deactivated_at=None, membership__user__is_active=True)

    def told_of_referrals(self, service: Service, on: dt.date) -> list[Membership]:
        """Who is written to of a referral to this service: the one on duty, else all who read; of them those who are
        there that day, and all where everybody is away. With their people. One query."""
        rows = list(self.reading().filter(service=service).select_related("membership__user").order_by("pk"))
        there = [row for row in rows if not row.membership.is_away(on)]
        on_duty = [row for row in there if row.is_duty]
        return [row.membership for row in on_duty or there or rows]

    def left_alone_by(self, member: Membership) -> ServiceMemberQuerySet:
        """This member's places in services that would be without a reader or anybody on duty if they left."""
        others = ServiceMember.objects.reading().filter(service=OuterRef("service")).exclude(membership=member)
        theirs = self.standing().filter(membership=member, service__ended_on=None)
        return theirs.filter(Q(is_duty=True) | ~Exists(others))


class ServiceMember(Owned):
    """Someone who reads and answers a service's referrals; the one on duty holds the cases that come of them."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="people", db_index=False)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    is_duty = models.BooleanField(default=False)
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)

    objects: ClassVar = owned_manager(ServiceMemberQuerySet)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["authority", "service", "membership"],
                name="service_member_once",
                condition=Q(until_on=None),
            ),
            models.UniqueConstraint(
                fields=["authority", "service"],
                name="service_duty_once",
                condition=Q(until_on=None, is_duty=True),
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["authority", "service"], name="service_member_by_service")]
