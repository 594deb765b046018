"""Documents attached to cases."""

import uuid
from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import attendance_portal.tenancy
from attendance_portal.isolation import IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0005_integrations_approved"),
        ("casework", "0017_plans_by_composite_keys"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="CaseDocument",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "name",
                    models.CharField(help_text="As it was called by whoever sent it, without folders.", max_length=150),
                ),
                ("stored_as", models.CharField(max_length=60)),
                ("size", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("kind", models.CharField(help_text="By its content: a code of casework.file_kinds.", max_length=10)),
                (
                    "scan",
                    models.CharField(
                        choices=[("clean", "Scanned, nothing found"), ("not-scanned", "Not scanned for viruses")],
                        max_length=12,
                    ),
                ),
                ("added_at", models.DateTimeField()),
                ("removed_on", models.DateField(blank=True, null=True)),
                ("removed_because", models.TextField(blank=True)),
                (
                    "added_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
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
                        related_name="documents",
                        to="casework.case",
                    ),
                ),
                (
                    "removed_by",
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
                "ordering": ["-added_at"],
                "indexes": [
                    models.Index(fields=["authority", "case"], name="document_by_case"),
                    models.Index(fields=["authority", "stored_as"], name="document_by_file"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("removed_by", None), ("removed_on", None)),
                            models.Q(
                                ("removed_by__isnull", False),
                                ("removed_on__isnull", False),
                                models.Q(("removed_because", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="document_removed_on_and_by",
                    )
                ],
            },
        ),
        IsolateByAuthority("CaseDocument"),
    ]
