"""The demonstration: it comes up, keeps its data, runs beside another copy and leaves nothing behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from attendance_portal import embedded
from tests.conftest import VAR
from tests.servers import BASE, command, free_port

# A demonstration asks for its data only when there is no authority; these tests are about its processes.
_PREPARE = (
    "from django.core.management import call_command; call_command('migrate', verbosity=0); "
    "from attendance_portal.models import Authority; "
    "Authority.objects.create(slug='eastshire', name='Eastshire', code='999')"
)


class Copy:
    """One copy of the portal in a folder of its own."""

    def __init__(self, var: Path) -> None:
        self.port = free_port()
        self.var = var
        ours = {
            "PORTAL_VAR": str(var),
            "PORT": str(self.port),
            "PORTAL_DEMO": "1",
            "DATABASE_WITHOUT_POOL": "",
            "STATIC_FROM_SOURCE": "",
        }
        self.environment = {**os.environ, **ours}
        for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"):
            self.environment.pop(name, None)
        self.process: subprocess.Popen[str] | None = None

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return command(self.environment, *arguments)

    def start(self) -> None:
        """Start the demonstration and wait until the site answers."""
        self.process = subprocess.Popen(
            [sys.executable, str(BASE / "manage.py"), "demo"],
            env=self.environment,
            cwd=BASE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if "runs at" in line:
                return
        raise AssertionError("".join(said))

    def end(self, number: int) -> str:
        """Send the supervisor a signal; answers what it still said."""
        assert self.process is not None
        self.process.send_signal(number)
        rest, _ = self.process.communicate(timeout=60)
        return rest

    def processes(self) -> list[psutil.Process]:
        """Every process that works for this copy, told by its environment, folder or command line.

        A server that writes a title over its command line loses its environment there.
        """
        here = str(self.var)
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                told = [process.environ().get("PORTAL_VAR", ""), process.cwd(), *process.cmdline()]
                if process.status() != psutil.STATUS_ZOMBIE and any(here in word for word in told):
                    found.append(process)
        return found

    def running(self) -> list[tuple[psutil.Process, str]]:
        """The same with their command lines, without those that end meanwhile.

        What a killed process has started waits as a zombie for process 1, which does not collect it everywhere.
        """
        told = []
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                told.append((process, " ".join(process.cmdline())))
        return told

    def wait_for_nothing(self) -> None:
        """Fail unless every process of this copy ends soon."""
        until = time.monotonic() + 120
        while left := self.processes():
            assert time.monotonic() < until, left
            time.sleep(0.1)

    def authorities(self) -> int:
        """How many authorities the running copy holds."""
        host = str(embedded.postgres_socket_folder(self.var))
        with psycopg.connect(host=host, user="portal_app", dbname="portal") as connection:
            found = connection.execute("SELECT count(*) FROM attendance_portal_authority").fetchone()
        assert found is not None
        return int(found[0])


@pytest.fixture(scope="module")
def prepared() -> Copy:
    """A copy that was migrated, given an authority, started and stopped once, by whichever worker asks first."""
    folder = VAR.parent / "prepared"
    folder.mkdir(exist_ok=True)
    copy, done = Copy(folder / "var"), folder / "done"
    with (folder / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            made = copy.manage("shell", "-v0", "-c", _PREPARE)
            assert made.returncode == 0, made.stderr
            copy.start()
            copy.end(signal.SIGTERM)
            copy.wait_for_nothing()
            done.touch()
    return copy


@pytest.fixture
def copies(prepared: Copy, tmp_path: Path) -> Iterator[list[Copy]]:
    """Two copies in folders of their own."""
    made = []
    for name in ("a", "b"):
        subprocess.run(["cp", "-a", str(prepared.var), str(tmp_path / name)], check=True)
        made.append(Copy(tmp_path / name))
    yield made
    for copy in made:
        if copy.process is not None and copy.process.poll() is None:
            copy.end(signal.SIGTERM)


def test_two_copies_run_side_by_side_and_the_data_stay(copies: list[Copy]) -> None:
    for copy in copies:
        copy.start()
        assert copy.processes()
    for copy in copies:
        assert copy.authorities() == 1
        with urllib.request.urlopen(f"http://127.0.0.1:{copy.port}/health") as answer:
            assert answer.status == 200
    first, second = copies
    assert "Stopped." in first.end(signal.SIGINT)
    first.wait_for_nothing()
    assert second.authorities() == 1, "stopping one copy stopped the other"
    second.end(signal.SIGTERM)
    second.wait_for_nothing()

    first.start()
    assert first.authorities() == 1
    first.end(signal.SIGINT)


def test_a_killed_supervisor_takes_everything_with_it(copies: list[Copy]) -> None:
    copy = copies[0]
    copy.start()
    assert copy.process is not None
    copy.process.kill()
    copy.wait_for_nothing()
    copy.start()
    assert copy.authorities() == 1
    copy.end(signal.SIGTERM)


def test_a_dead_site_a_dead_worker_and_a_dead_server_are_started_again(copies: list[Copy]) -> None:
    copy = copies[0]
    copy.start()
    for part in ("gunicorn", "celery", "redis-server"):
        victims = [process for process, line in copy.running() if part in line]
        assert victims, f"{part} does not run"
        for victim in victims:
            with contextlib.suppress(psutil.NoSuchProcess):
                victim.kill()
    until = time.monotonic() + 60
    while True:
        running = " ".join(line for _, line in copy.running())
        if all(part in running for part in ("gunicorn", "celery", "beat", "redis-server")) and _healthy(copy):
            break
        assert time.monotonic() < until, running
        time.sleep(0.2)
    assert "is started again" in copy.end(signal.SIGTERM)
    copy.wait_for_nothing()


def test_a_command_works_while_the_demonstration_runs_and_does_not_stop_its_servers(
    copies: list[Copy],
) -> None:
    copy = copies[0]
    copy.start()
    assert copy.manage("check", "--database", "default").returncode == 0
    started = " ".join(line for _, line in copy.running())
    assert "postgres" in started
    assert "redis-server" in started
    assert copy.authorities() == 1
    refused = copy.manage("demo", "--reset")
    assert refused.returncode == 1
    assert "is taken" in refused.stderr
    copy.end(signal.SIGINT)


def test_a_command_on_a_demonstrations_data_works_by_its_clock_and_with_its_neighbours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_VAR", str(tmp_path))
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert not embedded.is_beside_demo(["sync_schools"])
    (tmp_path / embedded.DEMO_STAMP).touch()
    assert embedded.is_beside_demo(["sync_schools", "--authority", "eastshire"])
    assert not embedded.is_beside_demo(["check", "--deploy"])
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/portal")
    assert not embedded.is_beside_demo(["sync_schools"])


def _healthy(copy: Copy) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{copy.port}/health", timeout=5):
            return True
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False
