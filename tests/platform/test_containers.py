"""What docker-compose.yml and the Dockerfile run, run without Docker: every command and every health check."""

from __future__ import annotations

import json
import os
import pwd
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from attendance_portal import embedded, processes
from tests.servers import BASE, TestServer, free_port

FILLED_IN = {
    "SECRET_KEY": "a-key-for-this-test-only-0123456789-abcdefghijklmnopqrstuvwxyz",
    "POSTGRES_PASSWORD": "one",
    "OWNER_PASSWORD": "two",
    "APP_PASSWORD": "three",
    "BEHIND_PROXY": "1",
}
SERVICES: dict[str, Any] = yaml.safe_load((BASE / "docker-compose.yml").read_text())["services"]
DOCKERFILE = (BASE / "Dockerfile").read_text()


def filled_in(text: str) -> str:
    """`text` as compose reads it, with the values of `.env` that FILLED_IN gives."""
    return re.sub(r"\$\{([A-Z_]+)(?::([-?])([^}]*))?\}", _value, text).replace("$$", "$")


def _value(match: re.Match[str]) -> str:
    name, how, otherwise = match.groups()
    return FILLED_IN[name] if how == "?" else FILLED_IN.get(name, otherwise or "")


class Containers:
    """The services as processes of this machine, on a database, a Redis and a folder of their own."""

    def __init__(self, server: TestServer, database: str, redis: str, var: Path) -> None:
        self.port = str(free_port())
        self.var, self.server, self.redis = var, server, redis
        self.on(database)
        self.started: list[subprocess.Popen[bytes]] = []

    def on(self, database: str) -> None:
        """Let them work on this database."""
        self.database = database
        self.addresses = {
            "DATABASE_URL": self.server.url("portal_app", database),
            "DATABASE_OWNER_URL": self.server.url("portal_owner", database),
            "DATABASE_ADMIN_URL": os.environ.get("DATABASE_ADMIN_URL", self.server.url("postgres", "postgres")),
            "REDIS_URL": self.redis,
        }

    def environment(self, name: str) -> dict[str, str]:
        """Only what the container would have: nothing of this process's own environment but the PATH."""
        told = {key: filled_in(str(value)) for key, value in SERVICES[name]["environment"].items()}
        here = {key: value for key, value in self.addresses.items() if key in told}
        image = {"PORTAL_VAR": str(self.var), "STATIC_ROOT": str(self.var / "collected"), "PYTHONUNBUFFERED": "1"}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        return {**image, **told, **here, "PATH": path, "HOSTNAME": socket.gethostname()}

    def command(self, name: str) -> list[str]:
        """The service's own command, else the image's; the port is one that is free here."""
        command = SERVICES[name].get("command") or json.loads(re.findall(r"^CMD (.+)$", DOCKERFILE, re.M)[-1])
        return [filled_in(word).replace(":8000", f":{self.port}") for word in command]

    def run(self, name: str) -> subprocess.CompletedProcess[str]:
        """Run a service that ends by itself."""
        return subprocess.run(
            self.command(name), env=self.environment(name), cwd=BASE, capture_output=True, text=True, check=False
        )

    def start(self, name: str) -> None:
        with (self.var / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                self.command(name),
                env=self.environment(name),
                cwd=BASE,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=processes.die_with_parent(15),
            )
        self.started.append(process)

    def is_healthy(self, name: str) -> bool:
        """Run the service's health check as the container would."""
        how, *words = SERVICES[name]["healthcheck"]["test"]
        here = {"/var/lib/portal": str(self.var), ":8000": f":{self.port}"}
        command = [filled_in(word) for word in words]
        for there, ours in here.items():
            command = [word.replace(there, ours) for word in command]
        command = ["sh", "-c", *command] if how == "CMD-SHELL" else command
        done = subprocess.run(command, env=self.environment(name), cwd=BASE, capture_output=True, check=False)
        return done.returncode == 0

    def wait_until_healthy(self, name: str) -> None:
        until = time.monotonic() + 240  # a loaded machine takes its time
        while not self.is_healthy(name):
            assert time.monotonic() < until, (self.var / f"{name}.log").read_text()
            assert self.started[-1].poll() is None, (self.var / f"{name}.log").read_text()
            time.sleep(0.2)


