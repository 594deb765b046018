from typing import ClassVar

from django.db import migrations

from attendance_portal.isolation import LeaveToCompositeKeys


class Migration(migrations.Migration):
    dependencies: ClassVar = [("tsm", "0001_meetings")]

    operations: ClassVar = [LeaveToCompositeKeys()]
