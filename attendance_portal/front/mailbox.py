"""The demonstration's e-mail, read from the files that are written where there is no mail server."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path

# Django's file backend ends each message with a line of dashes; a boundary of MIME parts is never only dashes.
_BETWEEN = b"\n" + b"-" * 79 + b"\n"
MOST_READ = 200


@dataclass(frozen=True)
class Letter:
    """One message. `key` names it: the file and its place in it."""

    key: str
    sent_at: dt.datetime
    to: str
    subject: str
    body: str
    calendar: str


def letters(folder: Path) -> list[Letter]:
    """The latest messages of a folder, newest first; an unreadable file is passed over."""
    files = sorted(folder.glob("*.log"), key=lambda path: path.name, reverse=True) if folder.is_dir() else []
    found: list[Letter] = []
    for path in files[:MOST_READ]:
        found += _letters_of(path)
    return sorted(found, key=lambda letter: (letter.sent_at, letter.key), reverse=True)[:MOST_READ]


def letter_of(folder: Path, key: str) -> Letter | None:
    """The message of this key, or None. Keys are compared with those found: no path is made of what was asked."""
    return next((letter for letter in letters(folder) if letter.key == key), None)


def _letters_of(path: Path) -> Iterator[Letter]:
    for at, raw in enumerate(path.read_bytes().split(_BETWEEN)):
        if raw.strip():
            message = BytesParser(EmailMessage, policy=policy.default).parsebytes(raw)
            yield _letter(f"{path.stem}-{at}", message)


def _letter(key: str, message: EmailMessage) -> Letter:
    body = message.get_body(preferencelist=("plain",))
    calendar = next((part for part in message.walk() if part.get_content_type() == "text/calendar"), None)
    return Letter(
        key=key,
        sent_at=parsedate_to_datetime(str(message["Date"])),
        to=str(message["To"]),
        subject=str(message["Subject"]),
        body=_text(body),
        calendar=_text(calendar),
    )


def _text(part: object) -> str:
    """The text of a part; empty when there is none."""
    return str(part.get_content()) if isinstance(part, EmailMessage) else ""
