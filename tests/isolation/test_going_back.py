"""Migrations that are taken back leave row security on the tables that stay, and show nobody more than before."""

from __future__ import annotations

from importlib import import_module

import pytest
from django.core.management import call_command
from django.db import connection

from attendance_portal.isolation import POLICY


def test_a_table_that_stays_stays_isolated_and_can_go_forward_again(own_database: str) -> None:
    for to in (["0033"], []):  # before contracts had a school, and as it is now
        call_command("migrate", "casework", *to, verbosity=0, interactive=False)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT relrowsecurity AND relforcerowsecurity, policyname FROM pg_class"
                " LEFT JOIN pg_policies ON tablename = relname WHERE relname = 'casework_attendancecontract'"
            )
            assert cursor.fetchall() == [(True, POLICY)]
            cursor.execute("SELECT FROM pg_constraint WHERE conname = 'casework_attendancecontract_school_id_within'")
            assert cursor.rowcount == (0 if to else 1)


@pytest.mark.parametrize(
    "name",
    [
        "attendance_portal.migrations.0005_integrations_approved",
        "schools.migrations.0025_withheld_grants",
        "schools.migrations.0026_made_in_error",
        "schools.migrations.0031_withdrawn_returns_hold_no_day",
        "casework.migrations.0005_restricted_notes",
    ],
)
def test_there_is_no_way_back_to_what_would_show_a_child_or_break_a_rule(name: str) -> None:
    assert not all(operation.reversible for operation in import_module(name).Migration.operations)
