"""Returns, the coverage of registers, reminders, and the early warning tried."""

import uuid
from typing import ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import attendance_portal.tenancy
from attendance_portal.isolation import IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0003_integrations"),
        ("schools", "0016_calendars_by_composite_keys"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="StatutoryReturn",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("attendance", "Attendance return"),
                            ("sickness", "Sickness return"),
                            ("new-pupil", "New pupil return"),
                            ("deletion", "Deletion return"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("draft", "To be confirmed"),
                            ("sent", "Sent"),
                            ("acknowledged", "Acknowledged"),
                            ("set-aside", "Set aside"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="draft",
                        max_length=12,
                    ),
                ),
                ("year", models.PositiveSmallIntegerField(help_text="The academic year in which it became due.")),
                ("first_on", models.DateField(help_text="First day of the episode.")),
                ("arose_on", models.DateField(help_text="The day it became due.")),
                ("deadline_on", models.DateField(help_text="The last day to send it.")),
                (
                    "is_by_hand",
                    models.BooleanField(default=False, help_text="Begun by a person, not drafted from the marks."),
                ),
                ("facts", models.JSONField(blank=True, default=dict)),
                (
                    "ground_gone_on",
                    models.DateField(
                        blank=True,
                        help_text="When a correction took the ground from a return that had been sent.",
                        null=True,
                    ),
                ),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                (
                    "told_at",
                    models.DateTimeField(
                        blank=True, help_text="When the social worker's contact was told of a deletion.", null=True
                    ),
                ),
                ("told_whom", models.CharField(blank=True, max_length=300)),
                (
                    "acknowledged_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="returns", to="schools.enrolment"
                    ),
                ),
                (
                    "pupil",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="returns", to="schools.pupil"
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="returns", to="schools.school"
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
                (
                    "told_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReturnStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("what", models.CharField(max_length=40)),
                ("words", models.CharField(blank=True, max_length=600)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
                (
                    "of",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="steps", to="schools.statutoryreturn"
                    ),
                ),
            ],
            options={
                "ordering": ["-made_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="WarningTrial",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField()),
                ("term", models.CharField(max_length=10)),
                (
                    "pupils",
                    models.IntegerField(
                        help_text="Enrolments judged: some sessions in both terms, not persistent before."
                    ),
                ),
                ("warned", models.IntegerField()),
                ("warned_rightly", models.IntegerField(help_text="Warned, and persistently absent in the next term.")),
                ("persistent", models.IntegerField(help_text="Persistently absent in the next term, warned or not.")),
                ("tried_on", models.DateField()),
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
            ],
        ),
        migrations.CreateModel(
            name="RegisterCoverage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("year", models.PositiveSmallIntegerField()),
                ("last_data_on", models.DateField()),
                ("pupils", models.IntegerField(help_text="On roll on that day.")),
                ("expected", models.IntegerField(help_text="Half-days of the year so far on which a mark was due.")),
                ("missing", models.IntegerField(help_text="Of these, those without a mark.")),
                ("missing_pupils", models.IntegerField()),
                (
                    "never_sent",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60),
                        default=list,
                        help_text="Classes none of whose pupils has any mark.",
                        size=None,
                    ),
                ),
                ("never_sent_pupils", models.IntegerField(default=0)),
                ("old_unknown", models.IntegerField(help_text="Sessions still coded N after five school days.")),
                ("old_unknown_pupils", models.IntegerField()),
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="coverage", to="schools.school"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("authority", "school"), name="register_coverage_once_a_school")
                ],
            },
        ),
        migrations.CreateModel(
            name="RegisterReminder",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("to_name", models.CharField(max_length=150)),
                ("to_email", models.EmailField(max_length=254)),
                ("said", models.TextField()),
                ("sent_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                        related_name="register_reminders",
                        to="schools.school",
                    ),
                ),
                (
                    "sent_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("authority"),
                        models.F("school"),
                        models.OrderBy(models.F("sent_at"), descending=True),
                        name="register_reminder_by_school",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ReturnPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_on", models.DateField()),
                (
                    "in_school_days",
                    models.BooleanField(
                        default=False,
                        help_text="New pupils: the fifth day is counted in school days, not calendar days.",
                    ),
                ),
                (
                    "asks_for_first_day_joiners",
                    models.BooleanField(
                        default=False,
                        help_text="New pupils: also those who join the youngest class on the first day of the year.",
                    ),
                ),
                (
                    "asks_for_final_year",
                    models.BooleanField(
                        default=False, help_text="Deletions: also those who have finished the school's final year."
                    ),
                ),
                (
                    "attendance_days",
                    models.PositiveSmallIntegerField(
                        default=5, help_text="Days within which an attendance return is sent."
                    ),
                ),
                ("set_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    "set_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("authority"),
                        models.OrderBy(models.F("from_on"), descending=True),
                        models.OrderBy(models.F("id"), descending=True),
                        name="return_policy_latest",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="statutoryreturn",
            index=models.Index(fields=["authority", "school", "stage"], name="return_by_school"),
        ),
        migrations.AddIndex(
            model_name="statutoryreturn",
            index=models.Index(fields=["authority", "stage", "deadline_on"], name="return_by_stage"),
        ),
        migrations.AddIndex(
            model_name="statutoryreturn",
            index=models.Index(fields=["authority", "pupil"], name="return_by_pupil"),
        ),
        migrations.AddConstraint(
            model_name="statutoryreturn",
            constraint=models.UniqueConstraint(
                fields=("authority", "enrolment", "kind", "first_on"), name="return_once_an_episode"
            ),
        ),
        migrations.AddConstraint(
            model_name="statutoryreturn",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("sent_at", None), ("sent_by", None)),
                    models.Q(("sent_at__isnull", False), ("sent_by__isnull", False)),
                    _connector="OR",
                ),
                name="return_sent_when_and_by_whom",
            ),
        ),
        migrations.AddConstraint(
            model_name="statutoryreturn",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("acknowledged_at", None), ("acknowledged_by", None)),
                    models.Q(("acknowledged_at__isnull", False), ("acknowledged_by__isnull", False)),
                    _connector="OR",
                ),
                name="return_acknowledged_when_and_by_whom",
            ),
        ),
        migrations.AddConstraint(
            model_name="statutoryreturn",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("told_at", None), ("told_by", None)),
                    models.Q(("told_at__isnull", False), ("told_by__isnull", False)),
                    _connector="OR",
                ),
                name="return_told_when_and_by_whom",
            ),
        ),
        migrations.AddIndex(
            model_name="returnstep",
            index=models.Index(fields=["authority", "of"], name="return_step_by_return"),
        ),
        migrations.AddConstraint(
            model_name="warningtrial",
            constraint=models.UniqueConstraint(fields=("authority", "year", "term"), name="warning_trial_once_a_term"),
        ),
        IsolateByAuthority("StatutoryReturn"),
        IsolateByAuthority("ReturnStep"),
        IsolateByAuthority("ReturnPolicy"),
        IsolateByAuthority("RegisterCoverage"),
        IsolateByAuthority("RegisterReminder"),
        IsolateByAuthority("WarningTrial"),
    ]
