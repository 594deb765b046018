"""Plans and contracts of cases closed before closing ended them end on the day of the closing, with its reason."""

from typing import Any, ClassVar

from django.db import migrations

from attendance_portal.isolation import for_each_authority

RUNNING = {"Plan": ["agreed"], "AttendanceContract": ["offered", "accepted"]}
UNDER_WAY = ["draft", "waiting"]


def end(apps: Any, alias: str) -> None:
    """What runs in closed cases ends as they did; what was being written or waited to be agreed is set aside."""
    plans = apps.get_model("casework", "Plan").objects.using(alias)
    plans.filter(case__stage="closed", stage__in=UNDER_WAY).update(stage="set-aside")
    for name, stages in RUNNING.items():
        rows = apps.get_model("casework", name).objects.using(alias)
        for one in rows.filter(case__stage="closed", stage__in=stages).select_related("case"):
            how = {"ended_on": one.case.closed_on, "ended_by": one.case.closed_by_id}
            outcome = f"The case closed. {one.case.closing_reason}".strip()
            rows.filter(pk=one.pk).update(stage="ended", outcome=outcome, **how)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("casework", "0035_schools_of_contracts_from_before")]

    operations: ClassVar = [for_each_authority(end)]
