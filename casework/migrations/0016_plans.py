"""Plans with their actions and agreements, and attendance contracts."""

import uuid
from typing import ClassVar

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import attendance_portal.tenancy
from attendance_portal.isolation import IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0005_integrations_approved"),
        ("casework", "0015_invitations_by_composite_keys"),
        ("schools", "0028_authority_by_the_parent"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Plan",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("version", models.PositiveSmallIntegerField()),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("draft", "Being written"),
                            ("waiting", "Waiting to be agreed"),
                            ("agreed", "Agreed"),
                            ("replaced", "Replaced by a later version"),
                            ("ended", "Ended"),
                            ("set-aside", "Set aside"),
                        ],
                        default="draft",
                        max_length=10,
                    ),
                ),
                ("needs", models.TextField()),
                ("change_for_child", models.TextField(help_text="What is to be different for the child.")),
                ("target_percent", models.DecimalField(blank=True, decimal_places=1, max_digits=4, null=True)),
                ("review_on", models.DateField()),
                ("drafted_on", models.DateField()),
                ("put_forward_on", models.DateField(blank=True, null=True)),
                (
                    "sent_back_why",
                    models.CharField(blank=True, help_text="Why it was sent back, until put forward.", max_length=1000),
                ),
                ("approved_on", models.DateField(blank=True, null=True)),
                ("agreed_on", models.DateField(blank=True, null=True)),
                ("arithmetic", models.JSONField(blank=True, default=list)),
                ("replaced_on", models.DateField(blank=True, null=True)),
                ("ended_on", models.DateField(blank=True, null=True)),
                ("outcome", models.TextField(blank=True, help_text="What came of it, once it has ended.")),
                (
                    "agreed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
                (
                    "approved_by",
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
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="plans",
                        to="casework.case",
                    ),
                ),
                (
                    "drafted_by",
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
                    "put_forward_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
            ],
            options={
                "ordering": ["case", "version"],
            },
        ),
        migrations.CreateModel(
            name="PlanAction",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("what", models.CharField(max_length=500)),
                ("owner_name", models.CharField(blank=True, help_text="An owner who has no account.", max_length=200)),
                ("agency", models.CharField(blank=True, max_length=150)),
                ("due_on", models.DateField()),
                ("done_on", models.DateField(blank=True, null=True)),
                ("given_up_on", models.DateField(blank=True, null=True)),
                (
                    "outcome",
                    models.CharField(blank=True, help_text="What came of it, or why it was given up.", max_length=1000),
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
                    "carried_from",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="carried_to",
                        to="casework.planaction",
                    ),
                ),
                (
                    "done_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
                (
                    "given_up_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="actions",
                        to="casework.plan",
                    ),
                ),
            ],
            options={
                "ordering": ["due_on", "what", "id"],
            },
        ),
        migrations.CreateModel(
            name="PlanAgreement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "party",
                    models.CharField(
                        choices=[("child", "The child"), ("parent", "A parent or carer"), ("school", "The school")],
                        max_length=10,
                    ),
                ),
                ("who", models.CharField(max_length=200)),
                (
                    "says",
                    models.CharField(
                        choices=[("yes", "Agreed"), ("no", "Did not agree"), ("not-asked", "Could not be asked")],
                        max_length=10,
                    ),
                ),
                ("words", models.TextField(blank=True, help_text="Their own words, or why they could not be asked.")),
                ("agreed_on", models.DateField(help_text="The day on which they said so.")),
                ("recorded_on", models.DateField()),
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
                    "plan",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="agreements",
                        to="casework.plan",
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
                "ordering": ["party", "id"],
            },
        ),
        migrations.CreateModel(
            name="PlanPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("from_on", models.DateField()),
                ("needs_approval", models.BooleanField(default=False)),
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
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AttendanceContract",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "stage",
                    models.CharField(
                        choices=[
                            ("offered", "Offered"),
                            ("accepted", "Accepted"),
                            ("refused", "Not accepted"),
                            ("ended", "Ended"),
                        ],
                        default="offered",
                        max_length=10,
                    ),
                ),
                ("parent_name", models.CharField(max_length=200)),
                (
                    "made_by",
                    models.CharField(choices=[("school", "The school"), ("authority", "The authority")], max_length=10),
                ),
                ("parent_undertakes", models.TextField(help_text="What the parent says they will do.")),
                ("support_given", models.TextField(help_text="The support that the school or authority gives.")),
                ("from_on", models.DateField()),
                ("until_on", models.DateField()),
                ("offered_on", models.DateField()),
                ("answered_on", models.DateField(blank=True, null=True)),
                (
                    "signed_for_maker",
                    models.CharField(blank=True, help_text="Who signed for the school or authority.", max_length=200),
                ),
                (
                    "why",
                    models.TextField(
                        blank=True, help_text="Why it was not accepted, in the parent's own words where known."
                    ),
                ),
                ("ended_on", models.DateField(blank=True, null=True)),
                ("outcome", models.TextField(blank=True)),
                (
                    "answer_recorded_by",
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
                    "carer",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="schools.carer"
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contracts",
                        to="casework.case",
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
                    "offered_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
                    ),
                ),
            ],
            options={
                "ordering": ["-offered_on", "-id"],
                "indexes": [models.Index(fields=["authority", "case"], name="contract_by_case")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("stage__in", ["offered", "accepted"])),
                        fields=("authority", "case", "parent_name"),
                        name="contract_open_once_a_parent",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("until_on__gte", models.F("from_on"))), name="contract_days_in_order"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("answer_recorded_by", None), ("answered_on", None)),
                            models.Q(("answer_recorded_by__isnull", False), ("answered_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="contract_answered_by",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_by", None), ("ended_on", None)),
                            models.Q(("ended_by__isnull", False), ("ended_on__isnull", False)),
                            _connector="OR",
                        ),
                        name="contract_ended_on_and_by",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="plan",
            index=models.Index(fields=["authority", "stage", "review_on"], name="plan_by_stage"),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.UniqueConstraint(fields=("authority", "case", "version"), name="plan_version_once"),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stage", "agreed")), fields=("authority", "case"), name="plan_current_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.UniqueConstraint(
                condition=models.Q(("stage__in", ["draft", "waiting"])),
                fields=("authority", "case"),
                name="plan_under_way_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("put_forward_by", None), ("put_forward_on", None)),
                    models.Q(("put_forward_by__isnull", False), ("put_forward_on__isnull", False)),
                    _connector="OR",
                ),
                name="plan_put_forward_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approved_by", None), ("approved_on", None)),
                    models.Q(("approved_by__isnull", False), ("approved_on__isnull", False)),
                    _connector="OR",
                ),
                name="plan_approved_on_and_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agreed_by", None), ("agreed_on", None)),
                    models.Q(("agreed_by__isnull", False), ("agreed_on__isnull", False)),
                    _connector="OR",
                ),
                name="plan_agreed_on_and_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="plan",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_by", None), ("ended_on", None)),
                    models.Q(("ended_by__isnull", False), ("ended_on__isnull", False)),
                    _connector="OR",
                ),
                name="plan_ended_on_and_by",
            ),
        ),
        migrations.AddIndex(
            model_name="planaction",
            index=models.Index(fields=["authority", "plan"], name="plan_action_by_plan"),
        ),
        migrations.AddIndex(
            model_name="planaction",
            index=models.Index(fields=["authority", "owner", "due_on"], name="plan_action_by_owner"),
        ),
        migrations.AddConstraint(
            model_name="planaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("done_by", None), ("done_on", None)),
                    models.Q(("done_by__isnull", False), ("done_on__isnull", False)),
                    _connector="OR",
                ),
                name="plan_action_done_on_and_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="planaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("given_up_by", None), ("given_up_on", None)),
                    models.Q(("given_up_by__isnull", False), ("given_up_on__isnull", False)),
                    _connector="OR",
                ),
                name="plan_action_given_up_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="planaction",
            constraint=models.CheckConstraint(
                condition=models.Q(("done_on", None), ("given_up_on", None), _connector="OR"),
                name="plan_action_settled_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="planaction",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("owner__isnull", False), ("owner_name", "")),
                    models.Q(("owner", None), models.Q(("owner_name", ""), _negated=True)),
                    _connector="OR",
                ),
                name="plan_action_has_one_owner",
            ),
        ),
        migrations.AddIndex(
            model_name="planagreement",
            index=models.Index(fields=["authority", "plan"], name="plan_agreement_by_plan"),
        ),
        migrations.AddConstraint(
            model_name="planagreement",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_on", None)),
                fields=("authority", "plan", "party", "who"),
                name="plan_agreement_once",
            ),
        ),
        migrations.AddIndex(
            model_name="planpolicy",
            index=models.Index(
                models.F("authority"),
                models.OrderBy(models.F("from_on"), descending=True),
                models.OrderBy(models.F("id"), descending=True),
                name="plan_policy_latest",
            ),
        ),
        IsolateByAuthority("Plan"),
        IsolateByAuthority("PlanAction"),
        IsolateByAuthority("PlanAgreement"),
        IsolateByAuthority("PlanPolicy"),
        IsolateByAuthority("AttendanceContract"),
    ]
