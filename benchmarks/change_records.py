"""How much room the records of changes take beside the registers: one school, a year of daily syncs.

Each night brings the day's marks, 1% corrections of the weeks before, and a re-read of the last five weeks whose
marks mostly stand already (kept as repeated, so that an undo knows of them). Pure: no database.
"""

from __future__ import annotations

import numpy as np

from benchmarks.marks import invented, school_days
from benchmarks.report import asked, at_most, median_seconds, run, say
from schools.register.changes import as_known_before, difference, pack, repeated, unpack
from schools.register.marks import WIDTH, Bytes, column_of

PUPILS = 1000
NIGHTS = 190
WEEKS_READ_AGAIN = 5
CORRECTED = 0.01


def night(held: Bytes, truth: Bytes, columns: list[int], rng: np.random.Generator) -> tuple[Bytes, bytes]:
    """The register after one night, and its record. columns: the last is today's afternoon."""
    after = held.copy()
    again = columns[-10 * WEEKS_READ_AGAIN :]
    after[:, again] = np.where(held[:, again] != 0, held[:, again], truth[:, again])
    written = np.zeros(held.shape, np.bool_)
    written[:, again] = after[:, again] != 0
    corrected = int(CORRECTED * 2 * len(held))
    rows, at = rng.integers(len(held), size=corrected), rng.choice(columns, corrected)
    after[rows, at] = rng.integers(1, 20, corrected)
    written[rows, at] = True
    ids = np.arange(7_000_000, 7_000_000 + len(held), dtype=np.int64)
    return after, pack(difference(ids, held, after), repeated(ids, written, held, after))


def main() -> None:
    wanted = asked(__doc__)
    pupils, nights = (50, 10) if wanted.small else (PUPILS, NIGHTS)
    rng, days = np.random.default_rng(3), school_days(2025, NIGHTS)
    truth = invented(pupils, days, rng)
    held, records, columns = np.zeros_like(truth), [], []
    for day in days[:nights]:
        columns += [column_of(day, 0), column_of(day, 1)]
        held, record = night(held, truth, columns, rng)
        records.append(record)
    ids = np.arange(7_000_000, 7_000_000 + pupils, dtype=np.int64)
    registers, kept = pupils * WIDTH, sum(map(len, records))
    say(f"Change records: {pupils:,} pupils, {nights} daily syncs, 1% corrections, five weeks read again each night")
    say(f"  {registers:,} bytes of registers, {kept:,} bytes of records, {kept // nights:,} a night")
    at_most("records", kept / registers, 1.0, "x the registers")
    back = median_seconds(lambda: as_known_before(held, ids, [unpack(record) for record in records]))
    say(f"  as known before all of them: {1000 * back:.0f} ms")
    assert not as_known_before(held, ids, [unpack(record) for record in records]).any()


if __name__ == "__main__":
    run(main)
