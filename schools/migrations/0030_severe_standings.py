"""Severely absent children are found without looking through every standing."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("schools", "0029_days_of_standings")]

    operations: ClassVar = [
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=models.Q(("severe", True)), fields=["authority", "pupil"], name="standing_severe"
            ),
        ),
    ]
