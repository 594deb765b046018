"""Contracts from before: of the one school where the child was on the day of the offer; of two, none is guessed."""

from typing import Any, ClassVar

from django.db import migrations
from django.db.models import Q

from attendance_portal.isolation import LeaveToCompositeKeys, for_each_authority


def name_schools(apps: Any, alias: str) -> None:
    """The school of each contract that has none yet, where exactly one was possible."""
    contracts = apps.get_model("casework", "AttendanceContract").objects.using(alias)
    stays = apps.get_model("schools", "Enrolment").objects.using(alias).filter(made_in_error_at=None)
    for one in contracts.filter(school=None).select_related("case"):
        day = one.offered_on
        begun = Q(admission_on=None) | Q(admission_on__lte=day)
        there = stays.filter(begun, Q(leaving_on=None) | Q(leaving_on__gte=day), pupil=one.case.pupil_id)
        schools = set(there.values_list("school", flat=True))
        if len(schools) == 1:
            contracts.filter(pk=one.pk).update(school=schools.pop())


class Migration(migrations.Migration):
    dependencies: ClassVar = [("casework", "0034_schools_of_contracts")]

    operations: ClassVar = [LeaveToCompositeKeys(), for_each_authority(name_schools)]
