"""Every night writes most registers anew: with room on the page no index needs a new entry (decision 0003)."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("schools", "0023_undone_counts")]

    operations: ClassVar = [
        migrations.RunSQL(
            "ALTER TABLE schools_register SET (fillfactor = 45)", "ALTER TABLE schools_register RESET (fillfactor)"
        ),
        migrations.RemoveIndex("bandmove", "band_move_by_school"),
        migrations.AddIndex(
            "bandmove", models.Index(fields=["authority", "school", "seen_at"], name="band_move_by_school")
        ),
    ]
