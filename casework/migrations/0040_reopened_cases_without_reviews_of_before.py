"""Cases that were opened again before opening cleared it lose a review day of their former life."""

from typing import Any, ClassVar

from django.db import migrations
from django.db.models import Exists, OuterRef

from attendance_portal.isolation import for_each_authority


def clear(apps: Any, alias: str) -> None:
    """A day that had passed when the case was opened again was set before it was closed."""
    again = apps.get_model("casework", "PastClosing").objects.using(alias).filter(case=OuterRef("pk"))
    cases = apps.get_model("casework", "Case").objects.using(alias).filter(stage="open")
    cases.filter(Exists(again.filter(reopened_on__gt=OuterRef("review_on")))).update(review_on=None)


class Migration(migrations.Migration):
    dependencies: ClassVar = [("casework", "0039_enquiries_joined")]

    operations: ClassVar = [for_each_authority(clear)]
