"""The new table's foreign keys are held once, by the composite keys; what was linked before is written down."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import migrations

from attendance_portal.isolation import LeaveToCompositeKeys, for_each_authority
from attendance_portal.tenancy import current_authority_id


def smallest_of(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """Each record of these pairs, with the smallest that it is joined with, over others too."""
    below: dict[Any, Any] = {}

    def smallest(record: Any) -> Any:
        while (lower := below.setdefault(record, record)) != record:
            below[record] = below[lower]
            record = lower
        return record

    for one, other in pairs:
        low, high = sorted((smallest(one), smallest(other)))
        below[high] = low
    return {record: smallest(record) for record in list(below)}


def write_down(apps: Any, alias: str) -> None:
    """Every record that a standing link names, with the smallest key of its child's records."""
    same = apps.get_model("schools", "PupilLink").objects.using(alias).filter(verdict="same", undone_at=None)
    child = smallest_of(same.values_list("pupil", "other"))
    model = apps.get_model("schools", "LinkedRecord")
    authority = current_authority_id()
    model.objects.using(alias).bulk_create(
        model(authority_id=authority, record_id=record, child_id=key) for record, key in child.items()
    )


class Migration(migrations.Migration):
    dependencies: ClassVar = [("schools", "0032_linked_records")]

    operations: ClassVar = [LeaveToCompositeKeys(), for_each_authority(write_down)]
