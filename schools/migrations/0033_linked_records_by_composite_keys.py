"""The new table's foreign keys are held once, by the composite keys; what was linked before is written down."""

from typing import Any, ClassVar

from django.db import migrations

from attendance_portal.isolation import LeaveToCompositeKeys, for_each_authority
from attendance_portal.tenancy import current_authority_id


def write_down(apps: Any, alias: str) -> None:
    """Every record that a standing link names, with the smallest key of its child's records."""
    child: dict[Any, Any] = {}
    same = apps.get_model("schools", "PupilLink").objects.using(alias).filter(verdict="same", undone_at=None)
    for one, other in same.values_list("pupil", "other"):
        mine, theirs = child.setdefault(one, one), child.setdefault(other, other)
        child |= {record: min(mine, theirs) for record, key in child.items() if key in (mine, theirs)}
    model = apps.get_model("schools", "LinkedRecord")
    authority = current_authority_id()
    model.objects.using(alias).bulk_create(
        model(authority_id=authority, record_id=record, child_id=key) for record, key in child.items()
    )


class Migration(migrations.Migration):
    dependencies: ClassVar = [("schools", "0032_linked_records")]

    operations: ClassVar = [LeaveToCompositeKeys(), for_each_authority(write_down)]
