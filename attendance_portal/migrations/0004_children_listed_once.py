"""Events that concern the same many children as an earlier one name that one (decision 0011)."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("attendance_portal", "0003_integrations")]

    operations: ClassVar = [
        migrations.AddField(
            "auditevent",
            "children_key",
            models.UUIDField(help_text="Of many children: the same for the same ones.", null=True),
        ),
        migrations.AddField(
            "auditevent",
            "same_children_as",
            models.BigIntegerField(help_text="The earlier event that lists these children.", null=True),
        ),
        migrations.AddIndex(
            "auditevent",
            models.Index(
                condition=models.Q(children_key__isnull=False),
                fields=["authority", "children_key"],
                name="audit_by_children",
            ),
        ),
        migrations.AddIndex(
            "auditevent",
            models.Index(
                condition=models.Q(same_children_as__isnull=False),
                fields=["authority", "same_children_as"],
                name="audit_by_same_children",
            ),
        ),
    ]
