"""The new foreign key is held once, by the composite key."""

from typing import ClassVar

from django.db import migrations

from attendance_portal.isolation import LeaveToCompositeKeys


class Migration(migrations.Migration):
    dependencies: ClassVar = [("casework", "0032_answers_that_came_later")]

    operations: ClassVar = [LeaveToCompositeKeys()]
