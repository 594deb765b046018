"""Two people typing in one field at once: three-way merges that drop nothing (pure, no Django).

The words between lines, and the lines between texts, are matched by `merge3`, which calls every pair of
touching edits a conflict and never guesses. diff-match-patch was weighed and left: it places a patch by
likeness and reports failure when it finds no place, so typing can be lost.

For a form that goes on being typed in while its save is under way: next time, `began` is the text that
was *sent*, until the text that came back has been put into the form.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from merge3 import Merge3

T = TypeVar("T")


@dataclass(frozen=True)
class Merged:
    """The text to store, and whether two people's typing overlapped in it."""

    text: str
    conflict: bool


@dataclass(frozen=True)
class MergedValue(Generic[T]):
    """The single value to store, and what to tell both people when each chose another (else empty)."""

    value: T
    note: str

    @property
    def conflict(self) -> bool:
        return bool(self.note)


def merge(began: str, mine: str, theirs: str, *, my_name: str, their_name: str) -> Merged:
    """Merge `mine` into `theirs` (stored now), both written from `began`; line ends come back as "\\n".

    Edits in different places both apply, the same edit applies once, and where two overlap the lines of
    both are kept, each beginning with the person's name in square brackets.
    """
    began, mine, theirs = (_with_plain_line_ends(text) for text in (began, mine, theirs))
    if mine in (began, theirs):
        return Merged(theirs, conflict=False)
    if theirs == began:
        return Merged(mine, conflict=False)
    lines, conflict = _merge_lines(began.split("\n"), mine.split("\n"), theirs.split("\n"), my_name, their_name)
    return Merged("\n".join(lines), conflict)


def merge_choices(began: Iterable[T], mine: Iterable[T], theirs: Iterable[T]) -> frozenset[T]:
    """Ticks of two people in one list of choices: what either ticked is on, what either cleared is off.

    Sets cannot conflict: from one beginning, two people can only both tick or both clear the same box.
    """
    began, mine, theirs = frozenset(began), frozenset(mine), frozenset(theirs)
    return (theirs | (mine - began)) - (began - mine)


def merge_value(
    began: T,
    mine: T,
    theirs: T,
    *,
    my_name: str,
    their_name: str,
    shown: Callable[[T], str] = str,
) -> MergedValue[T]:
    """One select or date changed by two people: the last to choose stands, and the note names both.

    An empty choice never takes away the other's value. `shown` writes a value as a person reads it.
    """
    if mine in (began, theirs):
        return MergedValue(theirs, "")
    if theirs == began:
        return MergedValue(mine, "")
    if not _filled(mine) or not _filled(theirs):
        kept, clearer, chooser = (mine, their_name, my_name) if _filled(mine) else (theirs, my_name, their_name)
        note = f"{chooser} chose {shown(kept)} while {clearer} cleared it. {shown(kept)} is kept."
        return MergedValue(kept, note)
    note = (
        f"{their_name} chose {shown(theirs)} and {my_name} chose {shown(mine)}. {shown(mine)} is kept until you agree."
    )
    return MergedValue(mine, note)


def _filled(value: object) -> bool:
    return value is not None and value != ""


def _with_plain_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _merge_lines(
    began: list[str], mine: list[str], theirs: list[str], my_name: str, their_name: str
) -> tuple[list[str], bool]:
    merged: list[str] = []
    conflict = False
    for kind, my_part, their_part, began_part in _regions(began, mine, theirs):
        if kind != "conflict":
            merged += their_part if kind == "b" else my_part
            continue
        by_word = _merge_words(began_part, my_part, their_part)
        if by_word is not None:
            merged += by_word
            continue
        conflict = True
        merged += _both(my_part, their_part, my_name, their_name)
    return merged, conflict


def _regions(
    began: Sequence[str], mine: Sequence[str], theirs: Sequence[str]
) -> list[tuple[str, list[str], list[str], list[str]]]:
    """merge3's regions as (kind, my part, their part, part of `began`); kinds as merge3 names them."""
    regions: list[tuple[str, list[str], list[str], list[str]]] = []
    for region in Merge3(began, mine, theirs).merge_regions():
        kind, start, end = region[0], region[1], region[2]
        if region[0] == "conflict":
            _, _, _, my_start, my_end, their_start, their_end = region
            parts = (list(mine[my_start:my_end]), list(theirs[their_start:their_end]))
            regions.append((kind, *parts, list(began[start:end])))
            continue
        source = {"unchanged": began, "same": mine, "a": mine, "b": theirs}[kind]
        part = list(source[start:end])
        regions.append((kind, part, part, []))
    return regions


def _merge_words(began: list[str], mine: list[str], theirs: list[str]) -> list[str] | None:
    """The lines with both people's words in them, or None where the words overlap as well."""
    if not (began and mine and theirs):
        return None
    merged: list[str] = []
    for kind, my_part, their_part, _ in _regions(_words(began), _words(mine), _words(theirs)):
        if kind == "conflict":
            return None
        merged += their_part if kind == "b" else my_part
    return "".join(merged).split("\n")


def _words(lines: list[str]) -> list[str]:
    """Words, line ends and runs of spaces, each a token; joined they give the lines again."""
    return re.findall(r"\n|[^\S\n]+|\S+", "\n".join(lines))


def _both(mine: list[str], theirs: list[str], my_name: str, their_name: str) -> list[str]:
    if not any(line.strip() for line in mine):
        return theirs
    if not any(line.strip() for line in theirs):
        return mine
    named = _named(my_name, mine)
    # A save sent again (its answer was lost) finds its own text already there, under its name.
    if _holds(theirs, named):
        return theirs
    return _named(their_name, theirs) + named


def _named(name: str, lines: list[str]) -> list[str]:
    return [f"[{name}] {lines[0]}", *lines[1:]]


def _holds(lines: list[str], part: list[str]) -> bool:
    return any(lines[at : at + len(part)] == part for at in range(len(lines) - len(part) + 1))
