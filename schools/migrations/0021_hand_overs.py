"""Hand-overs of a child between authorities: who may read which row of the other side (decision 0010)."""

import uuid
from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import attendance_portal.tenancy
from attendance_portal.isolation import IsolateByAuthority, ShowToAnother

# The addressee reads the envelope, and goes on knowing that it came; it names no child.
THE_ADDRESSEE = "to_authority_id = {open}"
# What the envelope holds it reads only while it is offered or accepted: no longer once either side closed it.
THE_ADDRESSEE_WHILE_OPEN = """
    EXISTS (SELECT FROM schools_handover one
            WHERE one.id = hand_over_id AND one.to_authority_id = {open}
              AND one.withdrawn_at IS NULL AND one.ended_at IS NULL)
    AND NOT EXISTS (SELECT FROM schools_handoveranswer answer
                    WHERE answer.hand_over_id = schools_handovercontents.hand_over_id
                      AND answer.authority_id = {open}
                      AND (answer.verdict = 'declined' OR answer.ended_at IS NOT NULL))
"""
# The sender reads what was answered to it.
THE_SENDER = """
    EXISTS (SELECT FROM schools_handover one WHERE one.id = hand_over_id AND one.authority_id = {open})
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0003_integrations"),
        ("schools", "0020_enrolment_dates_known"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="HandOver",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("moved-school", "The child goes to a school there now"),
                            ("moved-home", "The child lives there now"),
                            ("dual", "The child is on a roll there as well as here"),
                            ("missing", "The child is missing education, and is believed to be there"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "is_restricted",
                    models.BooleanField(default=False, help_text="The record was restricted when it was offered."),
                ),
                (
                    "heard",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("offered", "Offered"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                            ("ended", "Ended"),
                        ],
                        help_text="The latest stage the sender has an event of.",
                        max_length=10,
                    ),
                ),
                ("offered_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, help_text="When the sender ended it.", null=True)),
                (
                    "closed_because",
                    models.CharField(blank=True, help_text="Why it was withdrawn or ended.", max_length=300),
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
                        blank=True,
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
                (
                    "pupil",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="hand_overs",
                        to="schools.pupil",
                    ),
                ),
                (
                    "to_authority",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.authority",
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
            ],
        ),
        migrations.CreateModel(
            name="HandOverAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "heard",
                    models.CharField(
                        choices=[
                            ("offered", "Offered"),
                            ("accepted", "Accepted"),
                            ("declined", "Declined"),
                            ("withdrawn", "Withdrawn"),
                            ("ended", "Ended"),
                        ],
                        help_text="The latest stage the addressee has an event of.",
                        max_length=10,
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        blank=True,
                        choices=[("accepted", "Accepted"), ("declined", "Declined")],
                        default="",
                        max_length=10,
                    ),
                ),
                (
                    "because",
                    models.CharField(blank=True, help_text="Why it was declined, or given back.", max_length=300),
                ),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, help_text="When the addressee gave it back.", null=True)),
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
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="attendance_portal.membership",
                    ),
                ),
                (
                    "hand_over",
                    attendance_portal.tenancy.AddressedHere(
                        on_delete=django.db.models.deletion.PROTECT, related_name="answers", to="schools.handover"
                    ),
                ),
                (
                    "pupil",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schools.pupil",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HandOverContents",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("packed", models.BinaryField()),
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
                    "hand_over",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="contents",
                        to="schools.handover",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="handover",
            index=models.Index(
                models.F("authority"), models.OrderBy(models.F("offered_at"), descending=True), name="hand_over_by_day"
            ),
        ),
        migrations.AddIndex(
            model_name="handover",
            index=models.Index(fields=["authority", "pupil"], name="hand_over_by_pupil"),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.UniqueConstraint(fields=("to_authority", "id"), name="hand_over_to"),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_authority", models.F("authority")), _negated=True), name="hand_over_to_another"
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withdrawn_at", None), ("withdrawn_by", None)),
                    models.Q(("withdrawn_at__isnull", False), ("withdrawn_by__isnull", False)),
                    _connector="OR",
                ),
                name="hand_over_withdrawn_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("ended_by", None)),
                    models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                    _connector="OR",
                ),
                name="hand_over_ended_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="handover",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn_at", None), ("ended_at", None), _connector="OR"),
                name="hand_over_withdrawn_or_ended",
            ),
        ),
        migrations.AddIndex(
            model_name="handoveranswer",
            index=models.Index(fields=["authority", "pupil"], name="hand_over_answer_by_pupil"),
        ),
        migrations.AddConstraint(
            model_name="handoveranswer",
            constraint=models.UniqueConstraint(fields=("authority", "hand_over"), name="hand_over_answered_once"),
        ),
        migrations.AddConstraint(
            model_name="handoveranswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answered_at", None), ("answered_by", None)),
                    models.Q(("answered_at__isnull", False), ("answered_by__isnull", False)),
                    _connector="OR",
                ),
                name="hand_over_answered_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="handoveranswer",
            constraint=models.CheckConstraint(
                condition=models.Q(("verdict", ""), ("answered_at__isnull", False), _connector="OR"),
                name="hand_over_verdict_answered",
            ),
        ),
        migrations.AddConstraint(
            model_name="handoveranswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("verdict", "accepted"), _negated=True), ("pupil__isnull", False), _connector="OR"
                ),
                name="hand_over_accepted_as_a_pupil",
            ),
        ),
        migrations.AddConstraint(
            model_name="handoveranswer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("ended_by", None)),
                    models.Q(("ended_at__isnull", False), ("ended_by__isnull", False)),
                    _connector="OR",
                ),
                name="hand_over_given_back_by",
            ),
        ),
        migrations.AddConstraint(
            model_name="handoveranswer",
            constraint=models.CheckConstraint(
                condition=models.Q(("ended_at", None), ("verdict", "accepted"), _connector="OR"),
                name="hand_over_given_back_accepted",
            ),
        ),
        migrations.AddConstraint(
            model_name="handovercontents",
            constraint=models.UniqueConstraint(fields=("authority", "hand_over"), name="hand_over_contents_once"),
        ),
        IsolateByAuthority("HandOver"),
        IsolateByAuthority("HandOverAnswer"),
        IsolateByAuthority("HandOverContents"),
        ShowToAnother("HandOver", THE_ADDRESSEE),
        ShowToAnother("HandOverAnswer", THE_SENDER),
        ShowToAnother("HandOverContents", THE_ADDRESSEE_WHILE_OPEN),
    ]
