"""Counts can be entered by hand."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("schools", "0018_returns_and_coverage_by_composite_keys"),
    ]

    operations: ClassVar = [
        migrations.AlterField(
            model_name="attendancesummary",
            name="source",
            field=models.CharField(
                choices=[
                    ("totals", "Totals of the school's own system"),
                    ("census", "School census extract"),
                    ("ctf", "Common Transfer File"),
                    ("hand", "Entered by hand"),
                ],
                max_length=10,
            ),
        ),
    ]
