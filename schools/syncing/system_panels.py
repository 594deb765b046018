"""What a school's page shows of its own system: when it was last read, and what that brought."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attendance_portal.models import Membership
from attendance_portal.panels import Panel
from attendance_portal.roles import Permission
from schools.models import School, SyncRun
from schools.syncing import sync_words

TITLE, TEMPLATE = "From the school's own system", "schools/panels/system.html"


def school_panel(schools: Sequence[School], member: Membership) -> Panel:
    """The last sync of each school, for those who may send registers."""
    if not member.may(Permission.REGISTER_UPLOAD):
        return Panel(TITLE, TEMPLATE)
    runs = SyncRun.objects.filter(link__school__in=[school.pk for school in schools])
    latest = runs.order_by("link__school_id", "-pk").distinct("link__school_id")
    by_pk: dict[Any, list[dict[str, Any]]] = {}
    for run in latest.select_related("link__school", "link__connection"):
        row = {"run": run, "state": sync_words.run_state(run), "brought": sync_words.brought(run)}
        by_pk[run.link.school_id] = [{**row, "school": run.link.school, "trouble": sync_words.trouble(run)}]
    return Panel(TITLE, TEMPLATE, by_pk)
