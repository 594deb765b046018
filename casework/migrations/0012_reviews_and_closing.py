"""Reviews of cases, and how a case was closed each time."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import attendance_portal.tenancy
from attendance_portal.isolation import AppendOnly, IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0005_integrations_approved"),
        ("casework", "0011_contacts_by_composite_keys"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="case",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("improved", "Attendance has improved"),
                    ("not-needed", "Support is no longer needed"),
                    ("moved", "The child has moved away"),
                    ("left-age", "The child is past compulsory school age"),
                    ("elsewhere", "Another service goes on with the family"),
                    ("not-wanted", "The family does not want the support now"),
                    ("other", "Something else"),
                ],
                help_text="What came of it; empty while it is open.",
                max_length=20,
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="what_worked",
            field=models.TextField(blank=True),
        ),
        migrations.CreateModel(
            name="PastClosing",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("improved", "Attendance has improved"),
                            ("not-needed", "Support is no longer needed"),
                            ("moved", "The child has moved away"),
                            ("left-age", "The child is past compulsory school age"),
                            ("elsewhere", "Another service goes on with the family"),
                            ("not-wanted", "The family does not want the support now"),
                            ("other", "Something else"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", models.TextField()),
                ("what_worked", models.TextField(blank=True)),
                ("closed_on", models.DateField()),
                ("reopened_on", models.DateField()),
                ("reopened_because", models.TextField()),
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
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="past_closings",
                        to="casework.case",
                    ),
                ),
                (
                    "closed_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
                    ),
                ),
                (
                    "reopened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
                    ),
                ),
            ],
            options={
                "ordering": ["-closed_on", "-id"],
                "indexes": [models.Index(fields=["authority", "case"], name="past_closing_by_case")],
            },
        ),
        migrations.CreateModel(
            name="Review",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_on", models.DateField(blank=True, help_text="The date the case had then, if any.", null=True)),
                ("held_on", models.DateField()),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("go-on", "It is working: go on as agreed"),
                            ("change", "What was agreed changes"),
                            ("more", "More or other support is needed"),
                            ("close", "The case can be closed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("words", models.TextField()),
                ("next_review_on", models.DateField(blank=True, null=True)),
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
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="casework.case",
                    ),
                ),
                (
                    "held_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
                    ),
                ),
            ],
            options={
                "ordering": ["-held_on", "-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("authority", "case", "held_on"), name="review_once_a_day")
                ],
            },
        ),
        IsolateByAuthority("PastClosing"),
        IsolateByAuthority("Review"),
        AppendOnly("PastClosing"),
        AppendOnly("Review"),
    ]
