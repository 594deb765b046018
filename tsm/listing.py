"""A drawn-up list as its page and its CSV file show it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.http import QueryDict

from attendance_portal.charts import percent
from attendance_portal.tables import Column, Listing
from tsm.lists import Group, ListedPupil, in_brief
from tsm.preparation import Prepared

GROUP_WORDS = {
    Group.SEVERE: ("Severely absent", 5),
    Group.PERSISTENT: ("Persistently absent", 3),
    Group.AT_RISK: ("At risk of persistent absence", 2),
    Group.ASKED_FOR: ("Asked for", None),
}

KEPT_COLUMNS = (Column("pupil", "Pupil"), Column("why", "Why"), Column("attendance", "Attendance", numeric=True))
CHANGE = Column("change", "Change", hidden_label=True)
KEPT_ON_A_PAGE = 20


class KeptListing(Listing):
    """Those kept for another time, in the list's order, a page at a time; its addresses lead to that part."""

    def __init__(self, rows: Any, query: QueryDict, *, columns: Sequence[Column] = KEPT_COLUMNS) -> None:
        super().__init__(rows, columns, query, noun=("pupil", "pupils"), page_size=KEPT_ON_A_PAGE, downloads=False)

    def address(self, **changes: str | int | None) -> str:
        return f"{super().address(**changes)}#kept"


def usual_reason(kept: Iterable[Mapping[str, Any]]) -> str:
    """The reason for which most are kept, to be said once."""
    counted = Counter(row["kept_because"] for row in kept).most_common(1)
    return counted[0][0] if counted else ""


def list_rows(prepared: Prepared) -> list[dict[str, Any]]:
    """Everyone on the list, those on the agenda first in its order, with their minutes; then the rest.

    They are numbered as they stand here, which is how the meeting runs.
    """
    items = {item.listed.pupil: item for item in prepared.agenda.items}
    kept = {each.listed.pupil: each.reason for each in prepared.agenda.kept}
    rows = [_row(prepared, each) for each in prepared.listed]
    for row in rows:
        item = items.get(row["key"])
        row["on_agenda"] = item is not None
        row["minutes"] = item.minutes if item else None
        row["kept_because"] = kept.get(row["key"], "")
    in_order = sorted(rows, key=lambda row: not row["on_agenda"])
    for place, row in enumerate(in_order, start=1):
        row["position"] = place
    return in_order


def _row(prepared: Prepared, listed: ListedPupil) -> dict[str, Any]:
    standing = prepared.standings[listed.pupil]
    words, band = GROUP_WORDS[listed.group]
    return {
        "key": listed.pupil,
        "pupil": standing.pupil,
        "standing": standing,
        "group": words,
        "band": band,
        "reasons": listed.reasons,
        "brief": in_brief(listed.facts),
        "asked_for": listed.added_because,
        "attendance": percent(standing.attended, standing.possible),
        "change": prepared.changes.get(listed.pupil),
    }


def csv_rows(rows: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    """The cells of the CSV file, in the page's order."""
    return [
        [
            row["position"],
            row["pupil"].upn,
            str(row["pupil"]),
            row["standing"].year_group,
            row["reasons"],
            row["attendance"],
            row["standing"].missed,
            row["standing"].possible,
            f"{row['minutes']} minutes" if row["on_agenda"] else row["kept_because"],
        ]
        for row in rows
    ]
