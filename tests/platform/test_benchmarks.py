"""`make bench` at a size of seconds: every benchmark runs from end to end, so that none can rot; and how it ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.__main__ import verdict
from benchmarks.report import MISSED, MISSED_LIST
from tests.servers import BASE

ONE_OF_TWO = """
from benchmarks.report import at_least, at_most, run
def main():
    at_most("time", 2, 1, "s")
    at_least("speed", 5, 4, "x")
run(main)
"""


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
        "x pandas.read_csv", "x DuckDB's sums", "before writing", "peak memory", "TSM list", "rule board",
        "kB a pupil-year", "over a network",
    ):  # fmt: skip
        assert told in ran.stdout
    assert "Targets missed" not in ran.stdout, "figures of the small size say nothing"


def ended(environment: dict[str, str], program: str, *options: str) -> int:
    arguments = [sys.executable, "-c", program, *options]
    return subprocess.run(arguments, env=environment, cwd=BASE, capture_output=True, check=False).returncode


def test_a_benchmark_that_misses_a_target_says_so_when_it_ends(
    process_environment: dict[str, str], tmp_path: Path
) -> None:
    missed = tmp_path / "missed"
    environment = process_environment | {MISSED_LIST: str(missed)}
    assert ended(environment, ONE_OF_TWO, "--small") == 0 and not missed.exists()
    assert ended(environment, ONE_OF_TWO) == MISSED
    assert missed.read_text() == "time: 2.00 s (target: at most 1)\n"
    assert ended(environment, ONE_OF_TWO.replace("2, 1", "1, 1")) == 0
    assert ended(environment, ONE_OF_TWO.replace("2, 1", "None, 1")) == 1


def test_the_run_of_all_fails_for_a_missed_target_and_for_one_that_broke_off(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert verdict({"pages": 0, "import_year": 0}, []) == 0
    assert capsys.readouterr().out == ""
    assert verdict({"pages": 0, "import_year": MISSED}, ["import: 5.00 x (target: at most 4)"]) == 1
    assert capsys.readouterr().out == "Targets missed:\n  import: 5.00 x (target: at most 4)\n"
    assert verdict({"pages": -9, "import_year": 0}, []) == 1
    assert capsys.readouterr().out == "Broke off: pages.\n"
