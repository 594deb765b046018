#!/usr/bin/env python
"""The door to every command; starts the embedded servers where none are named by the environment."""

import os
import sys

from django.core.management import execute_from_command_line

from attendance_portal import embedded


def main() -> None:
    """Run the command named on the command line, with its servers."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "attendance_portal.settings")
    if sys.argv[1:2] == ["demo"] or embedded.is_beside_demo(sys.argv[1:]):
        os.environ.setdefault("PORTAL_DEMO", "1")
    with embedded.servers_for(sys.argv[1:]):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
