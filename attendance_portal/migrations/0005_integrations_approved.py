"""Integrations that read children wait until a second person approves them: those that were made before, too.

There is no way back: without these columns those that wait would read children at once.
"""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [
        ("attendance_portal", "0004_children_listed_once"),
    ]

    operations: ClassVar = [
        migrations.RunPython(migrations.RunPython.noop),
        migrations.AddField(
            model_name="integration",
            name="approved_at",
            field=models.DateTimeField(
                blank=True,
                help_text="When a second person let it read children; until then it opens nothing.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="integration",
            name="approved_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="attendance_portal.membership",
            ),
        ),
        migrations.AddConstraint(
            model_name="integration",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approved_at", None), ("approved_by", None)),
                    models.Q(
                        ("approved_at__isnull", False),
                        ("approved_by__isnull", False),
                        models.Q(("approved_by", models.F("made_by")), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="integration_approved_by_another",
            ),
        ),
    ]
