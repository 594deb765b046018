"""Indexes that another begins with are held once: the authority alone, a school or a pupil without it."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

import attendance_portal.tenancy


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0002_no_index_twice"),
        ("casework", "0002_composite_keys_alone"),
    ]

    operations: ClassVar = [
        migrations.AlterField(
            model_name="case",
            name="authority",
            field=models.ForeignKey(
                db_index=False,
                default=attendance_portal.tenancy.current_authority_id,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="attendance_portal.authority",
            ),
        ),
        migrations.AlterField(
            model_name="casebarrier",
            name="authority",
            field=models.ForeignKey(
                db_index=False,
                default=attendance_portal.tenancy.current_authority_id,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="attendance_portal.authority",
            ),
        ),
        migrations.AlterField(
            model_name="caseentry",
            name="authority",
            field=models.ForeignKey(
                db_index=False,
                default=attendance_portal.tenancy.current_authority_id,
                editable=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="attendance_portal.authority",
            ),
        ),
    ]
