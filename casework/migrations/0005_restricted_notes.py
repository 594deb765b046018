"""A line of a case's history may be for named roles alone.

There is no way back: without this column everyone who sees the case would read those lines.
"""

from typing import ClassVar

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("casework", "0004_authority_by_the_parent")]

    operations: ClassVar = [
        migrations.RunPython(migrations.RunPython.noop),
        migrations.AddField(
            model_name="caseentry",
            name="restricted_to",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=20),
                blank=True,
                default=list,
                help_text="The roles that may read it; none for everyone who sees the case.",
                size=None,
            ),
        ),
    ]
