"""Part-time timetables, health plans, enquiries about children missing education, and home education."""

import uuid
from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import attendance_portal.tenancy
from attendance_portal.isolation import IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0005_integrations_approved"),
        ("casework", "0007_directory_and_referrals_by_composite_keys"),
        ("schools", "0028_authority_by_the_parent"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="EducationEnquiry",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "is_joint",
                    models.BooleanField(default=False, help_text="The school and the authority enquire together."),
                ),
                ("begun_on", models.DateField()),
                ("why", models.TextField()),
                ("is_missing", models.BooleanField(default=False)),
                (
                    "found_missing_on",
                    models.DateField(blank=True, help_text="The day from which it counts as missing.", null=True),
                ),
                ("missing_from_on", models.DateField(blank=True, help_text="Empty: not known.", null=True)),
                (
                    "primary_reason",
                    models.CharField(blank=True, help_text="See `casework.termly_categories`.", max_length=40),
                ),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("on-roll", "On a school’s roll and supported there"),
                            ("place", "Took up a school place"),
                            ("home", "Educated at home, suitably"),
                            ("otherwise", "Suitable education arranged otherwise"),
                            ("elsewhere", "Lives in another authority, which was told"),
                            ("abroad", "Moved out of the country"),
                            ("age", "No longer of compulsory school age"),
                            ("not-found", "Not found after every reasonable enquiry"),
                        ],
                        max_length=12,
                    ),
                ),
                ("outcome_words", models.TextField(blank=True)),
                (
                    "ended_on",
                    models.DateField(
                        blank=True, help_text="From this day on the child is not missing any more.", null=True
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
                    "begun_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
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
                        related_name="education_enquiries",
                        to="schools.pupil",
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="education_enquiries",
                        to="schools.school",
                    ),
                ),
            ],
            options={
                "ordering": ["-begun_on"],
            },
        ),
        migrations.CreateModel(
            name="EnquiryStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "side",
                    models.CharField(choices=[("school", "The school"), ("authority", "The authority")], max_length=10),
                ),
                ("asked_on", models.DateField()),
                ("whom", models.CharField(max_length=200)),
                ("asked", models.TextField()),
                ("answer", models.TextField(blank=True)),
                ("recorded_on", models.DateField()),
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
                    "enquiry",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="casework.educationenquiry",
                    ),
                ),
            ],
            options={
                "ordering": ["-asked_on", "-id"],
            },
        ),
        migrations.CreateModel(
            name="HealthPlan",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "provision",
                    models.CharField(
                        choices=[
                            ("school", "The school teaches or supports the child"),
                            ("authority", "The authority arranges education (section 19)"),
                            ("not-needed", "It was looked into: nothing has to be arranged"),
                        ],
                        max_length=12,
                    ),
                ),
                ("begun_on", models.DateField()),
                ("words", models.TextField()),
                ("review_on", models.DateField(blank=True, null=True)),
                ("recorded_on", models.DateField()),
                ("ended_on", models.DateField(blank=True, null=True)),
                ("how_ended", models.CharField(blank=True, max_length=500)),
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
                        null=True,
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
                        related_name="health_plans",
                        to="schools.pupil",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
                    ),
                ),
            ],
            options={
                "ordering": ["-begun_on"],
            },
        ),
        migrations.CreateModel(
            name="HomeEducation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("from_on", models.DateField()),
                ("primary_reason", models.CharField(help_text="See `casework.termly_categories`.", max_length=40)),
                (
                    "school_before",
                    models.CharField(help_text="The kind of school; see `casework.termly_categories`.", max_length=40),
                ),
                ("words", models.TextField(blank=True)),
                ("recorded_on", models.DateField()),
                (
                    "ended",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("school", "Returned to a school"),
                            ("unsuitable", "The education was found not to be suitable"),
                            ("elsewhere", "Lives in another authority, which was told"),
                            ("abroad", "Moved out of the country"),
                            ("age", "No longer of compulsory school age"),
                            ("otherwise", "Something else"),
                        ],
                        max_length=12,
                    ),
                ),
                ("ended_words", models.TextField(blank=True)),
                (
                    "ended_on",
                    models.DateField(
                        blank=True, help_text="From this day on the child is not home educated.", null=True
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
                    "ended_by",
                    models.ForeignKey(
                        null=True,
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
                        related_name="home_educations",
                        to="schools.pupil",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
                    ),
                ),
            ],
            options={
                "ordering": ["-from_on"],
            },
        ),
        migrations.CreateModel(
            name="HomeEducationStep",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("contact", "Spoke or wrote to the family"),
                            ("visit", "Visited, or met the family"),
                            ("suitable", "The education was found suitable"),
                            ("notice", "Notice under section 437(1) served"),
                            ("order", "School attendance order issued"),
                            ("revoked", "School attendance order revoked"),
                        ],
                        max_length=10,
                    ),
                ),
                ("happened_on", models.DateField()),
                ("words", models.TextField(blank=True)),
                ("recorded_on", models.DateField()),
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
                    "home_education",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="casework.homeeducation",
                    ),
                ),
            ],
            options={
                "ordering": ["-happened_on", "-id"],
            },
        ),
        migrations.CreateModel(
            name="PartTimeTimetable",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("from_on", models.DateField()),
                ("until_on", models.DateField(help_text="The last day as agreed; it may be put off.")),
                (
                    "sessions_a_week",
                    models.PositiveSmallIntegerField(help_text="Sessions the child is to attend, of ten."),
                ),
                ("reason", models.TextField()),
                ("review_on", models.DateField(blank=True, null=True)),
                ("agreed_with_parent_on", models.DateField(blank=True, null=True)),
                ("recorded_on", models.DateField()),
                (
                    "ended_on",
                    models.DateField(blank=True, help_text="The last day on which it was followed.", null=True),
                ),
                ("how_ended", models.CharField(blank=True, max_length=500)),
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
                        null=True,
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
                        related_name="part_time_timetables",
                        to="schools.pupil",
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="part_time_timetables",
                        to="schools.school",
                    ),
                ),
            ],
            options={
                "ordering": ["-from_on"],
            },
        ),
        migrations.AddIndex(
            model_name="educationenquiry",
            index=models.Index(fields=["authority", "pupil"], name="enquiry_by_pupil"),
        ),
        migrations.AddConstraint(
            model_name="educationenquiry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_on", None)), fields=("authority", "pupil"), name="enquiry_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="educationenquiry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_by", None), ("ended_on", None)),
                    models.Q(("ended_by__isnull", False), ("ended_on__isnull", False)),
                    _connector="OR",
                ),
                name="enquiry_ended_on_and_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="educationenquiry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("found_missing_on", None), ("is_missing", False)),
                    models.Q(("found_missing_on__isnull", False), ("is_missing", True)),
                    _connector="OR",
                ),
                name="enquiry_missing_since",
            ),
        ),
        migrations.AddIndex(
            model_name="enquirystep",
            index=models.Index(fields=["authority", "enquiry"], name="enquiry_step_by_enquiry"),
        ),
        migrations.AddIndex(
            model_name="healthplan",
            index=models.Index(fields=["authority", "pupil"], name="health_plan_by_pupil"),
        ),
        migrations.AddConstraint(
            model_name="healthplan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_on", None)), fields=("authority", "pupil"), name="health_plan_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="healthplan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_by", None), ("ended_on", None)),
                    models.Q(("ended_by__isnull", False), ("ended_on__isnull", False)),
                    _connector="OR",
                ),
                name="health_plan_ended_on_and_by",
            ),
        ),
        migrations.AddIndex(
            model_name="homeeducation",
            index=models.Index(fields=["authority", "pupil"], name="home_education_by_pupil"),
        ),
        migrations.AddConstraint(
            model_name="homeeducation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_on", None)), fields=("authority", "pupil"), name="home_education_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="homeeducation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_by", None), ("ended_on", None)),
                    models.Q(("ended_by__isnull", False), ("ended_on__isnull", False)),
                    _connector="OR",
                ),
                name="home_education_ended_on_and_by",
            ),
        ),
        migrations.AddIndex(
            model_name="homeeducationstep",
            index=models.Index(fields=["authority", "home_education"], name="home_step_by_child"),
        ),
        migrations.AddIndex(
            model_name="parttimetimetable",
            index=models.Index(fields=["authority", "pupil"], name="part_time_by_pupil"),
        ),
        migrations.AddIndex(
            model_name="parttimetimetable",
            index=models.Index(
                condition=models.Q(("ended_on", None)), fields=["authority", "until_on"], name="part_time_running"
            ),
        ),
        migrations.AddConstraint(
            model_name="parttimetimetable",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_on", None)), fields=("authority", "pupil", "school"), name="part_time_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="parttimetimetable",
            constraint=models.CheckConstraint(
                condition=models.Q(("until_on__gte", models.F("from_on"))), name="part_time_dates_in_order"
            ),
        ),
        migrations.AddConstraint(
            model_name="parttimetimetable",
            constraint=models.CheckConstraint(
                condition=models.Q(("sessions_a_week__lte", 10)), name="part_time_of_ten_sessions"
            ),
        ),
        migrations.AddConstraint(
            model_name="parttimetimetable",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_by", None), ("ended_on", None)),
                    models.Q(("ended_by__isnull", False), ("ended_on__isnull", False)),
                    _connector="OR",
                ),
                name="part_time_ended_on_and_by",
            ),
        ),
        IsolateByAuthority("educationenquiry"),
        IsolateByAuthority("enquirystep"),
        IsolateByAuthority("healthplan"),
        IsolateByAuthority("homeeducation"),
        IsolateByAuthority("homeeducationstep"),
        IsolateByAuthority("parttimetimetable"),
    ]
