"""Which child each linked record is of, so that queries can ask by child."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import attendance_portal.tenancy
from attendance_portal.isolation import IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0005_integrations_approved"),
        ("schools", "0031_withdrawn_returns_hold_no_day"),
    ]

    operations: ClassVar = [
        migrations.CreateModel(
            name="LinkedRecord",
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
                    "child",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schools.pupil",
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="schools.pupil",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["authority", "child"], name="linked_record_by_child")],
                "constraints": [models.UniqueConstraint(fields=("authority", "record"), name="linked_record_once")],
            },
        ),
        IsolateByAuthority("LinkedRecord"),
    ]
