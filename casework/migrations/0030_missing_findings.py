"""Each finding that a child is missing education, with its author."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import attendance_portal.tenancy
from attendance_portal.isolation import AppendOnly, IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0005_integrations_approved"),
        ("casework", "0029_timetables_put_off_by_composite_keys"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="MissingFinding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("found_missing_on", models.DateField()),
                ("missing_from_on", models.DateField(blank=True, null=True)),
                ("primary_reason", models.CharField(max_length=40)),
                ("recorded_on", models.DateField()),
                (
                    "authority",
                    models.ForeignKey(
                        db_index=False,
                        default=attendance_portal.tenancy.current_authority_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.authority",
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        help_text="Empty: from before it was kept.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
                (
                    "enquiry",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="findings",
                        to="casework.educationenquiry",
                    ),
                ),
            ],
            options={
                "ordering": ["recorded_on", "id"],
                "indexes": [models.Index(fields=["authority", "enquiry"], name="finding_by_enquiry")],
            },
        ),
        IsolateByAuthority("MissingFinding"),
        AppendOnly("MissingFinding"),
    ]
