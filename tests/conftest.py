"""Fixtures of every test: a real PostgreSQL under the plain role, a real Redis, databases of one's own.

`@pytest.mark.django_db` gives the worker's database, rolled back after the test. `own_database` gives a fresh
one in which commits are real (other processes, kills, browsers). `transaction=True` cannot work: it truncates,
and the site's role may not.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import django
import pytest
from django.conf import settings
from django.core.cache import cache
from django.middleware import csrf
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from attendance_portal import embedded, processes
from tests.servers import BASE, TestServer, close_connections, free_port

pytest_plugins = ["tests.cast"]

if settings.configured:
    raise pytest.UsageError("Unset DJANGO_SETTINGS_MODULE: the tests name their own folder before settings load.")

# Workers of xdist inherit the folder.
_FOLDER = Path(os.environ.get("PORTAL_TEST_FOLDER") or tempfile.mkdtemp(prefix="portal-test-"))
os.environ["PORTAL_TEST_FOLDER"] = str(_FOLDER)
_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "main")
VAR = _FOLDER / _WORKER
os.environ.update(
    DJANGO_SETTINGS_MODULE="attendance_portal.settings",
    PORTAL_VAR=str(VAR),
    DATABASE_WITHOUT_POOL="1",
    STATIC_FROM_SOURCE="1",
    WITHOUT_SSL_REDIRECT="1",
    PORTAL_DEMO="",
    DEBUG="",
    EMAIL_HOST="",
)
os.environ.pop("REDIS_URL", None)
# One key for all workers: what one seeded, the others use.
VAR.mkdir(parents=True, exist_ok=True)
(VAR / "secret-key").write_text(hashlib.sha256(_FOLDER.name.encode()).hexdigest())
django.setup()
# A worker of xdist inherits this environment, and must come to this file before it loads the settings.
del os.environ["DJANGO_SETTINGS_MODULE"]

# Of the letters and figures that usually make a form's token, some would now and then spell a name of the tests'
# children, on a page that must not tell it.
csrf.CSRF_ALLOWED_CHARS = "XZ"

# The same examples in every run: what fails for one fails for all. HYPOTHESIS_PROFILE=default looks further.
# How fast they are drawn is the machine's business.
hypothesis_settings.register_profile(
    "same", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

_server = TestServer(_FOLDER / "server")


def pytest_configure(config: pytest.Config) -> None:
    """Where xdist has workers, the process above them holds the server."""
    if _WORKER == "main" and config.getoption("numprocesses", None):
        _server.start()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server and remove everything the run wrote."""
    if _WORKER == "main":
        _server.stop()
        shutil.rmtree(_FOLDER, ignore_errors=True)


@pytest.fixture(scope="session")
def redis_server() -> Iterator[str]:
    """A Redis of this worker's own, at the address the settings name; answers that address."""
    embedded.start_redis(VAR, die_with_me=True)
    yield f"unix://{embedded.redis_socket(VAR)}"
    embedded.stop_redis(VAR)


@pytest.fixture(scope="session")
def database_server() -> TestServer:
    """The PostgreSQL of this run, with the migrated template not yet made."""
    _server.start()
    return _server


@pytest.fixture(scope="session")
def django_db_setup(
    database_server: TestServer, redis_server: str, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """This worker's clone of the migrated template; `default` goes there as the plain role `portal_app`."""
    with django_db_blocker.unblock():
        database_server.make_template()
        name = database_server.clone()
        database_server.point_to(name)
    yield name
    with django_db_blocker.unblock():
        close_connections()
    database_server.drop(name)


@pytest.fixture(autouse=True)
def _fresh_cache(request: pytest.FixtureRequest) -> Iterator[None]:
    """What one test counted (rate limits) or cached is forgotten by the next."""
    yield
    if {"db", "own_database", "django_db_setup"} & set(request.fixturenames):
        cache.clear()


@pytest.fixture
def own_database(
    request: pytest.FixtureRequest,
    django_db_setup: str,
    database_server: TestServer,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[str]:
    """A fresh database in which commits are real; both aliases go to it. Answers its name."""
    if request.node.get_closest_marker("django_db"):
        pytest.fail("own_database and the django_db mark exclude each other")
    with django_db_blocker.unblock():
        name = database_server.clone()
        database_server.point_to(name)
        yield name
        database_server.point_to(django_db_setup)
    database_server.drop(name)


@pytest.fixture
def process_environment(own_database: str, database_server: TestServer) -> dict[str, str]:
    """The environment in which another process (`manage.py`, gunicorn, a worker) works on `own_database`."""
    return database_server.environment(own_database, VAR)


class Site:
    """A real gunicorn over `own_database`."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.environment = {**environment, "PORT": str(self.port), "PORTAL_ADDRESS": self.address}
        self.log = VAR / f"site-{self.port}.log"

    def start(self) -> None:
        """Start it and wait until it answers."""
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "attendance_portal.wsgi",
            "--bind",
            f"127.0.0.1:{self.port}",
        ]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--threads", "4", "--timeout", "60"],
                env=self.environment,
                cwd=BASE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=processes.die_with_parent(15),
            )
        until = time.monotonic() + 180
        while not self._answers():
            if time.monotonic() > until or self.process.poll() is not None:
                raise RuntimeError(f"gunicorn did not start: {self.log.read_text()}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/health", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def kill(self) -> None:
        """End all its processes at once, as a power cut would."""
        os.killpg(self.process.pid, 9)
        self.process.wait()

    def stop(self) -> None:
        """End it in order."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)


@pytest.fixture
def site(process_environment: dict[str, str]) -> Iterator[Site]:
    """The running site over `own_database`, at `site.address`; sign-in asks for no second factor."""
    running = Site(process_environment)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def start_worker(process_environment: dict[str, str]) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Answers a function that starts a real Celery worker over `own_database`."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", "attendance_portal", "worker", "--concurrency", "1"]
        with (VAR / "worker.log").open("ab") as log:
            process = subprocess.Popen(
                [*command, "--loglevel", "INFO", "--without-gossip", "--without-mingle"],
                env=process_environment,
                cwd=BASE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=processes.die_with_parent(15),
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
            process.wait(30)
