"""A document that came in unscanned may be found harmful once there is a scanner."""

from typing import ClassVar

from django.db import migrations, models

_SCANS = [
    ("clean", "Scanned, nothing found"),
    ("not-scanned", "Not scanned for viruses"),
    ("harmful", "Harmful: not given out any more"),
]


class Migration(migrations.Migration):
    dependencies: ClassVar = [("casework", "0021_review_as_agreed")]

    operations: ClassVar = [
        migrations.AlterField(
            model_name="casedocument", name="scan", field=models.CharField(max_length=12, choices=_SCANS)
        ),
    ]
