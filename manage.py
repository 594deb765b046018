#!/usr/bin/env python
"""The door to every command; starts the embedded servers where none are named by the environment."""

import contextlib
import os
import select
import sys
from collections.abc import Iterator

from django.core.management import execute_from_command_line

from attendance_portal import embedded

CLOSED_PIPE = 141  # the status of a program that SIGPIPE ended


def main() -> None:
    """Run the command named on the command line, with its servers."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "attendance_portal.settings")
    if sys.argv[1:2] == ["demo"] or embedded.is_beside_demo(sys.argv[1:]):
        os.environ.setdefault("PORTAL_DEMO", "1")
    with quiet_when_nobody_reads(), embedded.servers_for(sys.argv[1:]):
        execute_from_command_line(sys.argv)


@contextlib.contextmanager
def quiet_when_nobody_reads() -> Iterator[None]:
    """A command whose output goes into a pipe that was closed (`… | head`) ends without a word, as others do."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        if not nobody_reads():
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(CLOSED_PIPE)


def nobody_reads() -> bool:
    """Whether standard output is a pipe, and its other end is closed."""
    ends = select.poll()
    ends.register(sys.stdout.fileno(), 0)
    return bool(ends.poll(0))


if __name__ == "__main__":
    main()
