"""What schools said of their files, files sent together, and the tables of syncs (isolated in 0013)."""

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
            name="Connection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(choices=[("wonde", "Wonde")], max_length=10)),
                ("sealed_token", models.BinaryField(help_text="See `attendance_portal.sealing`.")),
                ("token_set_at", models.DateTimeField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("untried", "Not tried yet"),
                            ("working", "Working"),
                            ("refused", "Token refused"),
                            ("trouble", "Could not be reached"),
                        ],
                        default="untried",
                        max_length=10,
                    ),
                ),
                (
                    "trouble",
                    models.TextField(blank=True, help_text="What went wrong when its schools were last asked for."),
                ),
                (
                    "look_wanted_at",
                    models.DateTimeField(blank=True, help_text="Its schools are to be asked for.", null=True),
                ),
                (
                    "looked_at",
                    models.DateTimeField(blank=True, help_text="When its schools were last told.", null=True),
                ),
                (
                    "held_until",
                    models.DateTimeField(blank=True, help_text="A process asks for its schools until then.", null=True),
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
                    "token_set_by",
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
            name="SchoolLink",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("source_id", models.CharField(help_text="The school's id in the source.", max_length=100)),
                ("name", models.CharField(max_length=200)),
                ("urn", models.CharField(blank=True, max_length=6)),
                ("laestab", models.CharField(blank=True, max_length=7)),
                (
                    "domain",
                    models.CharField(
                        blank=True, help_text="Where the source keeps this school's data.", max_length=120
                    ),
                ),
                ("mis", models.CharField(blank=True, help_text="The school's own system.", max_length=60)),
                (
                    "approval",
                    models.CharField(
                        choices=[
                            ("approved", "Approved"),
                            ("pending", "Waiting for the school"),
                            ("declined", "Declined by the school"),
                            ("revoked", "Withdrawn by the school"),
                            ("gone", "No longer listed"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "codes",
                    models.JSONField(
                        blank=True, default=dict, help_text="The source's ids of attendance codes, and the codes."
                    ),
                ),
                (
                    "synced_from_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="When the last sync that came to its end began: later changes are asked for.",
                        null=True,
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
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="schools.connection",
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links",
                        to="schools.school",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
            },
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
            name="SyncedMarks",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("week", models.DateField(help_text="Its Monday.")),
                ("record", models.BinaryField()),
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
                    "link",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="marks",
                        to="schools.schoollink",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SyncedStudent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source_id", models.CharField(max_length=100)),
                ("told", models.JSONField(help_text="See `schools.connectors.StudentThere`.")),
                ("is_leaver", models.BooleanField(default=False)),
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
                    "link",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="students",
                        to="schools.schoollink",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SyncRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "state",
                    models.CharField(
                        choices=[("under-way", "Under way"), ("done", "Up to date"), ("stopped", "Stopped")],
                        default="under-way",
                        max_length=10,
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("codes", "Attendance codes"),
                            ("students", "Pupils on roll"),
                            ("leavers", "Leavers"),
                            ("marks", "Marks"),
                            ("deletions", "Deletions"),
                        ],
                        default="codes",
                        max_length=10,
                    ),
                ),
                (
                    "changed_since",
                    models.DateTimeField(blank=True, help_text="Empty: everything was asked for.", null=True),
                ),
                (
                    "todo",
                    models.JSONField(
                        blank=True, default=list, help_text="Periods of marks still to be read, in order."
                    ),
                ),
                ("periods", models.IntegerField(default=0, help_text="How many periods there were to read.")),
                ("counts", models.JSONField(blank=True, default=dict, help_text="What it brought so far.")),
                ("trouble", models.CharField(blank=True, help_text="The kind of what went wrong last.", max_length=20)),
                ("words", models.TextField(blank=True, help_text="What went wrong last, in a sentence.")),
                (
                    "attempts",
                    models.PositiveSmallIntegerField(default=0, help_text="Interruptions since it last got further."),
                ),
                ("try_again_at", models.DateTimeField(blank=True, null=True)),
                (
                    "held_until",
                    models.DateTimeField(
                        blank=True, help_text="A process is at it until then, or was killed.", null=True
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "asked_by",
                    models.ForeignKey(
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
                    "link",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="schools.schoollink",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SyncProblem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40)),
                ("severity", models.CharField(max_length=20)),
                ("student", models.CharField(blank=True, help_text="The source's id of the pupil.", max_length=100)),
                ("on", models.DateField(blank=True, help_text="The day of the mark.", null=True)),
                ("value", models.CharField(blank=True, max_length=200)),
                ("message", models.TextField()),
                ("first_seen_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
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
                    "link",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="problems",
                        to="schools.schoollink",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        help_text="The last one to see it.",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="schools.syncrun",
                    ),
                ),
            ],
            options={
                "ordering": ["on", "id"],
            },
        ),
        migrations.AddField(
            model_name="registerchange",
            name="sync",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="register_changes",
                to="schools.syncrun",
            ),
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
            model_name="connection",
            constraint=models.UniqueConstraint(fields=("authority", "source"), name="connection_once"),
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
        migrations.AddConstraint(
            model_name="schoollink",
            constraint=models.UniqueConstraint(fields=("authority", "connection", "source_id"), name="link_once"),
        ),
        migrations.AddConstraint(
            model_name="schoollink",
            constraint=models.UniqueConstraint(
                condition=models.Q(("school__isnull", False)),
                fields=("authority", "connection", "school"),
                name="link_of_school_once",
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
        migrations.AddConstraint(
            model_name="syncedmarks",
            constraint=models.UniqueConstraint(fields=("authority", "link", "week"), name="synced_marks_once"),
        ),
        migrations.AddConstraint(
            model_name="syncedstudent",
            constraint=models.UniqueConstraint(fields=("authority", "link", "source_id"), name="synced_student_once"),
        ),
        migrations.AddIndex(
            model_name="syncrun",
            index=models.Index(
                models.F("authority"),
                models.F("link"),
                models.OrderBy(models.F("started_at"), descending=True),
                name="sync_run_by_link",
            ),
        ),
        migrations.AddConstraint(
            model_name="syncrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("state", "under-way")),
                fields=("authority", "link"),
                name="one_sync_of_a_school_at_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="syncproblem",
            constraint=models.UniqueConstraint(
                fields=("authority", "link", "kind", "student", "on", "message"),
                name="sync_problem_once",
                nulls_distinct=False,
            ),
        ),
        IsolateByAuthority("ColumnMapping"),
        IsolateByAuthority("LocalCode"),
        IsolateByAuthority("Sending"),
        IsolateByAuthority("SentFile"),
    ]
