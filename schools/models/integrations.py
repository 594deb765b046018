"""Which schools an integration may speak of, and what each post of marks was answered, so that it is stored once."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from attendance_portal.models import Integration
from attendance_portal.tenancy import Owned, OwnedByKey, owned_manager
from schools.models.places import School
from schools.models.registers import Upload


class IntegrationSchool(Owned):
    """A school of which an integration may send or read, where it may not of every one."""

    integration = models.ForeignKey(Integration, on_delete=models.PROTECT, related_name="schools", db_index=False)
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="integrations", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "integration", "school"], name="integration_school_once")
        ]


class PostedMarksQuerySet(models.QuerySet["PostedMarks"]):
    def unfinished(self) -> PostedMarksQuerySet:
        return self.filter(finished_at=None)


class PostedMarks(OwnedByKey):
    """One post of marks by an integration. The same key again is given the same answer, and stores nothing more.

    `status` and `answer` are what was answered to the post; `outcome` is what became of it where a worker stored it.
    """

    integration = models.ForeignKey(Integration, on_delete=models.PROTECT, related_name="posts", db_index=False)
    key = models.CharField(max_length=255, help_text="The sender's idempotency key.")
    sha256 = models.CharField(max_length=64, help_text="Digest of what was sent, and for which school.")
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, related_name="posts")
    status = models.PositiveSmallIntegerField()
    answer = models.TextField(help_text="As it was sent, in JSON.")
    outcome = models.JSONField(default=dict, blank=True)
    posted_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar = owned_manager(PostedMarksQuerySet)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "integration", "key"], name="posted_key_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["authority"], name="posted_unfinished", condition=Q(finished_at=None)),
        ]
