"""Health plans that the authority itself recorded are looked into; those of a school's own people wait for it."""

from typing import Any, ClassVar

from django.db import migrations
from django.db.models import F

from attendance_portal.isolation import LeaveToCompositeKeys, for_each_authority

OF_A_SCHOOL = ("school-lead", "school-office")


def start(apps: Any, alias: str) -> None:
    """Looked into by whoever recorded it, on that day."""
    plans = apps.get_model("casework", "HealthPlan").objects.using(alias)
    of_authority = plans.filter(looked_into_on=None).exclude(recorded_by__role__in=OF_A_SCHOOL)
    of_authority.update(looked_into_on=F("recorded_on"), looked_into_by=F("recorded_by"))


class Migration(migrations.Migration):
    dependencies: ClassVar = [("casework", "0024_health_plans_looked_into")]

    operations: ClassVar = [LeaveToCompositeKeys(), for_each_authority(start)]
