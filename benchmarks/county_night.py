"""Ten nights over a county: worked out and written apart, beside plain SQL, DuckDB and one pass of numpy."""

from __future__ import annotations

import datetime as dt
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any
from unittest.mock import patch

import numpy as np
import numpy.typing as npt

from attendance_portal.tenancy import authority_scope
from benchmarks import growth, peers
from benchmarks.county import SMALL, WHOLE, YEAR, County, about, make_county, mark_a_day
from benchmarks.marks import Bytes, school_days
from benchmarks.report import RUNS, asked, at_least, at_most, median_seconds, peak_megabytes, run, say, seconds, spread
from schools import banding
from schools.banding import band_authority, batches_of
from schools.standing import figures
from schools.stored.registers import Roll, load_marks, load_roll, marked_in

AUTUMN = dt.date(YEAR, 10, 10)
Times = dict[str, list[float]]


class Watch:
    """Adds up what parts of a night take, by standing before the functions that do them."""

    def __init__(self) -> None:
        self.spent = dict.fromkeys(("before writing", "writing", "coverage", "returns"), 0.0)

    def timed(self, part: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """`work`, its time added to `part`."""

        def call(*arguments: Any, **named: Any) -> Any:
            began = time.perf_counter()
            answer = work(*arguments, **named)
            self.spent[part] += time.perf_counter() - began
            return answer

        return call


def night(county: County, on: dt.date) -> dict[str, float]:
    """Band the county as beat does; the seconds of the whole and of its parts."""
    watch = Watch()
    parts = {
        "worked_out": "before writing",
        "_keep": "writing",
        "keep_coverage": "coverage",
        "draft_returns": "returns",
    }
    with ExitStack() as watched:
        for name, part in parts.items():
            watched.enter_context(patch.object(banding, name, watch.timed(part, getattr(banding, name))))
        whole = seconds(lambda: band_authority(county.authority, on=on, as_at=None))
    return {**watch.spent, "whole": whole}


def nights_over(county: County, first: int) -> Times:
    """Each night a day's marks are new, and what was dead is swept."""
    times: Times = {}
    for day in county.days[first:]:
        mark_a_day(county, day)
        growth.sweep()
        found = night(county, dt.date(YEAR + 1, 7, 31))
        for part, taken in found.items():
            times.setdefault(part, []).append(taken)
        say(f"    {day}: " + ", ".join(f"{part} {taken:.2f} s" for part, taken in found.items()))
    return times


def tell_peers(county: County, times: Times) -> None:
    """Plain SQL over one row per pupil and day, on the same server, against the nights."""
    fill_s = seconds(lambda: peers.fill_pupil_days(county))
    last, window = county.days[-1], county.days[-50]
    sums = seconds(lambda: peers.sql_sums(last, window))
    each = [seconds(partial(peers.sql_results, last)) for _ in range(3)]  # it spills to disk: 19 to 37 s in one run
    results = statistics.median(each)
    peers.sql_written(county.days[-2])  # last night's standings, which tonight's replace
    written = seconds(lambda: peers.sql_written(last))
    peers.forget()
    say(f"  Plain SQL, one row per pupil and day (loaded in {fill_s:.0f} s): sums alone {sums:.1f} s,")
    say(f"    every result {spread(each)}, every result written {written:.1f} s")
    before, whole = (statistics.median(times[part]) for part in ("before writing", "whole"))
    say(f"  SQL's sums alone take {sums / before:.1f} x our reading and computing of everything")
    at_least("SQL's results over ours, before writing", results / before, 12, "x")
    at_least("SQL's results over ours, both written", written / whole, 4, "x")


def tell_computing(county: County) -> None:
    """The computing alone against DuckDB's sums and one pass of numpy, over the same marks in memory."""
    marks = county.whole()[1]
    batches = _batches(county)
    own, autumn = ([seconds(partial(_compute, batches, as_at)) for _ in range(RUNS)] for as_at in (None, AUTUMN))
    floor = median_seconds(marks.max)
    peak = peak_megabytes()
    duck = peers.Duck(marks)
    sums = [seconds(duck.sums) for _ in range(RUNS)]
    say(
        f"  In memory: computing {spread(own)}; DuckDB, sums only {spread(sums)}; "
        f"one pass of numpy over the bytes {floor:.3f} s (the floor)"
    )
    say(f"    computing as at {AUTUMN}, when ten school weeks reach into the year before: {spread(autumn)}")
    at_most("computing", statistics.median(own) / statistics.median(sums), 4, "x DuckDB's sums")
    at_most("peak memory", peak, 1500, "MB")


Batch = tuple[Roll, npt.NDArray[np.bool_], Bytes]


def _batches(county: County) -> list[Batch]:
    """Everything read, in batches as the night reads them; the year before too, for which a night in summer
    does not ask."""
    found = []
    rolls = {school: len(ids) for school, ids in county.enrolments.items()}
    with authority_scope(county.authority):
        for batch in batches_of(list(county.enrolments), rolls):
            roll = load_roll(batch, YEAR)
            marked = marked_in(batch, YEAR - 1, roll.enrolments)
            found.append((roll, marked, load_marks(batch, YEAR - 1, roll.enrolments)))
    return found


def _compute(batches: list[Batch], as_at: dt.date | None) -> None:
    """All that a night works out of what it read."""
    for roll, marked, previous in batches:
        windows = figures.windows_of(roll, marked, as_at=as_at)
        back = figures.schools_reaching_back(windows)
        figures.figures_in(roll, windows, previous if back else None)


def main() -> None:
    """Measure and tell."""
    wanted = asked(__doc__)
    size, nights = (SMALL, 2) if wanted.small else (about(wanted.pupils or WHOLE.pupils), wanted.nights or 10)
    began = time.monotonic()
    first = len(school_days(YEAR)) - nights
    county = make_county(size, first_days=first)
    say(f"A night over a county: {county.pupils} pupils, two register years (made in {time.monotonic() - began:.0f} s)")
    times = nights_over(county, first - 1)
    for part, taken in times.items():
        times[part] = taken[1:]  # the first night writes every standing for the first time
    say("  " + "; ".join(f"{part} {spread(taken)}" for part, taken in times.items()))
    tell_computing(county)
    tell_peers(county, times)


if __name__ == "__main__":
    run(main)