@pytest.fixture
def containers(database_server: TestServer, redis_server: str, tmp_path: Path) -> Iterator[Containers]:
    """Nothing prepared yet; whatever is started ends with the test, and its database goes."""
    database = f"test_containers_{os.getpid()}"
    made = Containers(database_server, database, redis_server, tmp_path)
    yield made
    for process in made.started:
        process.terminate()
    for process in made.started:
        process.wait(30)
    database_server.drop(made.database)


@pytest.fixture
def prepared(containers: Containers, django_db_setup: str, database_server: TestServer) -> Containers:
    """As `prepare` leaves it: a clone of the migrated template."""
    containers.on(database_server.clone())
    return containers


def test_prepare_makes_the_database_and_the_tables_and_may_run_again(
    containers: Containers, database_server: TestServer
) -> None:
    for _ in range(2):
        done = containers.run("prepare")
        assert done.returncode == 0, done.stderr
    with psycopg.connect(database_server.url("portal_app", containers.database)) as site:
        assert site.execute("SELECT count(*) FROM attendance_portal_authority").fetchone() == (0,)


def test_the_image_collects_static_files_and_web_answers_its_health_check(prepared: Containers) -> None:
    [line] = re.findall(r"&& (PORTAL_VAR=\S+ SECRET_KEY=\S+ python manage\.py collectstatic .+)$", DOCKERFILE, re.M)
    words = shlex.split(line)
    build = {**dict(word.split("=") for word in words[:2]), "PORTAL_VAR": str(prepared.var / "build")}
    static = {name: prepared.environment("web")[name] for name in ("STATIC_ROOT", "PATH")}
    done = subprocess.run(words[2:], env={**build, **static}, cwd=BASE, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not prepared.is_healthy("web")
    prepared.start("web")
    prepared.wait_until_healthy("web")
    asked = urllib.request.Request(
        f"http://127.0.0.1:{prepared.port}/", headers={"Host": "localhost", "X-Forwarded-Proto": "https"}
    )
    with urllib.request.urlopen(asked) as answer:
        assert answer.status == 200 and b"/static/govuk/govuk-frontend.min." in answer.read()


def test_the_worker_and_the_clock_answer_their_health_checks(prepared: Containers) -> None:
    for name in ("worker", "beat"):
        assert not prepared.is_healthy(name)
        prepared.start(name)
        prepared.wait_until_healthy(name)


def test_the_health_checks_of_the_servers_ask_what_these_servers_answer(
    redis_server: str, database_server: TestServer
) -> None:
    asked = SERVICES["postgres"]["healthcheck"]["test"][1:]
    with database_server.admin() as connection:
        host, port = connection.info.host, str(connection.info.port)
    where = [str(embedded.postgres_program(asked[0])), *asked[1:-1], host, "-p", port]
    assert subprocess.run(where, capture_output=True, check=False).returncode == 0
    program, *words = SERVICES["redis"]["healthcheck"]["test"][1:]
    beside = embedded.redis_program().parent / program
    client = str(beside) if beside.exists() else shutil.which(program) or program
    told = subprocess.run(
        [client, "-s", redis_server.removeprefix("unix://"), *words], capture_output=True, text=True, check=False
    )
    assert told.stdout == "PONG\n"


def test_a_new_database_server_accepts_the_arguments_it_is_given(database_server: TestServer) -> None:
    account = pwd.getpwnam(embedded.SYSTEM_USER) if os.geteuid() == 0 else None
    folder = database_server.folder / "containers"
    folder.mkdir()
    if account is not None:
        os.chown(folder, account.pw_uid, account.pw_gid)
    arguments = shlex.split(SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"])
    program = str(embedded.postgres_program("initdb"))
    as_account = processes.as_account(account)
    done = subprocess.run(
        [program, "-D", str(folder), "--no-sync", *arguments],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
        **as_account,
    )
    shutil.rmtree(folder)
    assert done.returncode == 0, done.stderr


def test_every_value_that_must_be_filled_in_is_in_the_example() -> None:
    example = (BASE / ".env.example").read_text()
    asked = set(re.findall(r"\$\{([A-Z_]+)", (BASE / "docker-compose.yml").read_text()))
    assert not {name for name in asked if not re.search(rf"^{name}=", example, re.MULTILINE)}
    assert set(re.findall(r"\$\{([A-Z_]+):\?", (BASE / "docker-compose.yml").read_text())) <= set(FILLED_IN)
