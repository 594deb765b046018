"""Runs the site, the worker and the clock as children of this process, and ends them all with it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from attendance_portal import embedded, processes

_BREATH = 0.25  # seconds between looks at the children
_SERVERS_EVERY = 5.0  # seconds between looks at the servers
_PATIENCE = 20.0  # seconds that a child has to end in order
_LONGEST_PAUSE = 30.0  # seconds before a child that keeps dying is started again

Say = Callable[[str], None]


@dataclass
class Child:
    """One program that is to run for as long as we do."""

    name: str
    command: Sequence[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause: float = 0.5
    due_at: float = field(default=0.0)

    def start(self) -> None:
        """Start it in a session of its own; should we be killed, the kernel tells it to end."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=processes.die_with_parent(signal.SIGTERM),
            )
        self.started_at = time.monotonic()

    def send(self, number: int) -> None:
        """Send a signal to it and to everything it started."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def watch(self, say: Say) -> None:
        """Start it again when it has died, ever more slowly when it keeps dying."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            say(f"The {self.name} ended ({self.process.returncode}) and is started again; see {self.log}.")
            self.send(signal.SIGKILL)  # what it may have left behind
            ran_long = now - self.started_at > _LONGEST_PAUSE
            self.pause = 0.5 if ran_long else min(self.pause * 2, _LONGEST_PAUSE)
            self.process, self.due_at = None, now + self.pause
        if self.process is None and now >= self.due_at:
            self.start()


class Supervisor:
    """Keeps children and embedded servers running until SIGINT, SIGTERM or SIGHUP."""

    def __init__(self, children: Sequence[Child], var: Path, say: Say) -> None:
        self.children = children
        self.var = var
        self.say = say
        self.asked_to_end = False

    def run(self, once_ready: Callable[[], bool]) -> None:
        """Run until asked to end. `once_ready` is called until it answers true, to greet when all is up."""
        self._listen()
        ready = False
        look_at_servers = time.monotonic() + _SERVERS_EVERY
        try:
            while not self.asked_to_end:
                for child in self.children:
                    child.watch(self.say)
                ready = ready or once_ready()
                if time.monotonic() >= look_at_servers:
                    self._watch_servers()
                    look_at_servers = time.monotonic() + _SERVERS_EVERY
                time.sleep(_BREATH)
        finally:
            self._end()

    def _listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_end)

    def _ask_to_end(self, number: int, frame: object) -> None:
        self.asked_to_end = True

    def _watch_servers(self) -> None:
        """Start an embedded server again that has died."""
        gone = embedded.servers_gone(self.var)
        if gone:
            self.say(f"{' and '.join(gone)} ended and is started again; see {self.var / 'log'}.")
            try:
                embedded.start_servers(self.var, die_with_me=True)
            except processes.ServerMissing as missing:
                self.say(str(missing))

    def _end(self) -> None:
        """End the children in order, then by force."""
        self.say("Stopping …")
        for child in self.children:
            child.send(signal.SIGTERM)
        until = time.monotonic() + _PATIENCE
        while any(c.process and c.process.poll() is None for c in self.children) and time.monotonic() < until:
            time.sleep(_BREATH / 5)
        for child in self.children:
            child.send(signal.SIGKILL)
            if child.process is not None:
                child.process.wait()


def children_of_demo(var: Path, host: str, port: int) -> list[Child]:
    """The site, the worker and the clock of the demonstration."""
    python, log = sys.executable, processes.make_folder(var, "log")
    web = ["-m", "gunicorn", "attendance_portal.wsgi", "--bind", f"{host}:{port}", "--workers", "2"]
    web += ["--threads", "4", "--timeout", "120", "--graceful-timeout", "10", "--no-control-socket"]
    celery = ["-m", "celery", "-A", "attendance_portal"]
    worker = [*celery, "worker", "--concurrency", "2", "--loglevel", "INFO", "--without-gossip"]
    beat = [*celery, "beat", "--loglevel", "INFO", "--pidfile", "", "--schedule", str(var / "beat-schedule")]
    return [
        Child("site", [python, *web], log / "web.log"),
        Child("worker", [python, *worker, "--without-mingle"], log / "worker.log"),
        Child("clock", [python, *beat], log / "beat.log"),
    ]
