"""The day of an answer that came later than its question, and who wrote it down."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

from attendance_portal.isolation import IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0005_integrations_approved"),
        ("casework", "0031_missing_findings_of_before"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="enquirystep",
            name="answered_by",
            field=models.ForeignKey(
                help_text="Who wrote it down.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="attendance_portal.membership",
            ),
        ),
        migrations.AddField(
            model_name="enquirystep",
            name="answered_on",
            field=models.DateField(blank=True, null=True, help_text="Of an answer that came later."),
        ),
        IsolateByAuthority("EnquiryStep"),
    ]
