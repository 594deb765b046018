"""`python -m benchmarks`: every benchmark in a process of its own, over a PostgreSQL and a Redis made for the run.

With `DATABASE_URL` (and `DATABASE_OWNER_URL`) set, that migrated, empty database is used instead. It is written to.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from attendance_portal import embedded
from benchmarks.report import MISSED, MISSED_LIST, add_options, say

_ROOT: Final = Path(__file__).resolve().parent.parent
# The year first: it counts how the tables grow, and room that others leave in them would hide it.
_ALL: Final = ["year_of_nights", "import_year", "county_night", "pages", "cases", "wonde_sync", "change_records"]
_APART: Final = ["england"]  # 45 GB


def main() -> int:
    """Run those named on the command line, or all. Exit status 1 where one broke off or missed a target."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join([*_ALL, *_APART])}")
    add_options(parser)
    asked = parser.parse_args()
    if unknown := set(asked.names) - {*_ALL, *_APART}:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))  # what was started is stopped
    with tempfile.TemporaryDirectory(prefix="portal-bench-", ignore_cleanup_errors=True) as folder:
        return _run_over(Path(folder), asked.names or _ALL, asked)


def _run_over(var: Path, names: list[str], asked: argparse.Namespace) -> int:
    """Start the servers of `var` where the environment names none, and run the benchmarks one after the other."""
    missed = var / "missed"
    environment = {
        **os.environ,
        MISSED_LIST: str(missed),
        "BENCHMARK": "1",
        "DJANGO_SETTINGS_MODULE": "attendance_portal.settings",
        "PORTAL_VAR": str(var),
        "PORTAL_DEMO": "1",
        "DATABASE_WITHOUT_POOL": "1",
        "STATIC_FROM_SOURCE": "1",
    }
    if not os.environ.get("DATABASE_URL"):
        # Between two nights lies a day: autovacuum, which alone may sweep the catalogues, looks each second.
        pace = ("autovacuum_naptime=1s", "autovacuum_vacuum_cost_delay=0")
        embedded.start_postgres(var, die_with_me=True, options=pace)
    with embedded.running(var, die_with_me=True):
        if not os.environ.get("DATABASE_URL"):
            _python(environment, str(_ROOT / "manage.py"), "migrate", "--verbosity", "0")
        options = ["--small"] * asked.small
        options += [f"--{name}={getattr(asked, name)}" for name in ("nights", "pupils") if getattr(asked, name)]
        ended = {name: _python(environment, "-m", f"benchmarks.{name}", *options) for name in names}
    return verdict(ended, missed.read_text(encoding="utf-8").splitlines() if missed.exists() else [])


def verdict(ended: Mapping[str, int], missed: Sequence[str]) -> int:
    """What is told at the end, and the exit status. ended: how each benchmark did; missed: the targets missed."""
    broke_off = [name for name, status in ended.items() if status not in (0, MISSED)]
    if missed:
        say("Targets missed:")
        for line in missed:
            say(f"  {line}")
    if broke_off:
        say(f"Broke off: {', '.join(broke_off)}.")
    return int(any(ended.values()))


def _python(environment: dict[str, str], *arguments: str) -> int:
    return subprocess.run([sys.executable, *arguments], env=environment, cwd=_ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
