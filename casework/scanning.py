"""Asking ClamAV whether a file is harmful: its protocol INSTREAM over a socket, and nothing else of it."""

from __future__ import annotations

import logging
import socket
import struct
from collections.abc import Iterator
from enum import Enum, auto
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from attendance_portal.refusals import Refused

logger = logging.getLogger(__name__)

_CHUNK: Final = 1 << 16
_LONGEST_ANSWER: Final = 4096
_FOUND: Final = "The virus scanner found something harmful in it, so it was not kept."
_NO_ANSWER: Final = (
    "It could not be scanned for viruses just now, so it was not kept. Try again in a few minutes; "
    "if that does not help, tell whoever runs the portal."
)


def is_configured() -> bool:
    """Whether there is a scanner to ask (the setting `CLAMAV_URL`)."""
    return bool(settings.CLAMAV_URL)


class Verdict(Enum):
    """What the scanner says of a file. `UNKNOWN`: it is away, too slow, or answers anything else."""

    NOTHING_FOUND = auto()
    HARMFUL = auto()
    UNKNOWN = auto()


class NotScanned(Refused):
    """A file that the scanner said nothing of. Another is not asked about at once: each may take `CLAMAV_SECONDS`."""


def scan(path: Path) -> bool:
    """Whether the file was scanned: True when nothing was found in it, False where no scanner is configured.

    Refused where something was found; `NotScanned` where the scanner is away, too slow or answers anything else.
    """
    if not is_configured():
        return False
    verdict = verdict_on(path)
    if verdict is Verdict.HARMFUL:
        raise Refused(_FOUND)
    if verdict is Verdict.UNKNOWN:
        raise NotScanned(_NO_ANSWER)
    return True


def verdict_on(path: Path) -> Verdict:
    """What the configured scanner says of the file; the log has its words."""
    try:
        answer = _ask(b"zINSTREAM\0", path)
    except (OSError, ValueError) as reason:
        logger.error("The virus scanner did not answer: %s", reason)
        return Verdict.UNKNOWN
    if answer == "stream: OK":
        return Verdict.NOTHING_FOUND
    if answer.endswith(" FOUND"):
        logger.warning("The virus scanner found %s", answer.removeprefix("stream: "))
        return Verdict.HARMFUL
    logger.error("The virus scanner answered %s", answer)
    return Verdict.UNKNOWN


def is_there() -> bool:
    """Whether a scanner is configured and answers."""
    try:
        return is_configured() and _ask(b"zPING\0") == "PONG"
    except (OSError, ValueError):
        return False


def _ask(command: bytes, path: Path | None = None) -> str:
    """What clamd answers, without the NUL it ends with; to INSTREAM, of the file at `path`."""
    with _connected() as clamd:
        clamd.sendall(command)
        if path is not None:
            for chunk in _chunks(path):
                clamd.sendall(struct.pack("!I", len(chunk)) + chunk)
            clamd.sendall(struct.pack("!I", 0))
        answer = b""
        while not answer.endswith(b"\0") and len(answer) < _LONGEST_ANSWER and (more := clamd.recv(_LONGEST_ANSWER)):
            answer += more
    return answer.rstrip(b"\0").decode(errors="replace").strip()


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK):
            yield chunk


def _connected() -> socket.socket:
    """A connection to clamd, which gives up after `CLAMAV_SECONDS`. ValueError for an address that is none."""
    address = urlsplit(settings.CLAMAV_URL)
    if address.scheme == "unix":
        clamd = socket.socket(socket.AF_UNIX)
        clamd.settimeout(settings.CLAMAV_SECONDS)
        try:
            clamd.connect(address.path)
        except OSError:
            clamd.close()
            raise
        return clamd
    if address.scheme != "tcp" or not address.hostname:
        raise ValueError("CLAMAV_URL is neither unix:///path nor tcp://host:port")
    return socket.create_connection((address.hostname, address.port or 3310), settings.CLAMAV_SECONDS)
