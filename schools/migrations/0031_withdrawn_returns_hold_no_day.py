"""A return that the service withdrew keeps no other from the same first day."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("schools", "0030_severe_standings")]

    operations: ClassVar = [
        migrations.RemoveConstraint(model_name="statutoryreturn", name="return_once_an_episode"),
        migrations.AddConstraint(
            model_name="statutoryreturn",
            constraint=models.UniqueConstraint(
                fields=("authority", "enrolment", "kind", "first_on"),
                condition=models.Q(("stage", "withdrawn"), _negated=True),
                name="return_once_an_episode",
            ),
        ),
    ]
