"""Terms and calendar entries, how differences were settled, and which school followed which."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import attendance_portal.tenancy
from attendance_portal.isolation import IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0003_integrations"),
        ("schools", "0014_syncs_by_composite_keys"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="school",
            name="kind",
            field=models.CharField(blank=True, help_text="DfE's type of establishment.", max_length=100),
        ),
        migrations.AddField(
            model_name="school",
            name="opened_on",
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="school",
            name="status",
            field=models.CharField(
                choices=[("open", "Open"), ("closing", "Open, proposed to close"), ("closed", "Closed")],
                default="open",
                max_length=10,
            ),
        ),
        migrations.CreateModel(
            name="CalendarEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year_group", models.CharField(blank=True, help_text="Empty: every year group.", max_length=3)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("inset", "INSET day"),
                            ("closed", "Planned closure"),
                            ("unplanned", "Unplanned closure"),
                            ("open", "Open"),
                        ],
                        max_length=10,
                    ),
                ),
                ("first_on", models.DateField()),
                ("last_on", models.DateField()),
                (
                    "half",
                    models.CharField(
                        blank=True,
                        choices=[("", "All day"), ("am", "Morning only"), ("pm", "Afternoon only")],
                        max_length=2,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=200)),
                ("entered_at", models.DateTimeField()),
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
                    "entered_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calendar_entries",
                        to="schools.school",
                    ),
                ),
            ],
            options={
                "ordering": ["first_on", "pk"],
                "indexes": [models.Index(fields=["authority", "school", "first_on"], name="calendar_entry_by_school")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_on__gte", models.F("first_on"))), name="calendar_entry_in_order"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarSettlement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year_group", models.CharField(blank=True, help_text="Empty: every year group.", max_length=3)),
                ("first_on", models.DateField()),
                ("last_on", models.DateField()),
                (
                    "half",
                    models.CharField(
                        blank=True,
                        choices=[("", "All day"), ("am", "Morning only"), ("pm", "Afternoon only")],
                        max_length=2,
                    ),
                ),
                (
                    "found",
                    models.CharField(
                        choices=[
                            ("open-not-marked", "The calendar says open, the register says closed"),
                            ("closed-but-marked", "The calendar says closed, the register has marks"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "choice",
                    models.CharField(
                        choices=[
                            ("calendar", "The calendar was changed"),
                            ("register", "The school will correct the register"),
                        ],
                        max_length=10,
                    ),
                ),
                ("settled_at", models.DateTimeField()),
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
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="calendar_settlements",
                        to="schools.school",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
            ],
            options={
                "ordering": ["-settled_at"],
                "indexes": [models.Index(fields=["authority", "school"], name="calendar_settled_by_school")],
            },
        ),
        migrations.CreateModel(
            name="Succession",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("converted", "Took its place"),
                            ("merged", "Merged"),
                            ("split", "Part of a split school"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "linked_on",
                    models.DateField(blank=True, help_text="The successor's first day, where it is known.", null=True),
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
                    "predecessor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="successor_links", to="schools.school"
                    ),
                ),
                (
                    "successor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="predecessor_links",
                        to="schools.school",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("authority", "predecessor", "successor"), name="succession_once"),
                    models.CheckConstraint(
                        condition=models.Q(("predecessor", models.F("successor")), _negated=True),
                        name="succession_between_two",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TermDates",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField(help_text="The academic year's first calendar year.")),
                (
                    "term",
                    models.CharField(
                        choices=[("autumn", "Autumn"), ("spring", "Spring"), ("summer", "Summer")], max_length=6
                    ),
                ),
                ("first_on", models.DateField()),
                ("last_on", models.DateField()),
                ("half_term_first_on", models.DateField(blank=True, null=True)),
                ("half_term_last_on", models.DateField(blank=True, null=True)),
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
                    "school",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="terms",
                        to="schools.school",
                    ),
                ),
            ],
            options={
                "ordering": ["first_on"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("authority", "school", "year", "term"), name="term_dates_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("last_on__gte", models.F("first_on"))), name="term_dates_in_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("half_term_first_on", None), ("half_term_last_on", None)),
                            models.Q(
                                ("half_term_first_on__gt", models.F("first_on")),
                                ("half_term_last_on__gte", models.F("half_term_first_on")),
                                ("half_term_last_on__lt", models.F("last_on")),
                            ),
                            _connector="OR",
                        ),
                        name="half_term_inside_its_term",
                    ),
                ],
            },
        ),
        IsolateByAuthority("TermDates"),
        IsolateByAuthority("CalendarEntry"),
        IsolateByAuthority("CalendarSettlement"),
        IsolateByAuthority("Succession"),
    ]
