"""Contacts with a child's family and those around it."""

import uuid
from typing import ClassVar

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import attendance_portal.tenancy
from attendance_portal.isolation import IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0005_integrations_approved"),
        ("casework", "0009_tracking_by_composite_keys"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Contact",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("call", "Call"),
                            ("visit", "Visit"),
                            ("letter", "Letter or e-mail"),
                            ("message", "Text message"),
                            ("meeting", "Meeting"),
                        ],
                        max_length=10,
                    ),
                ),
                ("with_whom", models.CharField(max_length=200)),
                ("happened_on", models.DateField()),
                (
                    "reached",
                    models.BooleanField(help_text="Whether they spoke, met or answered; if not, it was an attempt."),
                ),
                ("words", models.TextField(blank=True, help_text="What came of it.")),
                ("next_step", models.CharField(blank=True, max_length=500)),
                ("written_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contacts",
                        to="casework.case",
                    ),
                ),
                (
                    "corrects",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="casework.contact",
                    ),
                ),
            ],
            options={
                "ordering": ["-happened_on", "-written_at"],
                "indexes": [models.Index(fields=["authority", "case", "happened_on"], name="contact_by_case")],
                "constraints": [
                    models.UniqueConstraint(fields=("authority", "corrects"), name="contact_put_right_once")
                ],
            },
        ),
        IsolateByAuthority("Contact"),
    ]
