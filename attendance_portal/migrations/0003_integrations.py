"""Integrations: who comes in by the API, with a token of which only the hash is kept."""

import uuid
from typing import ClassVar

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0002_no_index_twice"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Integration",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("token_hash", models.CharField(max_length=64, unique=True)),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("marks:write", "Send marks"),
                                ("schools:read", "Read schools"),
                                ("pupils:read", "Read pupils"),
                                ("standings:read", "Read standings"),
                                ("registers:read", "Read registers"),
                            ],
                            max_length=20,
                        ),
                        size=None,
                    ),
                ),
                ("every_school", models.BooleanField(default=False)),
                ("expires_on", models.DateField(help_text="The last day on which the token opens anything.")),
                ("made_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "authority",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="integrations",
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
                    "revoked_by",
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
                "constraints": [
                    models.UniqueConstraint(fields=("authority", "id"), name="integration_within"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("revoked_at", None), ("revoked_by", None)),
                            models.Q(("revoked_at__isnull", False), ("revoked_by__isnull", False)),
                            _connector="OR",
                        ),
                        name="integration_revoked_by_someone",
                    ),
                ],
            },
        ),
    ]
