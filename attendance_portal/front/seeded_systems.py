"""One school of the demonstration is read from its own system: by the real sync, from a server that lives as long."""

from __future__ import annotations

import datetime as dt
import random
import time

from django.conf import settings

from attendance_portal.front.demo.wonde_server import TOKEN, WondeServer
from attendance_portal.front.demo.wonde_world import wonde_schools
from attendance_portal.front.demo.world import DemoAuthority
from attendance_portal.models import Authority, Membership
from attendance_portal.sealing import Secret
from attendance_portal.tenancy import authority_scope
from schools.connectors import Timing
from schools.models import Connection
from schools.syncing import syncing, syncs

LINKED = 3
"""The school's place in the catalogue; `make wonde` tells of all the others."""


def sync_one_school(authority: Authority, invented: DemoAuthority, *, by: Membership, at: dt.datetime) -> None:
    """The administrator entered the token that `make wonde` accepts, and the first school to approve was read."""
    server = WondeServer([school for school in wonde_schools(invented) if school.number == LINKED])
    if not server.schools:
        return
    with authority_scope(authority):
        syncs.set_token(Connection.Source.WONDE, Secret(TOKEN), by=by, at=at)
    elsewhere, settings.WONDE_ADDRESS = settings.WONDE_ADDRESS, server.address
    server.start()
    try:
        syncing.work_off(authority, Timing(now=lambda: at, sleep=time.sleep, chance=random.random))
    finally:
        server.stop()
        settings.WONDE_ADDRESS = elsewhere
