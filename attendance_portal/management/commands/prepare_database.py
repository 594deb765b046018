"""`manage.py prepare_database`: the roles, the database and the privileges, once, by an administrator."""

from __future__ import annotations

import os
from typing import Any

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from attendance_portal import database_roles


class Command(BaseCommand):
    """Reads `DATABASE_ADMIN_URL`, and the passwords of the roles from their own addresses."""

    help = (
        "Make the roles portal_owner, portal_app and portal_backup and the database, as DATABASE_ADMIN_URL. "
        "Their passwords are those of DATABASE_OWNER_URL, DATABASE_URL and DATABASE_BACKUP_PASSWORD. "
        "Safe to repeat."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.EMBEDDED_DATABASE:
            self.stdout.write("The embedded database prepares itself; there is nothing to do.")
            return
        url = os.environ.get("DATABASE_ADMIN_URL")
        if not url:
            raise CommandError("Set DATABASE_ADMIN_URL to the address of a role that may make roles.")
        app, owner = settings.DATABASES["default"], settings.DATABASES["owner"]
        if (app["USER"], owner["USER"]) != (database_roles.APP, database_roles.OWNER):
            raise CommandError("DATABASE_URL must name portal_app and DATABASE_OWNER_URL portal_owner.")
        passwords = {
            database_roles.APP: app["PASSWORD"],
            database_roles.OWNER: owner["PASSWORD"],
            database_roles.BACKUP: os.environ.get("DATABASE_BACKUP_PASSWORD", ""),
        }
        with psycopg.connect(url, autocommit=True) as connection:
            database_roles.prepare(connection, app["NAME"], passwords)
        self.stdout.write(f"The roles and the database {app['NAME']} are ready.")
