"""Since when the other side enquires too, and that a child is at a school whose roll is not kept here."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("casework", "0038_tracked_in_error_by_composite_keys")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="educationenquiry",
            name="joint_from_on",
            field=models.DateField(
                blank=True,
                help_text="Of what one side began alone: since when the other enquires too.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="educationenquiry",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[
                    ("on-roll", "On a school’s roll and supported there"),
                    ("place", "Took up a school place"),
                    ("home", "Educated at home, suitably"),
                    ("otherwise", "Suitable education arranged otherwise"),
                    ("beyond", "At a school whose roll is not kept here"),
                    ("elsewhere", "Lives in another authority, which was told"),
                    ("abroad", "Moved out of the country"),
                    ("age", "No longer of compulsory school age"),
                    ("not-found", "Not found after every reasonable enquiry"),
                ],
                max_length=12,
            ),
        ),
    ]
