"""Health plans and part-time timetables may be said to have been recorded in error."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models

from attendance_portal.isolation import IsolateByAuthority


def _marked(model: str) -> list[migrations.AddField]:
    by = models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="attendance_portal.membership"
    )
    told = "The day on which somebody said that it is wrong."
    return [
        migrations.AddField(model_name=model, name="in_error_by", field=by),
        migrations.AddField(
            model_name=model, name="in_error_on", field=models.DateField(blank=True, null=True, help_text=told)
        ),
        migrations.AddField(
            model_name=model,
            name="in_error_why",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
    ]


def _guarded(model: str, name: str, once: list[str]) -> list[migrations.operations.base.Operation]:
    stands, marked = models.Q(("in_error_by", None), ("in_error_on", None)), ("in_error_on__isnull", False)
    both = stands | models.Q(("in_error_by__isnull", False), marked)
    runs = models.Q(("ended_on", None), ("in_error_on", None))
    return [
        migrations.AddConstraint(
            model_name=model, constraint=models.CheckConstraint(condition=both, name=f"{name}_in_error_on_and_by")
        ),
        migrations.RemoveConstraint(model_name=model, name=f"{name}_once"),
        migrations.AddConstraint(
            model_name=model, constraint=models.UniqueConstraint(fields=once, condition=runs, name=f"{name}_once")
        ),
    ]


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0005_integrations_approved"),
        ("casework", "0036_closed_cases_end_plans_and_contracts"),
    ]

    operations: ClassVar = [
        *_marked("healthplan"),
        *_guarded("healthplan", "health_plan", ["authority", "pupil"]),
        *_marked("parttimetimetable"),
        *_guarded("parttimetimetable", "part_time", ["authority", "pupil", "school"]),
        IsolateByAuthority("HealthPlan"),
        IsolateByAuthority("PartTimeTimetable"),
    ]
