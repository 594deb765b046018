"""The commands that the hand-written documents name exist, with the options they are given."""

from __future__ import annotations

import re
import shlex

import pytest
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from attendance_portal.database_roles import APP, BACKUP, OWNER
from tests.servers import BASE

DOCUMENTS = ("operating.md", "security.md", "dpia.md")


def commands_of(document: str) -> list[list[str]]:
    """The words of each line of a shell block that runs manage.py, from its command on."""
    blocks = re.findall(r"```sh\n(.*?)```", (BASE / "docs" / document).read_text(), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines() if "manage.py " in line]
    return [shlex.split(line.partition("manage.py ")[2].partition(" && ")[0], comments=True) for line in lines]


def test_the_commands_of_the_documents_are_found() -> None:
    assert len(commands_of("operating.md")) > 15


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_of_the_documents_takes_its_arguments(document: str) -> None:
    known = get_commands()
    for name, *arguments in commands_of(document):
        where = known[name]
        command = where if isinstance(where, BaseCommand) else load_command_class(where, name)
        command.create_parser("manage.py", name).parse_args(arguments)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_the_files_and_the_names_in_the_documents_are_there(document: str) -> None:
    text = (BASE / "docs" / document).read_text()
    paths = re.findall(r"`((?:attendance_portal|docs|tests|schools)/[\w./-]+)`", text)
    assert [path for path in paths if not (BASE / path).exists()] == []
    example = (BASE / ".env.example").read_text()
    named = {name for name in re.findall(r"`([A-Z][A-Z_]{5,})`", text) if name not in ("BYPASSRLS",)}
    assert [name for name in named if f"\n{name}=" not in example] == []
    roles = set(re.findall(r"\bportal_(?:app|owner|backup)\b", text))
    assert roles <= {APP, OWNER, BACKUP}
