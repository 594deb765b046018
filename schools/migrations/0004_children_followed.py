"""Restricted records, links between records, families' finer facts, and social care's lists."""

import uuid
from typing import ClassVar

import django.db.models.deletion
import django.db.models.functions.comparison
from django.db import migrations, models

import attendance_portal.tenancy
from attendance_portal.isolation import IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0002_no_index_twice"),
        ("schools", "0003_no_index_twice"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="carerlink",
            name="must_not_know",
            field=models.BooleanField(default=False, help_text="Must not be told where the child is."),
        ),
        migrations.AddField(
            model_name="carerlink",
            name="must_not_know_why",
            field=models.CharField(blank=True, max_length=300),
        ),
        migrations.AddField(
            model_name="carerlink",
            name="until_on",
            field=models.DateField(blank=True, help_text="When the link ended, or was found to be wrong.", null=True),
        ),
        migrations.AddField(
            model_name="circumstance",
            name="social_worker",
            field=models.CharField(blank=True, max_length=150),
        ),
        migrations.AddField(
            model_name="circumstance",
            name="social_worker_email",
            field=models.EmailField(blank=True, max_length=254),
        ),
        migrations.AlterField(
            model_name="bandmove",
            name="kind",
            field=models.CharField(
                choices=[
                    ("newly-severe", "Newly severely absent"),
                    ("newly-persistent", "Newly persistently absent"),
                    ("recovered", "No longer persistently absent"),
                    ("back", "Back in school"),
                    ("moved", "Changed category"),
                    ("elsewhere", "Put on another school's roll"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="BrokenGlass",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=300)),
                ("on", models.DateField(help_text="The one day on which the record was open.")),
                ("at", models.DateTimeField()),
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
                    "pupil",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="broken_glass", to="schools.pupil"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="SocialCareList",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("file_name", models.CharField(max_length=255)),
                ("sha256", models.CharField(max_length=64)),
                ("sent_at", models.DateTimeField()),
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
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SocialCareLine",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("row", models.IntegerField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("recorded", "Recorded"),
                            ("known", "Known already"),
                            ("uncertain", "To be looked at"),
                            ("left-out", "Left out"),
                            ("set-aside", "Set aside"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "message",
                    models.CharField(
                        blank=True, help_text="Why it is to be looked at, or was left out.", max_length=300
                    ),
                ),
                ("upn", models.CharField(blank=True, max_length=40, verbose_name="UPN")),
                ("surname", models.CharField(blank=True, max_length=150)),
                ("forename", models.CharField(blank=True, max_length=150)),
                ("date_of_birth", models.DateField(blank=True, null=True)),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("looked-after", "Looked after"),
                            ("previously-looked-after", "Previously looked after"),
                            ("child-protection", "Child protection plan"),
                            ("child-in-need", "Child in need"),
                            ("ehc-plan", "EHC plan"),
                            ("sen-support", "SEN support"),
                            ("free-school-meals", "Free school meals"),
                            ("young-carer", "Young carer"),
                            ("youth-justice", "Known to youth justice"),
                        ],
                        max_length=30,
                    ),
                ),
                ("social_worker", models.CharField(blank=True, max_length=150)),
                ("social_worker_email", models.EmailField(blank=True, max_length=254)),
                ("from_on", models.DateField(blank=True, null=True)),
                ("until_on", models.DateField(blank=True, null=True)),
                ("settled_at", models.DateTimeField(blank=True, null=True)),
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
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schools.pupil",
                    ),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
                (
                    "care_list",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lines", to="schools.socialcarelist"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PupilLink",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "verdict",
                    models.CharField(
                        choices=[("same", "The same child"), ("not-the-same", "Not the same child")], max_length=20
                    ),
                ),
                ("evidence", models.TextField(blank=True, help_text="What spoke for it when the person decided.")),
                ("reason", models.CharField(max_length=300)),
                ("made_at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                ("undone_because", models.CharField(blank=True, max_length=300)),
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
                    ),
                ),
                (
                    "other",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="links_from_others",
                        to="schools.pupil",
                    ),
                ),
                (
                    "pupil",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="links", to="schools.pupil"
                    ),
                ),
                (
                    "undone_by",
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
                "indexes": [models.Index(fields=["authority", "other"], name="pupil_link_by_other")],
                "constraints": [
                    models.UniqueConstraint(
                        models.F("authority"),
                        django.db.models.functions.comparison.Least("pupil", "other"),
                        django.db.models.functions.comparison.Greatest("pupil", "other"),
                        condition=models.Q(("undone_at__isnull", True)),
                        name="pupil_link_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("pupil", models.F("other")), _negated=True), name="pupil_link_of_two"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("undone_at", None), ("undone_by", None)),
                            models.Q(("undone_at__isnull", False), ("undone_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="pupil_link_undone_at_and_by",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Restriction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("adoption", "Adoption"),
                            ("domestic-abuse", "Domestic abuse"),
                            ("other", "Another reason"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", models.CharField(max_length=300)),
                ("restricted_on", models.DateField()),
                ("lifted_on", models.DateField(blank=True, null=True)),
                ("lifted_because", models.CharField(blank=True, max_length=300)),
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
                    "lifted_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
                (
                    "pupil",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="restrictions", to="schools.pupil"
                    ),
                ),
                (
                    "restricted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lifted_on__isnull", True)),
                        fields=("authority", "pupil"),
                        name="restriction_open_once",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lifted_by", None), ("lifted_on", None)),
                            models.Q(("lifted_by__isnull", False), ("lifted_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="restriction_lifted_on_and_by",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="socialcarelist",
            index=models.Index(fields=["authority", "sent_at"], name="social_care_list_by_time"),
        ),
        migrations.AddIndex(
            model_name="socialcareline",
            index=models.Index(fields=["authority", "care_list", "row"], name="social_care_line_by_list"),
        ),
        migrations.AddConstraint(
            model_name="socialcareline",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("settled_at", None), ("settled_by", None)),
                    models.Q(("settled_at__isnull", False), ("settled_by__isnull", False)),
                    _connector="OR",
                ),
                name="social_care_line_settled",
            ),
        ),
        IsolateByAuthority("BrokenGlass"),
        IsolateByAuthority("PupilLink"),
        IsolateByAuthority("Restriction"),
        IsolateByAuthority("SocialCareList"),
        IsolateByAuthority("SocialCareLine"),
    ]
