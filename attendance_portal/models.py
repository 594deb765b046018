"""The foundation's tables: authorities, people and their memberships, invitations, audit, messages."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Lower, Now

from attendance_portal.roles import (
    EVERY_SCHOOL_ROLES,
    PERMISSIONS,
    SCHOOL_ROLES,
    Permission,
    Role,
)
from attendance_portal.tenancy import Owned, owned_manager


class Authority(models.Model):
    """A local authority: the tenant. `code` is DfE's three digits (998 and 999 are invented)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=120)
    code = models.CharField(max_length=3, unique=True)
    mailbox = models.EmailField(blank=True, help_text="The attendance service's shared mailbox.")
    demo_today = models.DateField(null=True, blank=True, help_text="The demo's today, kept with its data.")

    class Meta:
        ordering: ClassVar = ["name"]
        verbose_name_plural = "authorities"

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """Make a person who signs in with `email` (kept in lower case, as sign-in compares it)."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser):
    """A person who can sign in. What they may do lies in their memberships, never here."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField(max_length=150)
    is_active = models.BooleanField(default=True)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar = ["name"]

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email

    def get_full_name(self) -> str:
        return self.name


class MembershipQuerySet(models.QuerySet["Membership"]):
    def working(self) -> MembershipQuerySet:
        """Memberships that can be used: the person and the membership are active, the invitation taken up."""
        return self.joined().filter(deactivated_at=None, user__is_active=True)

    def joined(self) -> MembershipQuerySet:
        """Leaves out those whose invitation still waits (one that was taken up marks its fellows used)."""
        waiting = Invitation.objects.filter(membership=models.OuterRef("pk"), used_at=None)
        return self.filter(~models.Exists(waiting))

    def with_people(self) -> MembershipQuerySet:
        return self.select_related("user", "authority")


class Membership(models.Model):
    """One person's place in one authority, in one role. The switch on every page is between these."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20, choices=Role.choices)
    organisation = models.CharField(max_length=150, blank=True, help_text="School, team or partner agency.")
    telephone = models.CharField(max_length=40, blank=True)
    deactivated_at = models.DateTimeField(null=True, blank=True)
    away_from = models.DateField(null=True, blank=True)
    away_until = models.DateField(null=True, blank=True)
    covered_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="covers")
    last_looked_at = models.DateTimeField(null=True, blank=True, help_text="When they last cleared what changed.")

    objects = MembershipQuerySet.as_manager()

    # The day on which this member asks, set by the door that let them in (middleware, task, command, test).
    on: dt.date

    class Meta:
        ordering: ClassVar = ["authority__name", "role"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "user", "role"], name="membership_once"),
            models.UniqueConstraint(fields=["authority", "id"], name="membership_within"),
            models.CheckConstraint(
                condition=Q(away_from=None, away_until=None) | Q(away_until__gte=F("away_from")),
                name="membership_away_dates_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()}, {self.authority})"

    @property
    def permissions(self) -> frozenset[Permission]:
        return PERMISSIONS[self.role]

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    @property
    def name(self) -> str:
        return str(self.user)

    @property
    def role_label(self) -> str:
        return Role(self.role).label

    @property
    def described(self) -> str:
        """As in a list of choices: name, role and organisation."""
        return ", ".join(filter(None, [self.name, self.role_label, self.organisation]))

    @property
    def is_of_a_school(self) -> bool:
        return self.role in SCHOOL_ROLES

    @property
    def reads_every_school(self) -> bool:
        return self.role in EVERY_SCHOOL_ROLES

    @property
    def works(self) -> bool:
        """The person and the membership are active, as in `working`: they have not left."""
        return self.deactivated_at is None and self.user.is_active

    @property
    def is_waiting(self) -> bool:
        """Invited, and the invitation not yet taken up."""
        return self.invitations.filter(used_at=None).exists()

    def cover_on(self, day: dt.date) -> Membership | None:
        """Who stands in for them on that day; None while they are there, or nobody was named."""
        return self.covered_by if self.is_away(day) else None

    def is_away(self, on: dt.date) -> bool:
        """Away on that day (both ends inclusive; no end means until further notice)."""
        return (
            self.away_from is not None and self.away_from <= on and (self.away_until is None or on <= self.away_until)
        )


class Invitation(models.Model):
    """A link sent by e-mail with which a person takes up a membership. Only its hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField(db_default=Now())
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-made_at"]

    def __str__(self) -> str:
        return f"Invitation of {self.membership}"


class Scope(models.TextChoices):
    """What an integration may do, each granted apart."""

    MARKS_WRITE = "marks:write", "Send marks"
    SCHOOLS_READ = "schools:read", "Read schools"
    PUPILS_READ = "pupils:read", "Read pupils"
    STANDINGS_READ = "standings:read", "Read standings"
    REGISTERS_READ = "registers:read", "Read registers"


# What reads children, and so waits until somebody who may see them all approves it.
READS_CHILDREN = frozenset({Scope.PUPILS_READ, Scope.STANDINGS_READ, Scope.REGISTERS_READ})


