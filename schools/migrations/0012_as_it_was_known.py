"""When enrolment dates became known, undos of changes to a register, and the figures of other systems."""

import uuid
from typing import ClassVar

import django.contrib.postgres.functions
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import attendance_portal.tenancy
from attendance_portal.isolation import IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0003_integrations"),
        ("schools", "0011_attendance_summaries_by_composite_keys"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="EnrolmentChange",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("admission_before", models.DateField(null=True)),
                ("admission_after", models.DateField(null=True)),
                ("leaving_before", models.DateField(null=True)),
                ("leaving_after", models.DateField(null=True)),
                ("why", models.CharField(blank=True, max_length=300)),
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
                    "enrolment",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="date_changes",
                        to="schools.enrolment",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("monitor", "Monitor your school attendance (DfE)"),
                            ("own-system", "The school's own system"),
                        ],
                        max_length=12,
                    ),
                ),
                ("as_at", models.DateField(help_text="The last day their figures are for, inclusive.")),
                (
                    "attendance",
                    models.DecimalField(decimal_places=2, help_text="Of the whole school, %.", max_digits=5, null=True),
                ),
                (
                    "persistent",
                    models.DecimalField(decimal_places=2, help_text="Persistently absent, %.", max_digits=5, null=True),
                ),
                (
                    "unread",
                    models.JSONField(blank=True, default=list, help_text="Lines of their list that could not be read."),
                ),
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
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reconciliations",
                        to="schools.school",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReconciledPupil",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("line", models.IntegerField()),
                ("told", models.CharField(help_text="Who, as their list says it.", max_length=300)),
                ("attendance", models.DecimalField(decimal_places=2, help_text="%.", max_digits=5)),
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
                    "pupil",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="schools.pupil"
                    ),
                ),
                (
                    "reconciliation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="pupils",
                        to="schools.reconciliation",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="enrolment",
            name="known_at",
            field=models.DateTimeField(
                help_text="When it was first known here; empty: before that was kept.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="enrolment",
            name="known_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                help_text="When it was first known here; empty: before that was kept.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="registerchange",
            name="act",
            field=models.UUIDField(
                db_default=django.contrib.postgres.functions.RandomUUID(),
                editable=False,
                help_text="The same for all years of one upload, correction or undo.",
            ),
        ),
        migrations.AddField(
            model_name="registerchange",
            name="undoes",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="undone_by",
                to="schools.registerchange",
            ),
        ),
        migrations.AddIndex(
            model_name="registerchange",
            index=models.Index(fields=["authority", "act"], name="change_by_act"),
        ),
        migrations.AddIndex(
            model_name="enrolmentchange",
            index=models.Index(fields=["authority", "enrolment", "id"], name="dates_by_enrolment"),
        ),
        migrations.AddIndex(
            model_name="reconciliation",
            index=models.Index(
                models.F("authority"),
                models.F("school"),
                models.OrderBy(models.F("entered_at"), descending=True),
                name="reconciliation_by_school",
            ),
        ),
        migrations.AddIndex(
            model_name="reconciledpupil",
            index=models.Index(fields=["authority", "reconciliation", "line"], name="reconciled_by_line"),
        ),
        IsolateByAuthority("enrolmentchange"),
        IsolateByAuthority("reconciliation"),
        IsolateByAuthority("reconciledpupil"),
    ]
