"""`manage.py write_docs`: write the documents of `docs/` that come from the code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from attendance_portal.front.handbook import DOCUMENTS


class Command(BaseCommand):
    """Writes law.md, moves.md and files.md; asks no database."""

    help = "Write docs/law.md, docs/moves.md and docs/files.md from the code."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--into", type=Path, default=settings.BASE_DIR / "docs", help="the folder to write into")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["into"]
        folder.mkdir(parents=True, exist_ok=True)
        for name, document in DOCUMENTS.items():
            (folder / name).write_text(document(), encoding="utf-8")
            self.stdout.write(f"{name} was written.")
