"""Invitations to a case, since when somebody holds and leads it, and the note for whoever is asked to lead."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

import attendance_portal.tenancy
from attendance_portal.isolation import IsolateByAuthority

PROTECT = django.db.models.deletion.PROTECT
MEMBERSHIP = "attendance_portal.membership"


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0005_integrations_approved"),
        ("casework", "0013_reviews_by_composite_keys"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="case",
            name="held_from_on",
            field=models.DateField(blank=True, help_text="Unknown of cases from before it was kept.", null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="led_from_on",
            field=models.DateField(blank=True, help_text="Of the lead above, with an account or without.", null=True),
        ),
        migrations.AddField(
            model_name="case",
            name="proposed_note",
            field=models.TextField(blank=True, default="", help_text="What whoever is asked should know."),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=Q(("lead_practitioner", None), ("lead_name", ""), _connector="OR"), name="case_one_lead"
            ),
        ),
        migrations.AddConstraint(
            model_name="case",
            constraint=models.CheckConstraint(
                condition=Q(("stage", "open"), ("proposed_lead", None), _connector="OR"), name="case_asks_while_open"
            ),
        ),
        migrations.CreateModel(
            name="CaseInvitation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("why", models.CharField(max_length=300)),
                ("invited_on", models.DateField()),
                ("ended_on", models.DateField(blank=True, null=True)),
                (
                    "authority",
                    models.ForeignKey(
                        db_index=False,
                        default=attendance_portal.tenancy.current_authority_id,
                        editable=False,
                        on_delete=PROTECT,
                        related_name="+",
                        to="attendance_portal.authority",
                    ),
                ),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False, on_delete=PROTECT, related_name="invitations", to="casework.case"
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(blank=True, null=True, on_delete=PROTECT, related_name="+", to=MEMBERSHIP),
                ),
                ("invited_by", models.ForeignKey(on_delete=PROTECT, related_name="+", to=MEMBERSHIP)),
                ("membership", models.ForeignKey(on_delete=PROTECT, related_name="case_invitations", to=MEMBERSHIP)),
            ],
            options={"ordering": ["invited_on", "id"]},
        ),
        migrations.AddIndex(
            model_name="caseinvitation",
            index=models.Index(fields=["authority", "case"], name="case_invitation_by_case"),
        ),
        migrations.AddConstraint(
            model_name="caseinvitation",
            constraint=models.UniqueConstraint(
                condition=Q(("ended_on", None)), fields=("authority", "case", "membership"), name="case_invitation_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="caseinvitation",
            constraint=models.CheckConstraint(
                condition=Q(
                    Q(("ended_by", None), ("ended_on", None)),
                    Q(("ended_by__isnull", False), ("ended_on__isnull", False)),
                    _connector="OR",
                ),
                name="case_invitation_ended_on_and_by",
            ),
        ),
        IsolateByAuthority("CaseInvitation"),
    ]
