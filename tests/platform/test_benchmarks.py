"""`make bench` at a size of seconds: every benchmark runs from end to end, so that none can rot."""

from __future__ import annotations

import subprocess
import sys

from tests.servers import BASE


def test_every_benchmark_runs_from_end_to_end(process_environment: dict[str, str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--small"],
        env=process_environment,
        cwd=BASE,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for told in (
        "x pandas.read_csv", "x DuckDB's sums", "before writing", "peak memory", "TSM list", "kB a pupil-year",
        "over a network",
    ):  # fmt: skip
        assert told in ran.stdout
