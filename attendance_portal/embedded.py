"""The PostgreSQL and Redis servers that start with the portal where no `DATABASE_URL` or `REDIS_URL` is set.

Everything hangs on files under `PORTAL_VAR` and on the servers' own process numbers, nothing on the life of a
Python object: any process can start, find and stop the servers of its `PORTAL_VAR`.
"""

from __future__ import annotations

import contextlib
import ctypes
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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis

DATABASE = "portal"
SUPERUSER = "postgres"
SYSTEM_USER = "pgserver"  # PostgreSQL refuses to run as root; this account runs it then
_SOCKET_LENGTH = 100  # a socket's whole path must stay under 108 bytes
_PR_SET_PDEATHSIG = 1


class ServerMissing(RuntimeError):
    """A server cannot be started; the message is a sentence for the person at the keyboard."""


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
