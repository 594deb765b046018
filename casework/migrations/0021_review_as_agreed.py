"""The day of a plan's review as it was agreed, beside the next one."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("casework", "0020_case_digests")]

    operations: ClassVar = [
        migrations.AddField(
            model_name="plan",
            name="agreed_review_on",
            field=models.DateField(blank=True, null=True, help_text="The review as it was agreed."),
        ),
        migrations.AlterField(
            model_name="plan",
            name="review_on",
            field=models.DateField(help_text="The next review: a review that was held moves it on."),
        ),
    ]
