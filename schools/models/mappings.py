"""What a school said about its files: what a column holds, what a code of its own means; and files sent together."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from attendance_portal.models import Membership
from attendance_portal.tenancy import Owned, OwnedByKey, owned_manager
from schools.models.places import School
from schools.models.registers import Upload

_FORGOTTEN_BY_SOMEONE = Q(forgotten_at=None, forgotten_by=None) | Q(forgotten_at__isnull=False)


class RememberedQuerySet(models.QuerySet[models.Model]):
    def remembered(self) -> RememberedQuerySet:
        """Those that nobody has forgotten: they are used for the next file."""
        return self.filter(forgotten_at=None)


class ColumnMapping(Owned):
    """What the columns of a school's export hold, as a person said once. Forgotten, never deleted."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="column_mappings")
    fields = models.JSONField(help_text="Heading, which of those that read so (from 0), and the field it holds.")
    days = models.JSONField(default=list, help_text="What a day's heading says beside its date, and the half-day.")
    date_order = models.CharField(max_length=11, blank=True, default="", help_text="Which way round its dates are.")
    width = models.PositiveSmallIntegerField(default=0, help_text="How many columns, where it has no headings.")
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, null=True, related_name="+", help_text="Asked for it.")
    said_at = models.DateTimeField(db_default=Now())
    said_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    forgotten_at = models.DateTimeField(null=True, blank=True)
    forgotten_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar = owned_manager(RememberedQuerySet)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=_FORGOTTEN_BY_SOMEONE, name="column_mapping_forgotten_at_and_by"),
            models.CheckConstraint(
                condition=Q(date_order__in=["", "day-first", "month-first"]), name="column_mapping_date_order"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["authority", "school"], name="column_mapping_by_school")]


class LocalCode(Owned):
    """What a code of a school's own stands for: a national one, or no mark. Forgotten, never deleted."""

    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="local_codes")
    local = models.CharField(max_length=8, help_text="As it stands in the file, in capitals.")
    mark = models.CharField(max_length=2, blank=True, help_text="The national code; empty: no mark.")
    from_on = models.DateField(null=True, blank=True)
    until_on = models.DateField(null=True, blank=True)
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, null=True, related_name="+", help_text="Asked for it.")
    said_at = models.DateTimeField(db_default=Now())
    said_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")
    forgotten_at = models.DateTimeField(null=True, blank=True)
    forgotten_by = models.ForeignKey(Membership, on_delete=models.PROTECT, null=True, related_name="+")

    objects: ClassVar = owned_manager(RememberedQuerySet)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=_FORGOTTEN_BY_SOMEONE, name="local_code_forgotten_at_and_by"),
            models.CheckConstraint(
                condition=Q(from_on=None) | Q(until_on=None) | Q(until_on__gte=F("from_on")),
                name="local_code_dates_in_order",
            ),
            models.UniqueConstraint(
                fields=["authority", "school", "local", "from_on"],
                condition=Q(forgotten_at=None),
                nulls_distinct=False,
                name="local_code_once",
            ),
        ]


class Sending(OwnedByKey):
    """Several files that one person sent at once, for one school or for many."""

    sent_at = models.DateTimeField(db_default=Now())
    sent_by = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes: ClassVar = [models.Index("authority", "sent_by", F("sent_at").desc(), name="sending_by_person")]


class SentFile(Owned):
    """One file of a sending: an upload of its school, or without one as long as nothing tells which school it is of."""

    sending = models.ForeignKey(Sending, on_delete=models.PROTECT, related_name="files")
    position = models.PositiveSmallIntegerField()
    file_name = models.CharField(max_length=255)
    stored_as = models.CharField(max_length=120, help_text="Name of the kept file under the uploads folder.")
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    why = models.CharField(max_length=300, blank=True, help_text="Why its school, or the file, could not be taken.")
    upload = models.ForeignKey(Upload, on_delete=models.PROTECT, null=True, related_name="sent_files")
    discarded_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["authority", "sending", "position"], name="sent_file_once"),
            models.CheckConstraint(condition=Q(upload=None) | Q(discarded_at=None), name="sent_file_placed_or_thrown"),
        ]
