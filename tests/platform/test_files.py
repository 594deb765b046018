"""The files of the platform: pinned packages, containers, settings for production, log lines."""

from __future__ import annotations

import json
import logging
import re
import sys
import tomllib

import pytest
import yaml

from attendance_portal import embedded
from attendance_portal.logs import WithoutPersonalData
from tests.servers import BASE, command

PRODUCTION = {
    "PATH": "/usr/bin:/bin",
    "SECRET_KEY": "a-key-for-this-test-only-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "attendance.example",
}


def test_every_requirement_is_pinned_with_hashes_and_names_no_address() -> None:
    text = (BASE / "requirements.txt").read_text()
    assert "://" not in text
    assert "--index-url" not in text
    assert "--find-links" not in text
    entries = [entry for entry in re.split(r"\n(?=\S)", text.strip()) if not entry.startswith("#")]
    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\S+", entry), entry
        assert "--hash=sha256:" in entry, entry


def test_every_dependency_of_the_project_is_pinned() -> None:
    pinned = set(re.findall(r"^([a-z0-9._-]+)==", (BASE / "requirements.txt").read_text(), re.MULTILINE))
    project = tomllib.loads((BASE / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    wanted = [re.split(r"[^A-Za-z0-9_.-]", line)[0] for line in lines]
    assert len(wanted) > 30
    assert {re.sub(r"[-_.]+", "-", name).lower() for name in wanted} <= pinned


def test_the_lock_of_the_front_end_packages_names_no_address() -> None:
    packages = json.loads((BASE / "package-lock.json").read_text())["packages"]
    assert packages["node_modules/govuk-frontend"]["version"].startswith("6.0.")
    for name, package in packages.items():
        assert "resolved" not in package, name
        assert not name or "integrity" in package, name


def test_each_service_of_the_compose_file_has_a_health_check() -> None:
    services = yaml.safe_load((BASE / "docker-compose.yml").read_text())["services"]
    assert set(services) == {"web", "worker", "beat", "postgres", "redis", "prepare"}
    assert services["postgres"]["image"] == "postgres:18"
    for name in set(services) - {"prepare"}:  # it runs to its end, and the others wait for that
        assert services[name]["healthcheck"]["test"], name
    for name in ("web", "worker", "beat"):
        assert "portal_owner" not in json.dumps(services[name]), "only `prepare` may know the owner"


def test_the_production_settings_pass_the_deployment_check(tmp_path: object) -> None:
    environment = {**PRODUCTION, "PORTAL_VAR": str(tmp_path)}
    done = command(environment, "check", "--deploy", "--fail-level", "WARNING")
    assert done.returncode == 0, done.stderr


def test_the_example_names_every_variable_that_is_read() -> None:
    example = (BASE / ".env.example").read_text()
    read = set()
    for path in ("settings.py", "embedded.py", "management/commands/prepare_database.py"):
        source = (BASE / "attendance_portal" / path).read_text()
        read |= set(re.findall(r'(?:environ(?:\.get)?[\[(]|_yes\(|_words\()"([A-Z_]+)"', source))
    assert {"DATABASE_URL", "DEBUG", "ALLOWED_HOSTS", "DATABASE_ADMIN_URL"} <= read
    assert not {name for name in read if not re.search(rf"^{name}=", example, re.MULTILINE)}


def test_the_values_of_a_refused_row_stay_out_of_the_log() -> None:
    try:
        raise ValueError("duplicate key\nDETAIL:  Key (upn)=(A123456789012) already exists.")
    except ValueError:
        record = logging.LogRecord("portal", logging.ERROR, "file", 1, "failed", None, sys.exc_info())
    line = WithoutPersonalData().format(record)
    assert "duplicate key" in line
    assert "A123456789012" not in line


@pytest.mark.parametrize("length", [10, 300])
def test_socket_paths_stay_short_however_deep_the_folder(tmp_path_factory: object, length: int) -> None:
    var = BASE / ("d" * length)
    assert len(str(embedded.redis_socket(var))) < 100
    assert len(str(embedded.postgres_socket_folder(var) / ".s.PGSQL.5432")) < 100
