"""Tables and cells in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

WRITTEN = "*Written from the code by `manage.py write_docs`: change the code, never this file.*"


def page(title: str, *parts: str) -> str:
    """A document: its title, the warning that it is written by a command, and its parts."""
    return "\n\n".join([f"# {title}", WRITTEN, *parts]) + "\n"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; a cell's line ends and strokes are made safe."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    """`text` as code, with a fence longer than any inside it."""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text}{fence}"
