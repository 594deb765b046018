"""Two people typing in one field at once: three-way merges that drop nothing (pure, no Django).

Lines, and within changed lines words, are matched by the standard library's `difflib`; edits that touch are
a conflict, never a guess. diff-match-patch was weighed and left: it places a patch by likeness and reports
failure when it finds no place, so typing can be lost.

For a form that goes on being typed in while its save is under way: next time, `began` is the text that
was *sent*, until the text that came back has been put into the form.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import Match, SequenceMatcher
from typing import Generic, TypeVar

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


def digest(told: object) -> str:
    """What stood where a page was opened, in 16 letters: to tell whether it still does. `told`: as JSON holds it."""
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


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
    # A save sent again because its answer was lost finds its own typing there already.
    if _stands_named_in(theirs, began, mine, my_name) or _includes(theirs, began, mine):
        return Merged(theirs, conflict=False)
    if _includes(mine, began, theirs):
        return Merged(mine, conflict=False)
    return _merge_texts(began, mine, theirs, my_name, their_name)


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


def _stands_named_in(theirs: str, began: str, mine: str, my_name: str) -> bool:
    """Whether a conflict of mine came to stand in `theirs` under my name, with every word that I put in."""
    new_lines = set(theirs.split("\n")) - set(began.split("\n"))
    is_named = any(line.startswith(_named(my_name, [""])[0]) for line in new_lines)
    return is_named and _put_in(began, mine) <= _put_in(began, theirs)


def _includes(whole: str, began: str, part: str) -> bool:
    """Whether `whole` is what merging `part` into some text gave, without a conflict.

    That text is found by taking the changes of `part` out of `whole`; merged again it must give `whole`.
    """
    without = _merge_texts(part, began, whole, "", "")
    return _merge_texts(began, part, without.text, "", "") == Merged(whole, conflict=False)


def _put_in(began: str, now: str) -> Counter[str]:
    """The words that `now` has more of."""
    return Counter(now.split()) - Counter(began.split())


def _merge_texts(began: str, mine: str, theirs: str, my_name: str, their_name: str) -> Merged:
    merged: list[str] = []
    conflict = False
    for region in _regions(began.split("\n"), mine.split("\n"), theirs.split("\n")):
        part = region.agreed
        if part is None:
            part = _merge_words(region)
        if part is None:
            conflict = True
            part = _both(region.mine, region.theirs, my_name, their_name)
        merged += part
    return Merged("\n".join(merged), conflict)


@dataclass(frozen=True)
class _Region:
    """A stretch of the three texts: what each has there. Two regions that both people left alone never touch."""

    began: list[str]
    mine: list[str]
    theirs: list[str]

    @property
    def agreed(self) -> list[str] | None:
        """What one alone changed, or both alike, or neither; None where the two differ."""
        if self.mine in (self.began, self.theirs):
            return self.theirs
        return self.mine if self.theirs == self.began else None


def _regions(began: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> Iterator[_Region]:
    """The three texts cut up at everything that both people kept, in order: joined, each gives its text again."""
    at = (0, 0, 0)
    for kept, size in _kept_by_both(began, mine, theirs):
        yield _Region(*(list(text[i:j]) for text, i, j in zip((began, mine, theirs), at, kept, strict=True)))
        same = list(began[kept[0] : kept[0] + size])
        yield _Region(same, same, same)
        at = (kept[0] + size, kept[1] + size, kept[2] + size)


def _kept_by_both(
    began: Sequence[str], mine: Sequence[str], theirs: Sequence[str]
) -> Iterator[tuple[tuple[int, int, int], int]]:
    """Where a run of `began` stands in all three texts, and its length; the last is the end, of length 0."""
    their_runs = _kept(began, theirs)
    for my_run in _kept(began, mine):
        for their_run in their_runs:
            start = max(my_run.a, their_run.a)
            size = min(my_run.a + my_run.size, their_run.a + their_run.size) - start
            if size > 0:
                yield (start, my_run.b + start - my_run.a, their_run.b + start - their_run.a), size
    yield (len(began), len(mine), len(theirs)), 0


def _kept(began: Sequence[str], now: Sequence[str]) -> list[Match]:
    return SequenceMatcher(None, began, now, autojunk=False).get_matching_blocks()


def _merge_words(region: _Region) -> list[str] | None:
    """The lines with both people's words in them, or None where the words overlap as well."""
    lines = (region.began, region.mine, region.theirs)
    if not all(lines):
        return None
    parts = [part.agreed for part in _regions(*map(_words, lines))]
    if any(part is None for part in parts):
        return None
    return "".join(word for part in parts if part for word in part).split("\n")


def _words(lines: list[str]) -> list[str]:
    """Words, line ends and runs of spaces, each a token; joined they give the lines again."""
    return re.findall(r"\n|[^\S\n]+|\S+", "\n".join(lines))


def _both(mine: list[str], theirs: list[str], my_name: str, their_name: str) -> list[str]:
    if not any(line.strip() for line in mine):
        return theirs
    if not any(line.strip() for line in theirs):
        return mine
    return _named(their_name, theirs) + _named(my_name, mine)


def _named(name: str, lines: list[str]) -> list[str]:
    return [f"[{name}] {lines[0]}", *lines[1:]]
