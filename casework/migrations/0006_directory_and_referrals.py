"""The directory of services, referrals to them, an authority's own barriers, and what families said."""

import uuid
from typing import ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.db import migrations, models

import attendance_portal.tenancy
from attendance_portal.isolation import IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0005_integrations_approved"),
        ("casework", "0005_restricted_notes"),
        ("schools", "0028_authority_by_the_parent"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Service",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=150)),
                ("offers", models.TextField()),
                ("for_whom", models.CharField(blank=True, max_length=300)),
                (
                    "phases",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[("primary", "Primary"), ("secondary", "Secondary")], max_length=20
                        ),
                        blank=True,
                        default=list,
                        help_text="Empty: both.",
                        size=None,
                    ),
                ),
                (
                    "area",
                    models.CharField(blank=True, help_text="As schools name theirs; empty: everywhere.", max_length=80),
                ),
                ("how_to_refer", models.TextField(blank=True)),
                ("contact_name", models.CharField(blank=True, max_length=150)),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("telephone", models.CharField(blank=True, max_length=40)),
                (
                    "barriers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), blank=True, default=list, size=None
                    ),
                ),
                ("takes_referrals", models.BooleanField(default=False)),
                ("ended_on", models.DateField(blank=True, null=True)),
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
                    "ended_by",
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
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="Referral",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("year_group", models.CharField(blank=True, max_length=3)),
                ("reason", models.TextField()),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("sent", "Waiting for an answer"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                        ],
                        default="sent",
                        max_length=10,
                    ),
                ),
                ("made_on", models.DateField()),
                ("answered_on", models.DateField(blank=True, null=True)),
                ("answer", models.TextField(blank=True, help_text="Why it was declined, or what happens next.")),
                ("withdrawn_on", models.DateField(blank=True, null=True)),
                ("withdrawn_why", models.CharField(blank=True, max_length=300)),
                (
                    "answered_by",
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
                    "case",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referrals",
                        to="casework.case",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
                (
                    "pupil",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referrals",
                        to="schools.pupil",
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schools.school",
                    ),
                ),
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="referrals",
                        to="casework.service",
                    ),
                ),
            ],
            options={
                "ordering": ["-made_on"],
            },
        ),
        migrations.CreateModel(
            name="ServiceMember",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_duty", models.BooleanField(default=False)),
                ("from_on", models.DateField()),
                ("until_on", models.DateField(blank=True, null=True)),
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
                    "membership",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="people",
                        to="casework.service",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AuthorityBarrier",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=40)),
                ("label", models.CharField(max_length=100)),
                ("out_of_school", models.BooleanField()),
                ("ended_on", models.DateField(blank=True, null=True)),
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
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("authority", "code"), name="authority_barrier_once"),
                    models.UniqueConstraint(
                        models.F("authority"),
                        django.db.models.functions.text.Upper("label"),
                        name="authority_barrier_label_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OwnWords",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "speaker",
                    models.CharField(
                        choices=[("child", "The child"), ("parent", "A parent"), ("carer", "A carer")], max_length=10
                    ),
                ),
                (
                    "whose",
                    models.CharField(blank=True, help_text="The name, where it was not the child.", max_length=150),
                ),
                ("words", models.TextField()),
                ("said_on", models.DateField()),
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
                        related_name="own_words",
                        to="casework.case",
                    ),
                ),
            ],
            options={
                "ordering": ["-said_on", "-id"],
                "indexes": [models.Index(fields=["authority", "case"], name="own_words_by_case")],
            },
        ),
        migrations.AddConstraint(
            model_name="service",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_on", None)), fields=("authority", "name"), name="service_name_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="service",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_by", None), ("ended_on", None)),
                    models.Q(("ended_by__isnull", False), ("ended_on__isnull", False)),
                    _connector="OR",
                ),
                name="service_ended_on_and_by",
            ),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(fields=["authority", "service", "stage"], name="referral_by_service"),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(fields=["authority", "pupil"], name="referral_by_pupil"),
        ),
        migrations.AddIndex(
            model_name="referral",
            index=models.Index(fields=["authority", "made_by"], name="referral_by_maker"),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stage", "sent")),
                fields=("authority", "pupil", "service"),
                name="referral_waits_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("answered_by__isnull", False),
                        ("answered_on__isnull", False),
                        ("stage__in", ["accepted", "declined"]),
                    ),
                    models.Q(("answered_by", None), ("answered_on", None), ("stage__in", ["sent", "withdrawn"])),
                    _connector="OR",
                ),
                name="referral_answered_on_and_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("stage", "withdrawn"), ("withdrawn_by__isnull", False), ("withdrawn_on__isnull", False)),
                    models.Q(
                        ("stage__in", ["sent", "accepted", "declined"]), ("withdrawn_by", None), ("withdrawn_on", None)
                    ),
                    _connector="OR",
                ),
                name="referral_withdrawn_on_and_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="referral",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("case__isnull", False), ("stage", "accepted")),
                    models.Q(models.Q(("stage", "accepted"), _negated=True), ("case", None)),
                    _connector="OR",
                ),
                name="referral_accepted_into_a_case",
            ),
        ),
        migrations.AddIndex(
            model_name="servicemember",
            index=models.Index(fields=["authority", "service"], name="service_member_by_service"),
        ),
        migrations.AddConstraint(
            model_name="servicemember",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until_on", None)),
                fields=("authority", "service", "membership"),
                name="service_member_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="servicemember",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_duty", True), ("until_on", None)),
                fields=("authority", "service"),
                name="service_duty_once",
            ),
        ),
        IsolateByAuthority("Service"),
        IsolateByAuthority("ServiceMember"),
        IsolateByAuthority("Referral"),
        IsolateByAuthority("AuthorityBarrier"),
        IsolateByAuthority("OwnWords"),
    ]
