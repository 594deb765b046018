"""Home education, and what was done about it, may be said to have been recorded in error."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

from attendance_portal.isolation import IsolateByAuthority


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0005_integrations_approved"),
        ("casework", "0025_health_plans_of_the_authority"),
    ]

    operations: ClassVar = [
        migrations.AddField(
            model_name="homeeducation",
            name="in_error_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="attendance_portal.membership",
            ),
        ),
        migrations.AddField(
            model_name="homeeducation",
            name="in_error_on",
            field=models.DateField(blank=True, null=True, help_text="The day on which somebody said that it is wrong."),
        ),
        migrations.AddField(
            model_name="homeeducation",
            name="in_error_why",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="homeeducation",
            constraint=models.CheckConstraint(
                condition=models.Q(("in_error_by", None), ("in_error_on", None))
                | models.Q(("in_error_by__isnull", False), ("in_error_on__isnull", False)),
                name="home_education_in_error_on_and_by",
            ),
        ),
        migrations.AddField(
            model_name="homeeducationstep",
            name="in_error_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="attendance_portal.membership",
            ),
        ),
        migrations.AddField(
            model_name="homeeducationstep",
            name="in_error_on",
            field=models.DateField(blank=True, null=True, help_text="The day on which somebody said that it is wrong."),
        ),
        migrations.AddField(
            model_name="homeeducationstep",
            name="in_error_why",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddConstraint(
            model_name="homeeducationstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("in_error_by", None), ("in_error_on", None))
                | models.Q(("in_error_by__isnull", False), ("in_error_on__isnull", False)),
                name="home_step_in_error_on_and_by",
            ),
        ),
        migrations.RemoveConstraint(model_name="homeeducation", name="home_education_once"),
        migrations.AddConstraint(
            model_name="homeeducation",
            constraint=models.UniqueConstraint(
                fields=("authority", "pupil"),
                condition=models.Q(("ended_on", None), ("in_error_on", None)),
                name="home_education_once",
            ),
        ),
        IsolateByAuthority("HomeEducation"),
        IsolateByAuthority("HomeEducationStep"),
    ]
