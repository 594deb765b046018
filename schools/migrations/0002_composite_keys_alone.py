from typing import ClassVar

from django.db import migrations

from attendance_portal.isolation import LeaveToCompositeKeys


class Migration(migrations.Migration):
    dependencies: ClassVar = [("schools", "0001_schools_pupils_and_registers")]

    operations: ClassVar = [LeaveToCompositeKeys()]
