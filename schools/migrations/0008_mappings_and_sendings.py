"""What schools said of their files, and files sent together."""

import uuid
from typing import ClassVar

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import attendance_portal.tenancy
from attendance_portal.isolation import IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0003_integrations"),
        ("schools", "0007_integrations_by_composite_keys"),
    ]

    operations: ClassVar = [
        migrations.AlterField(
            model_name="upload",
            name="stage",
            field=models.CharField(
                choices=[
                    ("received", "Being read"),
                    ("asked", "Waiting for you to say what the columns are"),
                    ("read", "Waiting for you to confirm"),
                    ("refused", "Cannot be used"),
                    ("accepting", "Being stored"),
                    ("accepted", "Stored"),
                    ("discarded", "Thrown away"),
                ],
                default="received",
                max_length=12,
            ),
        ),
        migrations.CreateModel(
            name="LocalCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("local", models.CharField(help_text="As it stands in the file, in capitals.", max_length=8)),
                ("mark", models.CharField(blank=True, help_text="The national code; empty: no mark.", max_length=2)),
                ("from_on", models.DateField(blank=True, null=True)),
                ("until_on", models.DateField(blank=True, null=True)),
                ("said_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("forgotten_at", models.DateTimeField(blank=True, null=True)),
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
                    "forgotten_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
                (
                    "said_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="local_codes", to="schools.school"
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        help_text="Asked for it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schools.upload",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Sending",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
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
                    "sent_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SentFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("file_name", models.CharField(max_length=255)),
                (
                    "stored_as",
                    models.CharField(help_text="Name of the kept file under the uploads folder.", max_length=120),
                ),
                ("size", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                (
                    "why",
                    models.CharField(
                        blank=True, help_text="Why its school, or the file, could not be taken.", max_length=300
                    ),
                ),
                ("discarded_at", models.DateTimeField(blank=True, null=True)),
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
                    "sending",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="files", to="schools.sending"
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sent_files",
                        to="schools.upload",
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
            },
        ),
        migrations.CreateModel(
            name="ColumnMapping",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "fields",
                    models.JSONField(
                        help_text="Heading, which of those that read so (from 0), and the field it holds."
                    ),
                ),
                (
                    "days",
                    models.JSONField(
                        default=list, help_text="What a day's heading says beside its date, and the half-day."
                    ),
                ),
                ("said_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("forgotten_at", models.DateTimeField(blank=True, null=True)),
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
                    "forgotten_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
                (
                    "said_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="column_mappings", to="schools.school"
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        help_text="Asked for it.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schools.upload",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["authority", "school"], name="column_mapping_by_school")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("forgotten_at", None), ("forgotten_by", None)),
                            ("forgotten_at__isnull", False),
                            _connector="OR",
                        ),
                        name="column_mapping_forgotten_at_and_by",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="localcode",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("forgotten_at", None), ("forgotten_by", None)),
                    ("forgotten_at__isnull", False),
                    _connector="OR",
                ),
                name="local_code_forgotten_at_and_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="localcode",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("from_on", None), ("until_on", None), ("until_on__gte", models.F("from_on")), _connector="OR"
                ),
                name="local_code_dates_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="localcode",
            constraint=models.UniqueConstraint(
                condition=models.Q(("forgotten_at", None)),
                fields=("authority", "school", "local", "from_on"),
                name="local_code_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddIndex(
            model_name="sending",
            index=models.Index(
                models.F("authority"),
                models.F("sent_by"),
                models.OrderBy(models.F("sent_at"), descending=True),
                name="sending_by_person",
            ),
        ),
        migrations.AddConstraint(
            model_name="sentfile",
            constraint=models.UniqueConstraint(fields=("authority", "sending", "position"), name="sent_file_once"),
        ),
        migrations.AddConstraint(
            model_name="sentfile",
            constraint=models.CheckConstraint(
                condition=models.Q(("upload", None), ("discarded_at", None), _connector="OR"),
                name="sent_file_placed_or_thrown",
            ),
        ),
        IsolateByAuthority("ColumnMapping"),
        IsolateByAuthority("LocalCode"),
        IsolateByAuthority("Sending"),
        IsolateByAuthority("SentFile"),
    ]
