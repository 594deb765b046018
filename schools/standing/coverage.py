"""How fresh and how complete schools' registers are: kept for each school with every banding, read by pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.db.models import Count, Q

from schools.models import Enrolment, RegisterCoverage
from schools.register import gaps
from schools.register.marks import day_of
from schools.register.measures import REAL_FLAGS, count_any_flag, rows_by_group
from schools.standing.figures import Figures, Window, at_once
from schools.standing.summaries import year_group_order, year_group_words

_KEPT: Final = (
    "year", "last_data_on", "pupils", "expected", "missing", "missing_pupils", "never_sent", "never_sent_pupils",
    "old_unknown", "old_unknown_pupils",
)  # fmt: skip
MOST_NAMED: Final = 200


def keep_coverage(figures: Figures, windows: Sequence[Window], schools: Sequence[int]) -> None:
    """Write what each of these schools' registers lack, one row a school; a school without data has none."""
    sent = _sent(figures, windows)
    found = dict(_found(figures, windows, sent))
    never = _never_sent(figures, sent)
    rows = [
        RegisterCoverage(school_id=school, year=figures.roll.year, **values, **never.get(school, {}))
        for school, values in found.items()
    ]
    RegisterCoverage.objects.filter(school__in=[school for school in schools if school not in found]).delete()
    RegisterCoverage.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["authority", "school"], update_fields=list(_KEPT)
    )


def _found(
    figures: Figures, windows: Sequence[Window], sent: npt.NDArray[np.int32]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    totals, roll = figures.totals, figures.roll
    unknown = np.zeros(len(roll), np.int32)

    def count_unknown(window: Window) -> None:
        unauthorised = totals.unauthorised[window.rows]
        unknown[window.rows] = gaps.old_unknown(
            window.roll.marks, window.own_flags, unauthorised, window.open, window.roll.group
        )

    at_once(count_unknown, windows)
    schools, school = np.unique(roll.schools, return_inverse=True)
    last = np.full(len(schools), -1, np.int64)
    np.maximum.at(last, school, figures.last_column.astype(np.int64))
    counts = {
        "pupils": figures.on_roll,
        "expected": sent + totals.missing,
        "missing": totals.missing,
        "missing_pupils": totals.missing > 0,
        "old_unknown": unknown + figures.unknown_before,
        "old_unknown_pupils": unknown + figures.unknown_before > 0,
    }
    summed = {name: _sum(values, school, len(schools)) for name, values in counts.items()}
    for at in np.flatnonzero(last >= 0).tolist():
        values = {name: int(numbers[at]) for name, numbers in summed.items()}
        yield int(schools[at]), {"last_data_on": day_of(roll.year, int(last[at])), **values}


def _sent(figures: Figures, windows: Sequence[Window]) -> npt.NDArray[np.int32]:
    """Marks of sessions that each school itself gave: not those that were carried over from a school before it."""
    sent = figures.totals.possible + figures.totals.not_possible
    for window in windows:
        carried = np.flatnonzero(window.roll.own_from)
        own = window.own_flags[carried]
        sent[window.rows[carried]] = count_any_flag(own, REAL_FLAGS)
    return sent


def _sum(values: npt.NDArray[Any], school: npt.NDArray[np.intp], schools: int) -> npt.NDArray[np.int64]:
    return rows_by_group(values, school.astype(np.int32), schools)


def _never_sent(figures: Figures, sent: npt.NDArray[np.int32]) -> dict[int, dict[str, Any]]:
    """Classes of which everyone on roll is without one mark in the year, by school."""
    unmarked = figures.on_roll & (sent == 0)
    unmarked &= figures.last_column >= 0
    if not unmarked.any():
        return {}
    where = np.isin(figures.roll.schools, figures.roll.schools[unmarked]) & figures.on_roll
    classes = classes_of(figures.roll.enrolments[where].tolist(), figures.roll.enrolments[unmarked].tolist())
    found: dict[int, dict[str, Any]] = {}
    for one in classes:
        if one.pupils == one.unmarked:
            kept = found.setdefault(one.school, {"never_sent": [], "never_sent_pupils": 0})
            kept["never_sent"].append(one.words[:60])
            kept["never_sent_pupils"] += one.pupils
    return found


@dataclass(frozen=True)
class SchoolClass:
    """A registration group, or a year group where the school gave none: how many are in it, how many unmarked."""

    school: int
    year_group: str
    reg_group: str
    pupils: int
    unmarked: int

    @property
    def words(self) -> str:
        return self.reg_group or year_group_words(self.year_group)


def classes_of(enrolments: Sequence[int], unmarked: Sequence[int]) -> list[SchoolClass]:
    """The classes of these enrolments, in the order of years; one query."""
    rows = (
        Enrolment.objects.filter(pk__in=enrolments)
        .order_by()
        .values_list("school_id", "year_group", "reg_group")
        .annotate(pupils=Count("pk"), unmarked=Count("pk", filter=Q(pk__in=unmarked)))
    )
    return sorted((SchoolClass(*row) for row in rows), key=lambda one: (year_group_order(one.year_group), one.words))


def completeness(coverage: RegisterCoverage) -> tuple[int, int]:
    """Marks there are of marks due, in the year so far."""
    return coverage.expected - coverage.missing, coverage.expected


def is_lacking(coverage: RegisterCoverage) -> bool:
    return bool(coverage.missing or coverage.never_sent or coverage.old_unknown)
