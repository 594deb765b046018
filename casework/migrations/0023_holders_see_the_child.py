"""Whoever holds an open case from before holding one gave sight of the child is given it (`casework.grants`)."""

from typing import Any, ClassVar

from django.db import migrations

from attendance_portal.isolation import for_each_authority

HOLDS = "Holds the child's case"
READ_EVERY_SCHOOL = ("officer", "team-leader", "legal", "manager", "auditor")


def start(apps: Any, alias: str) -> None:
    """A grant from the day on which they began to hold it. Of a restricted record none: its holders decide."""
    grants = apps.get_model("schools", "PupilAccess")
    cases = apps.get_model("casework", "Case").objects.using(alias)
    held = grants.objects.using(alias).filter(reason=HOLDS, until_on=None)
    there = set(held.values_list("pupil_id", "membership_id"))
    open_ones = cases.filter(stage="open", pupil__is_restricted=False, holder__deactivated_at=None)
    grants.objects.using(alias).bulk_create(
        grants(
            authority_id=case.authority_id,
            pupil_id=case.pupil_id,
            membership_id=case.holder_id,
            reason=HOLDS,
            from_on=case.held_from_on or case.opened_on,
        )
        for case in open_ones.exclude(holder__role__in=READ_EVERY_SCHOOL).order_by("pk")
        if (case.pupil_id, case.holder_id) not in there
    )


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("casework", "0022_documents_found_harmful"),
        ("schools", "0033_linked_records_by_composite_keys"),
    ]

    operations: ClassVar = [for_each_authority(start)]
