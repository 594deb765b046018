"""The night: a run of banding for each authority, each finished by whoever takes it up."""

from __future__ import annotations

import datetime as dt

from attendance_portal.tenancy import authority_scope
from schools import banding, tasks
from schools.models import BandingRun, Standing
from tests.cast import Cast, in_scope
from tests.schools.files import all_present, school_days
from tests.schools.stored import store_marks

DAYS = school_days(dt.date(2026, 9, 7), 10)
AT = dt.datetime(2026, 11, 20, 2, 0, tzinfo=dt.UTC)


def test_each_authority_has_a_run_of_its_own_which_any_process_finishes(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        store_marks(cast, cast.hill, all_present(cast.pupils, DAYS))
        Standing.objects.all().delete()
    tasks.band_every_authority()
    for authority in (cast.eastshire, cast.westshire):
        with authority_scope(authority):
            assert BandingRun.objects.get().finished_at is None
    with in_scope(cast.eastshire):
        run_id = BandingRun.objects.get().pk
    tasks.finish_banding(str(cast.eastshire.pk), run_id)
    banding.take_up_unfinished(cast.westshire, AT)
    for authority in (cast.eastshire, cast.westshire):
        with authority_scope(authority):
            assert BandingRun.objects.get().finished_at is not None
    with in_scope(cast.eastshire):
        assert Standing.objects.count() == len(cast.pupils)
