"""The servers and databases of a test run: one PostgreSQL for all workers, a Redis and a database for each.

With `DATABASE_URL` set, the server it names is used instead of the embedded one: its roles must have been
made by `manage.py prepare_database`, and `DATABASE_ADMIN_URL` must name a role that may create databases.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import secrets
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

import dj_database_url
import psycopg
from django.core.management import call_command
from django.db import connections
from psycopg import sql
from psycopg.conninfo import make_conninfo

from attendance_portal import database_roles, embedded

BASE = Path(__file__).resolve().parent.parent
# The test server may lose its data when the machine does.
_CARELESS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")
ALIASES = ("default", "owner")


def free_port() -> int:
    """A port for a server to be started: of those that Linux gives to no connection going out, which might take it."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class TestServer:
    """The PostgreSQL of this run: makes the template once, and clones of it."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.embedded = not os.environ.get("DATABASE_URL")
        self.template = f"test_template_{folder.parent.name.rpartition('-')[2].lower()}"

    def start(self) -> None:
        """Start the embedded server; it ends with this process, however that ends."""
        if self.embedded:
            with self._alone("starting"):
                embedded.start_postgres(self.folder, die_with_me=True, options=_CARELESS)

    def stop(self) -> None:
        """Stop the embedded server, or clear the external one."""
        if self.embedded:
            embedded.stop_postgres(self.folder)
        else:
            with self.admin() as connection:
                made = connection.execute(
                    "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [self.template]
                )
                names = [str(name) for (name,) in made]
            for name in names:
                self.drop(name)

    def admin(self, database: str | None = None) -> psycopg.Connection[tuple[object, ...]]:
        """A connection that may create databases."""
        if self.embedded:
            host = str(embedded.postgres_socket_folder(self.folder))
            return psycopg.connect(host=host, user="postgres", dbname=database or "postgres", autocommit=True)
        url = os.environ.get("DATABASE_ADMIN_URL") or os.environ["DATABASE_OWNER_URL"]
        target = make_conninfo(url, dbname=database) if database else url
        return psycopg.connect(target, autocommit=True)

    def url(self, role: str, database: str) -> str:
        """The address of `database` as `role`, as `DATABASE_URL` is written."""
        if self.embedded:
            host = quote(str(embedded.postgres_socket_folder(self.folder)), safe="")
            return f"postgres://{role}@{host}/{database}"
        name = "DATABASE_URL" if role == database_roles.APP else "DATABASE_OWNER_URL"
        return os.environ[name].rpartition("/")[0] + f"/{database}"

    def make_template(self) -> None:
        """Make the template, migrated by the owner, unless another worker has."""
        with self._alone("template"), self.admin() as connection:
            if self._known(connection, self.template):
                return
            draft = f"{self.template}_draft"
            database_roles.create_database(connection, draft)
            database_roles.grant_in(connection, draft)
            self.point_to(draft)
            # Thousands of classes are made and dropped: to collect them on the way is a third of the work.
            gc.disable()
            call_command("migrate", verbosity=0, interactive=False)
            gc.enable()
            close_connections()
            self._rename(connection, draft, self.template)

    def made_once(self, what: str, fill: Callable[[str], None]) -> str:
        """A clone that `fill` was given the name of to fill it, unless another worker has made it; answers its name.

        Nobody is connected to it.
        """
        name = f"{self.template}_{what}"
        with self._alone(what), self.admin() as connection:
            if not self._known(connection, name):
                draft = self.clone()
                fill(draft)
                self._rename(connection, draft, name)
        return name

    @staticmethod
    def _rename(connection: psycopg.Connection[tuple[object, ...]], old: str, new: str) -> None:
        words = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        connection.execute(words.format(sql.Identifier(old), sql.Identifier(new)))

    def clone(self, of: str | None = None) -> str:
        """A new database like the template, or like database `of`, which nobody is connected to; answers its name."""
        name = f"test_{secrets.token_hex(6)}"
        with self._alone("template"), self.admin() as connection:
            database_roles.create_database(connection, name, template=of or self.template)
        with self.admin(name) as connection:
            # Privileges on the database itself are not copied from a template.
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(name)))
            connection.execute(
                sql.SQL(
                    "GRANT CONNECT ON DATABASE {0} TO portal_app, portal_backup;"
                    " GRANT TEMPORARY ON DATABASE {0} TO portal_app"
                ).format(sql.Identifier(name))
            )
        return name

    def drop(self, name: str) -> None:
        """Drop a database, whoever is still connected to it."""
        with self.admin() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def point_to(self, name: str) -> None:
        """Let the aliases of this process go to database `name`."""
        close_connections()
        roles = (database_roles.APP, database_roles.OWNER)
        for alias, role in zip(ALIASES, roles, strict=True):
            parsed = dj_database_url.parse(self.url(role, name))
            for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT"):
                connections[alias].settings_dict[key] = parsed.get(key, "")

    def environment(self, name: str, var: Path) -> dict[str, str]:
        """The environment of a real process (gunicorn, worker, command) that works on database `name`."""
        return {
            **os.environ,
            "PORTAL_VAR": str(var),
            "DATABASE_URL": self.url(database_roles.APP, name),
            "DATABASE_OWNER_URL": self.url(database_roles.OWNER, name),
            "REDIS_URL": f"unix://{embedded.redis_socket(var)}",
            "DATABASE_WITHOUT_POOL": "",
            "PORTAL_DEMO": "1",
        }

    @contextlib.contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / f"{name}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    @staticmethod
    def _known(connection: psycopg.Connection[tuple[object, ...]], name: str) -> bool:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone()
        return found is not None


def close_connections() -> None:
    """Close what this process holds open, pools too."""
    for alias in ALIASES:
        connections[alias].close()
        getattr(connections[alias], "close_pool", lambda: None)()


def command(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `manage.py` in a process of its own."""
    return subprocess.run(
        [sys.executable, str(BASE / "manage.py"), *arguments],
        env=environment,
        cwd=BASE,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
