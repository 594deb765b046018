"""How figures are taken and told: medians, peak memory, and each figure beside its target."""

from __future__ import annotations

import argparse
import gc
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NoReturn

RUNS: Final = 5
MISSED: Final = 3
"""Exit status of a benchmark that came to its end and missed a target; any other but 0 means that it broke off."""
MISSED_LIST: Final = "BENCHMARK_MISSED"
"""The environment's name for the file to which missed targets are added, for whoever runs several benchmarks."""
_MEGABYTE: Final = 1_000_000
_missed: list[str] = []


def say(line: str) -> None:
    """One line on standard output, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def seconds(work: Callable[[], object]) -> float:
    """How long one call takes, with no rubbish of earlier calls to be collected within it."""
    gc.collect()
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def median_seconds(work: Callable[[], object], runs: int = RUNS) -> float:
    """The median of several calls."""
    return statistics.median(seconds(work) for _ in range(runs))


def spread(times: Sequence[float]) -> str:
    """'1.23 s (1.20 to 1.31)'."""
    return f"{statistics.median(times):.3f} s ({min(times):.3f} to {max(times):.3f})"


def at_most(what: str, value: float, target: float, unit: str) -> None:
    """A figure that must not exceed its target."""
    _told(what, value, f"at most {target:g}", unit, value <= target)


def at_least(what: str, value: float, target: float, unit: str) -> None:
    """A figure that must reach its target."""
    _told(what, value, f"at least {target:g}", unit, value >= target)


def _told(what: str, value: float, target: str, unit: str, holds: bool) -> None:
    line = f"{what}: {value:.2f} {unit} (target: {target})"
    say(f"  {'HOLDS ' if holds else 'FAILS '} {line}")
    if not holds:
        _missed.append(line)


def run(main: Callable[[], None]) -> NoReturn:
    """One benchmark, to its end: exit status 0, or `MISSED` where a target was missed; none counts if small."""
    main()
    missed = [] if "--small" in sys.argv[1:] else _missed
    if missed and (path := os.environ.get(MISSED_LIST)):
        with Path(path).open("a", encoding="utf-8") as kept:
            kept.writelines(f"{line}\n" for line in missed)
    sys.exit(MISSED if missed else 0)


def peak_megabytes() -> float:
    """The most memory this process ever held, in megabytes (millions of bytes)."""
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held * (1 if sys.platform == "darwin" else 1024) / _MEGABYTE


def settle() -> None:
    """Give the machine's caches and writes a moment between two measurements."""
    os.sync()
    time.sleep(0.5)


@dataclass(frozen=True)
class Asked:
    """What the command line asks for: the small size (seconds; its figures say nothing), how many nights and pupils.

    None: as many as the benchmark takes by itself.
    """

    small: bool
    nights: int | None
    pupils: int | None


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of every benchmark; one that has no nights or pupils passes over theirs."""
    parser.add_argument("--small", action="store_true", help="seconds instead of minutes; the figures say nothing")
    parser.add_argument("--nights", type=int, help="how many nights (county_night 10, year_of_nights 190)")
    parser.add_argument("--pupils", type=int, help="about how many pupils (year_of_nights, england)")


def asked(description: str | None) -> Asked:
    """Read the command line of one benchmark."""
    parser = argparse.ArgumentParser(description=description)
    add_options(parser)
    return Asked(**vars(parser.parse_args()))
