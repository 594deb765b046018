"""What is known of when dates of enrolments changed begins with the corrections made by hand."""

import datetime as dt
import re
from typing import Any, ClassVar

from django.db import migrations
from django.db.models import F

from attendance_portal.isolation import for_each_authority

# The place of the date in (admission, leaving) that a correction was about.
FACTS = {"Admission date": 0, "Leaving date": 1, "School": 1}


def start(apps: Any, alias: str) -> None:
    changes = apps.get_model("schools", "RegisterChange").objects.using(alias)
    changes.exclude(upload=None).update(act=F("upload_id"))
    enrolments = apps.get_model("schools", "Enrolment").objects.using(alias)
    corrections = apps.get_model("schools", "Correction").objects.using(alias).filter(fact__in=FACTS)
    model = apps.get_model("schools", "EnrolmentChange")
    states: dict[int, tuple[Any, Any]] = {}
    found = []
    for one in corrections.order_by("-made_at", "-pk"):
        held = list(enrolments.filter(pupil=one.pupil_id, school=one.school_id)[:2])
        if len(held) == 1:  # of several stays at one school the words do not say which
            (enrolment,) = held
            after = states.setdefault(enrolment.pk, (enrolment.admission_on, enrolment.leaving_on))
            before = list(after)
            before[FACTS[one.fact]] = day_in(one.before)
            states[enrolment.pk] = tuple(before)
            found.append(change(model, enrolment, tuple(before), after, one))
    model.objects.using(alias).bulk_create(reversed(found))


def change(model: Any, enrolment: Any, before: tuple[Any, Any], after: tuple[Any, Any], one: Any) -> Any:
    return model(
        authority_id=enrolment.authority_id,
        enrolment=enrolment,
        admission_before=before[0],
        leaving_before=before[1],
        admission_after=after[0],
        leaving_after=after[1],
        why=one.reason,
        made_at=one.made_at,
        made_by_id=one.made_by_id,
    )


def day_in(words: str) -> dt.date | None:
    """The day in words such as "18 September 2026 to Abroad"; None where there is none ("on roll")."""
    found = re.search(r"\b(\d{1,2} [A-Z][a-z]+ \d{4})\b", words)
    return dt.datetime.strptime(found[1], "%d %B %Y").date() if found else None


class Migration(migrations.Migration):
    dependencies: ClassVar = [("schools", "0019_entered_by_hand")]

    operations: ClassVar = [for_each_authority(start)]
