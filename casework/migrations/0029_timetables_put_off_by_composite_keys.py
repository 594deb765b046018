"""The new table's foreign keys are held once, by the composite keys."""

from typing import ClassVar

from django.db import migrations

from attendance_portal.isolation import LeaveToCompositeKeys


class Migration(migrations.Migration):
    dependencies: ClassVar = [("casework", "0028_timetables_put_off")]

    operations: ClassVar = [LeaveToCompositeKeys()]
