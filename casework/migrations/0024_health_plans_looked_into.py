"""Whether the authority has looked into what a school does for a child who is ill (EA 1996 s.19)."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

from attendance_portal.isolation import IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0005_integrations_approved"),
        ("casework", "0023_holders_see_the_child"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="healthplan",
            name="looked_into_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="attendance_portal.membership",
            ),
        ),
        migrations.AddField(
            model_name="healthplan",
            name="looked_into_on",
            field=models.DateField(blank=True, null=True, help_text="Empty: a school’s word, and no more yet."),
        ),
        migrations.AddField(
            model_name="healthplan",
            name="looked_into_words",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="healthplan",
            constraint=models.CheckConstraint(
                condition=models.Q(("looked_into_by", None), ("looked_into_on", None))
                | models.Q(("looked_into_by__isnull", False), ("looked_into_on__isnull", False)),
                name="health_plan_looked_into_on_and_by",
            ),
        ),
        IsolateByAuthority("HealthPlan"),
    ]
