"""A return that the service withdrew keeps no other from the same first day.

There is no way back: once a withdrawn return and another share their first day, the rule of before cannot hold.
"""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("schools", "0030_severe_standings")]

    operations: ClassVar = [
        migrations.RunPython(migrations.RunPython.noop),
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
