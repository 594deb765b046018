"""A row that always has a parent is of an authority by the parent's key: the key of its own was checked twice."""

from typing import ClassVar

from django.db import migrations

from attendance_portal.isolation import LeaveToCompositeKeys


class Migration(migrations.Migration):
    dependencies: ClassVar = [("casework", "0003_no_index_twice")]

    operations: ClassVar = [LeaveToCompositeKeys()]
