"""Schools, the people who speak for them, and who in the portal works for or with which school."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q

from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned, owned_manager


class Phase(models.TextChoices):
    PRIMARY = "primary", "Primary"
    SECONDARY = "secondary", "Secondary"
    SPECIAL = "special", "Special"
    ALL_THROUGH = "all-through", "All-through"
    ALTERNATIVE = "alternative", "Alternative provision"


# Kinds of `Succession`: those of a school of which nothing went elsewhere, and all of them.
TAKEN_OVER_WHOLE: Final = ("converted", "merged")
EVERY_SUCCESSION: Final = (*TAKEN_OVER_WHOLE, "split")


class SchoolStatus(models.TextChoices):
    OPEN = "open", "Open"
    CLOSING = "closing", "Open, proposed to close"
    CLOSED = "closed", "Closed"


class SchoolQuerySet(models.QuerySet["School"]):
    def visible_to(self, member: Membership) -> SchoolQuerySet:
        """The schools whose pages this member may open on the day they ask (`member.on`)."""
        if member.reads_every_school:
            return self
        if member.is_of_a_school:
            return self.of_or_before(member, TAKEN_OVER_WHOLE)
        return self.none()

    def of_or_before(self, member: Membership, kinds: Collection[str] = EVERY_SUCCESSION) -> SchoolQuerySet:
        """The schools of this member, and those that went before them, two changes back, once the change has come.

        Of a school taken over whole its successor has the whole history; of one that was split, only what
        belongs to the children now on its own roll, so ask for that kind only where the children are asked for too.
        """
        own = School.objects.of(member).values("pk")
        before = School.objects.followed_by(own, kinds, member.on).values("pk")
        long_before = School.objects.followed_by(before, kinds, member.on).values("pk")
        return self.filter(Q(pk__in=own) | Q(pk__in=before) | Q(pk__in=long_before))

    def followed_by(self, schools: object, kinds: Collection[str], day: dt.date) -> SchoolQuerySet:
        """The schools in whose place these came, by that day."""
        link = Q(successor_links__successor__in=schools, successor_links__kind__in=kinds)
        has_come = Q(successor_links__linked_on=None) | Q(successor_links__linked_on__lte=day)
        return self.filter(link & has_come)

    def of(self, member: Membership) -> SchoolQuerySet:
        """The schools this member works for, is named officer of, or covers, on the day they ask."""
        return self.filter(pk__in=SchoolMembership.objects.on(member.on).filter(membership=member).values("school"))


class School(Owned):
    """A school of the authority's area, known by its URN."""

    urn = models.CharField("URN", max_length=6)
    laestab = models.CharField("DfE number", max_length=7, blank=True)
    name = models.CharField(max_length=150)
    phase = models.CharField(max_length=20, choices=Phase.choices)
    area = models.CharField(max_length=80, blank=True, help_text="District or area of the authority.")
    address = models.TextField(blank=True)
    email = models.EmailField(blank=True)
    telephone = models.CharField(max_length=40, blank=True)
    meetings_a_year = models.PositiveSmallIntegerField(default=3, help_text="Targeting Support Meetings due a year.")
    kind = models.CharField(max_length=100, blank=True, help_text="DfE's type of establishment.")
    status = models.CharField(max_length=10, choices=SchoolStatus.choices, default=SchoolStatus.OPEN)
    opened_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)

    objects: ClassVar = owned_manager(SchoolQuerySet)

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["authority", "urn"], name="school_urn_once")]

    def __str__(self) -> str:
        return self.name


class SchoolMembershipQuerySet(models.QuerySet["SchoolMembership"]):
    def on(self, day: dt.date) -> SchoolMembershipQuerySet:
        """Those in force on that day, both ends inclusive."""
        return self.filter(Q(until_on=None) | Q(until_on__gte=day), from_on__lte=day)


class SchoolMembership(Owned):
    """A person's schools, dated: staff of the school, its named officer, or an officer who covers."""

    class Capacity(models.TextChoices):
        STAFF = "staff", "Works for the school"
        NAMED_OFFICER = "named-officer", "Named attendance officer"
        COVER = "cover", "Covers for the named officer"

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="school_memberships")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="people")
    capacity = models.CharField(max_length=20, choices=Capacity.choices)
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=200, blank=True)

    objects: ClassVar = owned_manager(SchoolMembershipQuerySet)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(until_on=None) | Q(until_on__gte=F("from_on")),
                name="school_membership_dates_in_order",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["authority", "membership"], name="school_membership_by_member")]


class SchoolContact(Owned):
    """A person at a school who need not have an account: the senior attendance champion (WT paragraph 25) first."""

    class Kind(models.TextChoices):
        CHAMPION = "champion", "Senior attendance champion"
        CONTACT = "contact", "Main attendance contact"

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="contacts")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    name = models.CharField(max_length=150)
    job_title = models.CharField(max_length=150, blank=True)
    email = models.EmailField(blank=True)
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)
