"""The documents under `docs/` that are written from the code: the law, the moves and the files it understands."""

from __future__ import annotations

from attendance_portal.front.handbook.files import files
from attendance_portal.front.handbook.law import law
from attendance_portal.front.handbook.moves import moves

DOCUMENTS = {"law.md": law, "moves.md": moves, "files.md": files}
"""The name of each document, and the function that writes it from the code."""
