"""Enrolments made in error are kept, and are on no roll.

There is no way back: without these columns they would be on rolls again, or break the rule of one open enrolment.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("schools", "0025_withheld_grants"),
    ]

    operations = [
        migrations.RunPython(migrations.RunPython.noop),
        migrations.AddField(
            model_name="enrolment",
            name="made_by_act",
            field=models.UUIDField(
                editable=False,
                help_text="The upload or sync that made it, while nothing but marks has told of it since.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="enrolment",
            name="made_in_error_at",
            field=models.DateTimeField(
                editable=False,
                help_text="When all that told of it was undone; who and why: its changes.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="enrolmentchange",
            name="was_in_error",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="enrolmentchange",
            name="is_in_error",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RemoveConstraint(model_name="enrolment", name="enrolment_open_once"),
        migrations.AddConstraint(
            model_name="enrolment",
            constraint=models.UniqueConstraint(
                condition=models.Q(("leaving_on__isnull", True), ("made_in_error_at__isnull", True)),
                fields=("authority", "school", "pupil"),
                name="enrolment_open_once",
            ),
        ),
        migrations.AddIndex(
            model_name="enrolment",
            index=models.Index(
                condition=models.Q(("made_in_error_at__isnull", False)),
                fields=["authority", "pupil"],
                name="enrolment_in_error",
            ),
        ),
    ]
