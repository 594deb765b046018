"""The school that an attendance contract is about, chosen when it is offered."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

from attendance_portal.isolation import IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("casework", "0033_answers_by_composite_keys"),
        ("schools", "0033_linked_records_by_composite_keys"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="attendancecontract",
            name="school",
            field=models.ForeignKey(
                help_text=(
                    "Where the child went when it was offered; where the school makes it, the party to it. It stays so."
                ),
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="schools.school",
            ),
        ),
        IsolateByAuthority("AttendanceContract"),
    ]
