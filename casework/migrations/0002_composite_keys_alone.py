from typing import ClassVar

from django.db import migrations

from attendance_portal.isolation import LeaveToCompositeKeys


class Migration(migrations.Migration):
    dependencies: ClassVar = [("casework", "0001_cases")]

    operations: ClassVar = [LeaveToCompositeKeys()]
