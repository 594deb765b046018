"""Counts that schools send in place of marks."""

from typing import ClassVar

import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.comparison
from django.db import migrations, models

import attendance_portal.tenancy
from attendance_portal.isolation import IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0003_integrations"),
        ("schools", "0009_mappings_by_composite_keys"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="AttendanceSummary",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("totals", "Totals of the school's own system"),
                            ("census", "School census extract"),
                            ("ctf", "Common Transfer File"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "period",
                    models.CharField(
                        blank=True, help_text="In words; empty where the file does not say.", max_length=100
                    ),
                ),
                ("from_on", models.DateField(blank=True, null=True)),
                ("until_on", models.DateField(blank=True, null=True)),
                (
                    "school_named",
                    models.CharField(blank=True, help_text="The school the file says counted.", max_length=150),
                ),
                ("possible", models.PositiveIntegerField()),
                ("present", models.PositiveIntegerField()),
                (
                    "activity",
                    models.PositiveIntegerField(
                        help_text="Approved educational activity; empty: in `present`.", null=True
                    ),
                ),
                ("authorised", models.PositiveIntegerField(default=0)),
                ("unauthorised", models.PositiveIntegerField(default=0)),
                ("late", models.PositiveIntegerField(null=True)),
                ("late_after", models.PositiveIntegerField(null=True)),
                ("missing", models.PositiveIntegerField(null=True)),
                ("marks_from_on", models.DateField(blank=True, null=True)),
                (
                    "marks_as_sent",
                    models.TextField(blank=True, help_text="A CTF's string of marks, as it stands: never expanded."),
                ),
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
                    "enrolment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="summaries", to="schools.enrolment"
                    ),
                ),
                (
                    "pupil",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="summaries",
                        to="schools.pupil",
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="summaries",
                        to="schools.school",
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="summaries",
                        to="schools.upload",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["authority", "pupil"], name="summary_by_pupil"),
                    models.Index(fields=["authority", "school", "until_on"], name="summary_by_school"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("authority", "upload", "enrolment", "period", "school_named"), name="summary_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "possible",
                                django.db.models.expressions.CombinedExpression(
                                    django.db.models.expressions.CombinedExpression(
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("present"),
                                            "+",
                                            django.db.models.functions.comparison.Coalesce(models.F("activity"), 0),
                                        ),
                                        "+",
                                        models.F("authorised"),
                                    ),
                                    "+",
                                    models.F("unauthorised"),
                                ),
                            )
                        ),
                        name="summary_adds_up",
                    ),
                ],
            },
        ),
        IsolateByAuthority("AttendanceSummary"),
    ]
