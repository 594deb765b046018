"""The source of the portal as syntax trees, and the river its apps lie along: what its tests walk."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

BASE = Path(__file__).resolve().parent.parent

# The river of architecture section 1: what each app may import, and where its foreign keys may point.
UPSTREAM = {
    "attendance_portal": set[str](),
    "schools": {"attendance_portal"},
    "casework": {"attendance_portal", "schools"},
    "tsm": {"attendance_portal", "schools", "casework"},
    "legal": {"attendance_portal", "schools", "casework", "tsm"},
    "virtual_school": {"attendance_portal", "schools", "casework"},
    "attendance_portal.front": {
        "attendance_portal",
        "schools",
        "casework",
        "tsm",
        "legal",
        "virtual_school",
    },
}


@dataclass(frozen=True)
class Source:
    """One file of Python, with its path from the root and its syntax tree."""

    path: str

    @cached_property
    def text(self) -> str:
        return (BASE / self.path).read_text()

    @cached_property
    def tree(self) -> ast.Module:
        try:
            return ast.parse(self.text, self.path)
        except SystemError:  # seen once on Python 3.11.7, with nothing wrong in any file: "recursion depth mismatch"
            return ast.parse(self.text, self.path)

    @property
    def module(self) -> str:
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def app(self) -> str:
        front = self.path.startswith("attendance_portal/front/")
        return "attendance_portal.front" if front else self.path.split("/")[0]

    @cached_property
    def imports(self) -> dict[str, int]:
        """Every dotted name imported, with its line: `from a import b` gives `a` and `a.b`."""
        names: dict[str, int] = {}
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                names.update({alias.name: node.lineno for alias in node.names})
            elif isinstance(node, ast.ImportFrom):
                origin = self._origin(node)
                names[origin] = node.lineno
                names.update({f"{origin}.{alias.name}": node.lineno for alias in node.names})
        return names

    def _origin(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        package = self.path.split("/")[: -node.level]
        return ".".join([*package, *([node.module] if node.module else [])])

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node

    def at(self, line: int) -> str:
        return f"{self.path}:{line}"


def _sources(*folders: str) -> list[Source]:
    paths = (path for folder in folders for path in sorted((BASE / folder).rglob("*.py")))
    return [Source(str(path.relative_to(BASE))) for path in paths]


APPS = [app for app in UPSTREAM if "." not in app and (BASE / app).is_dir()]
OURS = [source for source in _sources(*APPS) if "/migrations/" not in source.path]
TESTS = _sources("tests")
BY_MODULE = {source.module: source for source in OURS}


def app_of(name: str) -> str | None:
    """The app a dotted name belongs to, None when it is not ours."""
    if name == "attendance_portal.front" or name.startswith("attendance_portal.front."):
        return "attendance_portal.front"
    return first if (first := name.partition(".")[0]) in UPSTREAM else None
