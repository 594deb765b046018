"""The counts of the demonstration go the way of any file, and are in none of the figures."""

from __future__ import annotations

import pytest

from attendance_portal.front.seeded_counts import send_counts
from schools.models import AttendanceSummary, Standing, Upload
from tests.cast import ON, Cast, in_scope
from tests.schools.stored import store_autumn

pytestmark = pytest.mark.django_db


def test_a_school_sends_its_summary_and_the_transfer_files_of_a_few_children(cast: Cast) -> None:
    store_autumn(cast)
    with in_scope(cast.eastshire):
        before = list(Standing.objects.order_by("pk").values())
        send_counts(cast.hill, [cast.lead], on=ON)
        sent = Upload.objects.exclude(layout="long").order_by("layout")
        assert [(one.layout, one.stage, one.sent_by) for one in sent] == [
            ("ctf", Upload.Stage.ACCEPTED, cast.lead),
            ("summary", Upload.Stage.ACCEPTED, cast.lead),
        ]
        kept = AttendanceSummary.objects.get(pupil=cast.pupil, source="totals")
        assert (kept.possible, kept.present, kept.unauthorised) == (40, 20, 20)
        elsewhere = AttendanceSummary.objects.filter(source="ctf")
        assert {one.school_named for one in elsewhere} == {"Northmoor Primary School (9972104)"}
        assert elsewhere.count() == 3
        assert list(Standing.objects.order_by("pk").values()) == before


def test_a_school_without_a_register_sends_none(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        send_counts(cast.hill, [cast.lead], on=ON)
        assert not Upload.objects.exists()
