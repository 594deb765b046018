"""What is known of when enrolment dates changed begins with the corrections made by hand before it was kept."""

from __future__ import annotations

import datetime as dt
from importlib import import_module

import pytest
from django.apps import apps

from schools.changes.corrections import correct_admission, correct_leaving
from schools.models import EnrolmentChange
from tests.cast import ON, Cast, in_scope
from tests.schools.test_put_right import enrolment_of

MIGRATION = import_module("schools.migrations.0020_enrolment_dates_known")
AT = dt.datetime(2026, 11, 2, 9, 0, tzinfo=dt.UTC)

pytestmark = pytest.mark.django_db


def test_the_migration_writes_what_keeping_them_would_have_written(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        enrolment = enrolment_of(cast, cast.pupil)
        write = {"reason": "Told by the office", "by": cast.lead, "on": ON}
        correct_leaving(enrolment, leaving_on=dt.date(2026, 9, 18), destination="Abroad", at=AT, **write)
        correct_admission(enrolment, admission_on=None, at=AT + dt.timedelta(days=1), **write)
        correct_leaving(enrolment, leaving_on=None, destination="", at=AT + dt.timedelta(days=2), **write)
        names = [field.name for field in EnrolmentChange._meta.fields if field.name not in ("id", "authority")]
        kept = list(EnrolmentChange.objects.order_by("pk").values(*names))
        EnrolmentChange.objects.all().delete()
        MIGRATION.start(apps, "default")
        assert list(EnrolmentChange.objects.order_by("pk").values(*names)) == kept


def test_a_day_is_read_from_the_words_of_a_correction() -> None:
    assert MIGRATION.day_in("18 September 2026 to Abroad") == dt.date(2026, 9, 18)
    assert MIGRATION.day_in("on roll") is None and MIGRATION.day_in("not stated") is None
