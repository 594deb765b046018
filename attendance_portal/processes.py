"""Starting other processes: as another account, in a session of their own, ending when we end."""

from __future__ import annotations

import ctypes
import os
import pwd
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_WAIT_SECONDS = 120.0  # a server that was killed may have its log to replay first


class ServerMissing(RuntimeError):
    """A server cannot be started; the message is a sentence for the person at the keyboard."""


def as_account(account: pwd.struct_passwd | None) -> dict[str, Any]:
    """The arguments that make a child process run as `account` (None: as ourselves)."""
    if account is None:
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def die_with_parent(how: int) -> Callable[[], None] | None:
    """What a child runs before its program, so that it gets signal `how` when its parent ends (Linux)."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, how)
        if os.getppid() != parent:  # it ended in between
            os._exit(1)

    return ask


def spawn(
    command: list[str],
    log: Path,
    folder: Path,
    account: pwd.struct_passwd | None,
    at_my_end: int | None,
) -> subprocess.Popen[bytes]:
    """Start a server in a session of its own, so that the terminal's Ctrl-C does not reach it."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent(at_my_end) if at_my_end is not None else None,
            **as_account(account),
        )


def wait_for(answers: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server answers. Raises ServerMissing with the end of its log when it does not."""
    until = time.monotonic() + _WAIT_SECONDS
    while not answers():
        if process.poll() is not None or time.monotonic() > until:
            raise ServerMissing(f"{process.args!r} did not start.\n{log.read_text(errors='replace')[-2000:]}")
        time.sleep(0.05)


def log_of(var: Path, name: str) -> Path:
    """The log file `name` of `var`."""
    return make_folder(var, "log") / f"{name}.log"


def make_folder(var: Path, name: str) -> Path:
    """The folder `name` of `var`, made if missing and closed to other users."""
    folder = var / name
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder
