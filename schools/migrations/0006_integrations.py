"""What the API needs: schools of integrations, posts of marks, and when rows last changed."""

import uuid
from typing import ClassVar

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import attendance_portal.tenancy
from attendance_portal.isolation import IsolateByAuthority

# Whoever writes a child or an enrolment, by whatever statement, leaves the moment. Registers and standings are stamped
# by the statements that write them (`schools.stored.registers`, `schools.banding`): a county of these a night.
STAMP = """
    CREATE FUNCTION schools_stamp_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN NEW.changed_at = statement_timestamp(); RETURN NEW; END $$;
    CREATE TRIGGER stamp_change BEFORE UPDATE ON schools_pupil
        FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION schools_stamp_change();
    CREATE TRIGGER stamp_change BEFORE UPDATE ON schools_enrolment
        FOR EACH ROW WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION schools_stamp_change();
"""
UNSTAMP = """
    DROP TRIGGER stamp_change ON schools_pupil;
    DROP TRIGGER stamp_change ON schools_enrolment;
    DROP FUNCTION schools_stamp_change();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0003_integrations"),
        ("schools", "0005_children_followed_by_composite_keys"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="enrolment",
            name="changed_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                editable=False,
                help_text="When the row was last written, kept by the database itself.",
            ),
        ),
        migrations.AddField(
            model_name="pupil",
            name="changed_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                editable=False,
                help_text="When the row was last written, kept by the database itself.",
            ),
        ),
        migrations.AddField(
            model_name="register",
            name="changed_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                editable=False,
                help_text="When the marks were last written.",
            ),
        ),
        migrations.AddField(
            model_name="standing",
            name="changed_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                editable=False,
                help_text="When the figures last changed.",
            ),
        ),
        migrations.CreateModel(
            name="IntegrationSchool",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                    "integration",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="schools",
                        to="attendance_portal.integration",
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="integrations",
                        to="schools.school",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("authority", "integration", "school"), name="integration_school_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PostedMarks",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("key", models.CharField(help_text="The sender's idempotency key.", max_length=255)),
                ("sha256", models.CharField(help_text="Digest of what was sent, and for which school.", max_length=64)),
                ("status", models.PositiveSmallIntegerField()),
                ("answer", models.TextField(help_text="As it was sent, in JSON.")),
                ("outcome", models.JSONField(blank=True, default=dict)),
                ("posted_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
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
                    "integration",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="posts",
                        to="attendance_portal.integration",
                    ),
                ),
                (
                    "upload",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="posts", to="schools.upload"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("finished_at", None)), fields=["authority"], name="posted_unfinished"
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("authority", "integration", "key"), name="posted_key_once")
                ],
            },
        ),
        migrations.RunSQL(STAMP, UNSTAMP),
        IsolateByAuthority("IntegrationSchool"),
        IsolateByAuthority("PostedMarks"),
    ]
