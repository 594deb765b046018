"""The demonstration's integrations are made as an administrator makes them."""

from __future__ import annotations

from attendance_portal.front.seeded_integrations import make_integrations
from attendance_portal.models import Integration
from tests.cast import Cast, in_scope
from tests.schools.stored import AT


def test_the_demonstration_has_a_hub_that_sends_and_a_warehouse_that_reads(cast: Cast) -> None:
    schools = {"999001": cast.hill, "999002": cast.vale}
    with in_scope(cast.eastshire):
        make_integrations([cast.officer, cast.admin, cast.team_leader], schools, at=AT)
        hub, warehouse = Integration.objects.order_by("-name")
        assert hub.scopes == ["marks:write"] and hub.schools.count() == 2
        assert "marks:write" not in warehouse.scopes and warehouse.every_school
        assert warehouse.approved_by == cast.team_leader and not warehouse.waits and not hub.waits


def test_an_authority_without_an_administrator_has_none(cast: Cast) -> None:
    with in_scope(cast.westshire):
        make_integrations([cast.stranger], {}, at=AT)
        assert not Integration.objects.exists()
