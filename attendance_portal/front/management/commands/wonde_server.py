"""`manage.py wonde_server`: a local server that speaks Wonde's protocol for the demonstration's schools."""

from __future__ import annotations

import contextlib
from dataclasses import fields
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from attendance_portal.commands import day
from attendance_portal.front.demo.building import AS_OF, EASTSHIRE, SEED, build_demo
from attendance_portal.front.demo.wonde_server import TOKEN, Faults, WondeServer
from attendance_portal.front.demo.wonde_world import wonde_schools


class Command(BaseCommand):
    """Runs beside `make demo` until Ctrl-C. --fault NAME=VALUE begins with a failure; more are switched meanwhile."""

    help = __doc__
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.WONDE_PORT, help="where it listens")
        parser.add_argument("--schools", type=int, default=EASTSHIRE[3], help="as in seed_demo")
        parser.add_argument("--pupils", type=int, default=EASTSHIRE[4], help="as in seed_demo")
        parser.add_argument("--seed", type=int, default=SEED, help="as in seed_demo")
        parser.add_argument("--as-of", type=day, default=AS_OF, metavar="YYYY-MM-DD", help="as in seed_demo")
        names = ", ".join(one.name for one in fields(Faults))
        parser.add_argument("--fault", action="append", default=[], metavar="NAME=VALUE", help=f"of {names}")

    def handle(self, *args: Any, **options: Any) -> None:
        faults = _faults(options["fault"])
        self.stdout.write("Making the schools …")
        wanted = {name: options[name] for name in ("seed", "as_of", "schools", "pupils")}
        try:
            server = WondeServer(wonde_schools(build_demo(**wanted)[0]), port=options["port"], faults=faults)
        except OSError as taken:
            raise CommandError(f"Port {options['port']} is taken: choose another with --port.") from taken
        except ValueError as error:
            raise CommandError(str(error)) from error
        self._greet(server)
        with contextlib.suppress(KeyboardInterrupt):
            server.serve()
        self.stdout.write("Stopped.")

    def _greet(self, server: WondeServer) -> None:
        faults = f"http://127.0.0.1:{server.port}/faults"
        self.stdout.write(f"{len(server.schools)} schools of Eastshire at {server.address}")
        self.stdout.write(f"Its token is {TOKEN}: the administrator enters it on the page School systems.")
        self.stdout.write(f"Failures: curl {faults} tells them, curl {faults}/storm/20 switches one. Ctrl-C stops it.")
        self.stdout.flush()


def _faults(typed: list[str]) -> Faults:
    faults = Faults()
    for one in typed:
        name, _, value = one.partition("=")
        try:
            faults.switch(name, value or "1")
        except (KeyError, ValueError):
            raise CommandError(f'There is no failure "{one}". Write NAME=VALUE, for example storm=20.') from None
    return faults
