"""What was agreed before of a part-time timetable whose end was put off, and what was said."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import attendance_portal.tenancy
from attendance_portal.isolation import AppendOnly, IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0005_integrations_approved"),
        ("casework", "0027_home_education_in_error_by_composite_keys"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="TimetablePutOff",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("until_before_on", models.DateField(help_text="The last day as it was agreed before.")),
                ("until_on", models.DateField(help_text="The last day as it was agreed then.")),
                ("why", models.TextField()),
                ("agreed_with_parent_on", models.DateField(blank=True, null=True)),
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
                    ),
                ),
                (
                    "timetable",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="put_offs",
                        to="casework.parttimetimetable",
                    ),
                ),
            ],
            options={
                "ordering": ["recorded_on", "id"],
                "indexes": [models.Index(fields=["authority", "timetable"], name="put_off_by_timetable")],
            },
        ),
        IsolateByAuthority("TimetablePutOff"),
        AppendOnly("TimetablePutOff"),
    ]
