"""A standing tells the latest day attended and the latest with code C2; the next banding fills them."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("schools", "0028_authority_by_the_parent")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="standing",
            name="present_on",
            field=models.DateField(null=True, help_text="The latest day of the year with an attended session, if any."),
        ),
        migrations.AddField(
            model_name="standing",
            name="part_time_on",
            field=models.DateField(null=True, help_text="The latest day of the year with code C2, if any."),
        ),
    ]
