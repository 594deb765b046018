"""Who has code C2 in the register, found without looking through a county's standings."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("schools", "0033_linked_records_by_composite_keys")]

    operations: ClassVar = [
        migrations.AddIndex(
            model_name="standing",
            index=models.Index(
                condition=models.Q(("part_time_on__isnull", False)),
                fields=["authority", "pupil"],
                name="standing_part_time",
            ),
        ),
    ]