class Integration(models.Model):
    """A school system or data hub that asks by the API, with a token of which only the hash is kept.

    Not owned: it is read before any scope is open, to know which one to open. Where it is not for every school,
    its schools are named in `schools.IntegrationSchool`.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    authority = models.ForeignKey(Authority, on_delete=models.PROTECT, related_name="integrations")
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=20, choices=Scope.choices))
    every_school = models.BooleanField(default=False)
    expires_on = models.DateField(help_text="The last day on which the token opens anything.")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(
        null=True, blank=True, help_text="When a second person let it read children; until then it opens nothing."
    )
    approved_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    # The day and the moment at which it asks, set by the door that let it in.
    on: dt.date
    at: dt.datetime

    class Meta:
        ordering: ClassVar = ["name"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "id"], name="integration_within"),
            models.CheckConstraint(
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
                name="integration_revoked_by_someone",
            ),
            models.CheckConstraint(
                condition=Q(approved_at=None, approved_by=None)
                | (Q(approved_at__isnull=False, approved_by__isnull=False) & ~Q(approved_by=F("made_by"))),
                name="integration_approved_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def may(self, scope: str) -> bool:
        return scope in self.scopes

    @property
    def reads_children(self) -> bool:
        return not READS_CHILDREN.isdisjoint(self.scopes)

    @property
    def waits(self) -> bool:
        """It reads children, and nobody but who made it has said that it may."""
        return self.reads_children and self.approved_at is None


class SignInEvent(models.Model):
    """Sign-ins and refusals. Not owned: a person signs in before any authority is known."""

    at = models.DateTimeField(db_default=Now())
    email = models.CharField(max_length=254)
    user_id = models.UUIDField(null=True)
    what = models.CharField(max_length=40)
    address = models.GenericIPAddressField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index("email", F("at").desc(), name="sign_in_by_email")]

    def __str__(self) -> str:
        return f"{self.email} {self.what}"


class AuditQuerySet(models.QuerySet["AuditEvent"]):
    def about_pupil(self, pupil_id: uuid.UUID) -> AuditQuerySet:
        return self.naming_any([pupil_id]).order_by("-at", "-id")

    def naming_any(self, pupil_ids: Sequence[uuid.UUID]) -> AuditQuerySet:
        """Those that concern any of these children, by their own list or by that of an earlier event."""
        return self._naming(Q(pupil_ids__overlap=pupil_ids))

    def naming_all(self, pupil_ids: Sequence[uuid.UUID]) -> AuditQuerySet:
        """Those that concern every one of these children."""
        return self._naming(Q(pupil_ids__contains=pupil_ids))

    def _naming(self, named: Q) -> AuditQuerySet:
        earlier = AuditEvent.objects.filter(named, children_key__isnull=False).values("pk")
        return self.filter(named | Q(same_children_as__in=earlier))

    def with_children(self) -> AuditQuerySet:
        """Each with `children`, the ids of every child it concerns, wherever they are listed."""
        earlier = AuditEvent.objects.filter(pk=OuterRef("same_children_as")).values("pupil_ids")
        return self.annotate(children=Coalesce(Subquery(earlier), F("pupil_ids")))


class AuditEvent(Owned):
    """One thing a person did or looked at. No foreign keys: it outlives what it tells of. Append-only.

    An event that concerns the same many children as an earlier one names that one in place of them: a school's file
    of each night concerns the same hundreds (decision 0011).
    """

    append_only: ClassVar = True

    at = models.DateTimeField(db_default=Now())
    membership_id = models.UUIDField(null=True)
    by_name = models.CharField(max_length=200)
    what = models.CharField(max_length=60, help_text="The action, as its function is named.")
    words = models.TextField(blank=True, help_text="What was done, in a sentence.")
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.CharField(max_length=60, blank=True)
    pupil_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    children_key = models.UUIDField(null=True, help_text="Of many children: the same for the same ones.")
    same_children_as = models.BigIntegerField(null=True, help_text="The earlier event that lists these children.")
    detail = models.JSONField(default=dict, blank=True)
    correlation_id = models.UUIDField(null=True)
    address = models.GenericIPAddressField(null=True)

    children: Sequence[uuid.UUID]  # of `with_children`

    objects: ClassVar = owned_manager(AuditQuerySet)

    class Meta:
        indexes: ClassVar = [
            models.Index("authority", F("at").desc(), name="audit_by_time"),
            models.Index(
                fields=["authority", "subject_type", "subject_id"],
                name="audit_by_subject",
            ),
            GinIndex(fields=["pupil_ids"], name="audit_by_pupil"),
            models.Index(
                fields=["authority", "children_key"], name="audit_by_children", condition=Q(children_key__isnull=False)
            ),
            models.Index(
                fields=["authority", "same_children_as"],
                name="audit_by_same_children",
                condition=Q(same_children_as__isnull=False),
            ),
        ]


class Message(Owned):
    """An e-mail that waits to be sent, written in the same transaction as what it tells of, so none is lost."""

    to_name = models.CharField(max_length=200, blank=True)
    to_email = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    calendar = models.TextField(blank=True, help_text="An iCalendar file to attach; it names no child.")
    written_at = models.DateTimeField(db_default=Now())
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["authority", "sent_at"], name="message_waiting")]
