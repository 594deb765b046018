"""`manage.py demo`: everything the demonstration needs, until Ctrl-C."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from attendance_portal import embedded, processes
from attendance_portal.front.demo.accounts import EMAILS, PASSWORD
from attendance_portal.front.supervisor import Supervisor, children_of_demo
from attendance_portal.models import Authority, Membership

# What a demonstration writes; anything else in the folder is not ours to remove.
_WRITTEN = ("pg", "pg.new", "redis", "files", "mail", "log", "static")


class Command(BaseCommand):
    """Start the servers, migrate, make the data if there are none, run site, worker and clock."""

    help = "Run the demonstration: database, broker, site, worker and clock, until Ctrl-C."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--reset", action="store_true", help="Throw the demonstration's data away first.")
        parser.add_argument("--schools", type=int, help="How many schools to make (at least).")
        parser.add_argument("--pupils", type=int, help="How many pupils to make (about).")
        parser.add_argument("--host", default="127.0.0.1", help="The address to listen on.")

    def handle(self, *args: Any, **options: Any) -> None:
        started_at = time.monotonic()
        var: Path = settings.PORTAL_VAR
        _refuse_taken_port(options["host"], settings.PORT)
        if options["reset"]:
            _throw_away(var)
        try:
            with embedded.running(var, die_with_me=True):
                self._prepare(var, {name: options[name] for name in ("schools", "pupils") if options[name]})
                supervisor = Supervisor(children_of_demo(var, options["host"], settings.PORT), var, self._say)
                supervisor.run(lambda: self._greet(started_at))
        except processes.ServerMissing as missing:
            raise CommandError(str(missing)) from missing
        self._say("Stopped. The data are kept; `make demo` goes on with them.")

    def _say(self, line: str) -> None:
        self.stdout.write(line)
        self.stdout.flush()

    def _prepare(self, var: Path, size: dict[str, int]) -> None:
        """Bring the database and the static files up to date; make the data once."""
        self._say("Preparing the database …")
        call_command("migrate", verbosity=0, interactive=False)
        self.check(databases=["default"])
        if not Authority.objects.exists():
            self._say("Making the demonstration's authorities, schools and registers; this happens once …")
            call_command("seed_demo", **size)
        (var / embedded.DEMO_STAMP).touch()
        _collect_static(var)
        for connection in connections.all():
            connection.close()
            getattr(connection, "close_pool", lambda: None)()

    def _greet(self, started_at: float) -> bool:
        """Once the site answers, say where it is and who can sign in."""
        if not _answers(settings.PORT):
            return False
        self._say(f"\nThe attendance portal runs at {settings.PORTAL_ADDRESS}/")
        self._say(f"(ready after {time.monotonic() - started_at:.0f} seconds; Ctrl-C stops it)\n")
        self._say(f"Sign in with any of these; the password of each is: {PASSWORD}")
        for email, role in _accounts():
            self._say(f"  {email:<36}{role}")
        var = settings.PORTAL_VAR
        self._say(f"\nE-mails are files in {var / 'mail'}; logs are in {var / 'log'}.")
        return True


def _accounts() -> list[tuple[str, str]]:
    """E-mail address and role of the demonstration's accounts, in their order."""
    memberships = Membership.objects.filter(user__email__in=EMAILS).select_related("user", "authority")
    known = {m.user.email: f"{m.get_role_display()}, {m.organisation or m.authority}" for m in memberships}
    for connection in connections.all():
        connection.close()
    return [(email, known[email]) for email in EMAILS if email in known]


def _answers(port: int) -> bool:
    """Tell whether the site on this machine answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


def _refuse_taken_port(host: str, port: int) -> None:
    """Say in a sentence when something else listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as taken:
            raise CommandError(f"Port {port} is taken: choose another, as in `make demo PORT=8001`.") from taken


def _throw_away(var: Path) -> None:
    """Remove everything a demonstration has written. Raises CommandError while one runs."""
    var.mkdir(parents=True, exist_ok=True)
    with (var / "users.lock").open("a") as users:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as running:
            raise CommandError("A demonstration runs in this folder: stop it first.") from running
        embedded.stop_servers(var)
        for name in _WRITTEN:
            shutil.rmtree(var / name, ignore_errors=True)
        for left in var.glob("beat-schedule*"):
            left.unlink()


def _collect_static(var: Path) -> None:
    """Collect the static files, unless nothing about them has changed or they are served where they lie."""
    if settings.STATIC_ROOT is None:
        return
    stamp, now = var / "static.stamp", _fingerprint()
    if stamp.exists() and stamp.read_text() == now and settings.STATIC_ROOT.exists():
        return
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.write_text(now)


def _fingerprint() -> str:
    """Changes when a static file or a pinned package does."""
    base: Path = settings.BASE_DIR
    own = sorted(path for path in (base / "static").rglob("*") if path.is_file())
    seen = [f"{path}:{path.stat().st_mtime_ns}" for path in [*own, base / "package-lock.json"]]
    return hashlib.sha256("\n".join(seen).encode()).hexdigest()
