"""Holders of cases from before holding one gave sight of the child are given it, and nobody of a restricted record."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.apps import apps

from casework import actions, grants
from casework.models import Case
from schools.children.restrictions import restrict_record
from schools.models import PupilAccess
from tests.cast import ON, Cast, in_scope

MIGRATION = import_module("casework.migrations.0023_holders_see_the_child")


@pytest.mark.django_db
def test_the_migration_gives_what_holding_the_case_would_have_given(cast: Cast) -> None:
    with in_scope(cast.eastshire):
        held, kept, _, closed = (
            actions.open_case(pupil, reason="Absent.", on=ON, by=by)
            for pupil, by in zip(cast.pupils, (cast.lead, cast.lead, cast.officer, cast.lead), strict=False)
        )
        actions.close_case(closed, outcome=Case.Outcome.values[0], reason="Back.", on=ON, by=cast.officer)
        ours = PupilAccess.objects.filter(reason=grants.HOLDS, until_on=None)
        names = ("pupil", "membership", "reason", "from_on", "until_on", "is_withheld")
        given = list(ours.filter(pupil=held.pupil_id).values(*names))
        assert len(given) == 1
        ours.delete()
        keeper = cast.team_leader
        restrict_record(kept.pupil, kind="other", reason="Risk", holders=[keeper], by=keeper, on=ON)
        MIGRATION.start(apps, "default")
        assert list(ours.values(*names)) == given, "none of the restricted, the officer's or the closed one"
        MIGRATION.start(apps, "default")
        assert ours.count() == 1, "whoever has one is given no other"
