"""A grant that a restriction holds back is kept as it is: lifting gives it back.

There is no way back: without this column the grants held back would give sight of restricted children again.
"""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("schools", "0024_room_for_each_night")]

    operations: ClassVar = [
        migrations.RunPython(migrations.RunPython.noop),
        migrations.AddField(
            "pupilaccess",
            "is_withheld",
            models.BooleanField(
                default=False, help_text="Gives no sight while the record is restricted to others; it does again after."
            ),
        ),
    ]
