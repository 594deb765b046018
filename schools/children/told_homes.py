"""Whether a text tells where somebody lives: contact details found in words that were typed by somebody else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

_TELLING: Final = 6  # letters and digits: less stands in any text
_NUMBER: Final = 10  # the last digits of a telephone number, the same with 0 and with +44
_KINDS: Final = {
    "ave": "avenue", "av": "avenue", "cl": "close", "cres": "crescent", "ct": "court", "dr": "drive", "gdns": "gardens",
    "gr": "grove", "ln": "lane", "pl": "place", "rd": "road", "sq": "square", "st": "street", "ter": "terrace",
    "terr": "terrace",
}  # fmt: skip
_KIND: Final = re.compile(rf"\b({'|'.join(_KINDS)})\b\.?")
_BETWEEN: Final = re.compile(r"[\W_]+")
_WAYS: Final = "|".join(sorted({*_KINDS.values(), "hill", "row", "view", "walk", "way"}))
# A line without a number tells a home where it names a building or a street, and is more than one of these words.
_BUILDINGS: Final = re.compile(
    r"\b(?:"
    r"apartments|barn|building|bungalow|cottage|cottages|croft|farm|farmhouse|flats|grange|hall|house|houses|lodge|"
    r"manor|mansion|mansions|mews|mill|rectory|tower|towers|vicarage|villa|villas"
    r")\b"
)
_ANY_PLACE: Final = re.compile(
    r"\b(?:"
    r"a|an|at|the|s|her|his|my|their|our|no|town|county|city|village|family|guest|council|safe|parent|parents|"
    r"mother|mothers|father|fathers|mum|mums|dad|dads|aunt|aunts|uncle|uncles|nan|nans|friend|friends|grandmother|"
    r"grandmothers|grandfather|grandfathers|grandparents"
    r")\b"
)
_NOT_SAID: Final = re.compile(
    r"\b(?:"
    r"abode|address|care|children|childrens|confidential|disclosed|foster|homeless|known|none|private|protected|"
    r"refuge|restricted|secret|temporary|undisclosed|unknown|withheld"
    r")\b"
)
_POSTCODE: Final = re.compile(r"\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b")
_UNIT: Final = re.compile(
    r"^(?:(?:flat|apartment|apt|unit|room|floor|plot|caravan|no|number)\b[\s.]*(?:\d+[a-z]?|[a-z])?\b|\d+[a-z]?\s*/)\W*"
)
_ALONE: Final = re.compile(r"^\d+[a-z]?$")
_STREET: Final = re.compile(rf"^(\d+\w?(?:\s*-\s*\d+\w?)?\W+(?:\w+\W+)+?(?:{_WAYS}))\b")
_STREET_ALONE: Final = re.compile(rf"^(?:\w+\W+)+(?:{'|'.join(sorted(set(_KINDS.values()) - {'place'}))})$")


@dataclass(frozen=True)
class Home:
    """How somebody is reached and where they live, as it was typed. `places`: names and addresses that everybody knows,
    of schools, their areas and the authority: a line without a number that stands in one tells no home."""

    telephone: str
    email: str
    address: str
    places: tuple[str, ...] = ()

    def is_told(self, said: str) -> bool:
        """Whether the telephone number, the e-mail address, the postcode or a telling line stands in these words."""
        words = run_together(said)
        told = any(one in words for one in _numbers(self.telephone, self.email))
        return told or any(_stands(line, said) for line in self.lines)

    @property
    def has_a_name(self) -> bool:
        """Whether a line without a number may tell it, so that one needs to know the places that everybody knows."""
        return any(_is_name(line) for line in telling_lines(self.address))

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The telling lines of the address, but for names that everybody knows."""
        return tuple(
            line for line in telling_lines(self.address)
            if not (_is_name(line) and any(_stands(line, place) for place in self.places))
        )  # fmt: skip

    @property
    def needles(self) -> Iterator[str]:
        """Letters and digits of which one run stands in every text that tells this home."""
        yield from _numbers(self.telephone, self.email)
        yield from (run_together(line) for line in self.lines)


def told_among(homes: Sequence[Home], texts: Sequence[str]) -> set[int]:
    """Which of these texts, by their places, tell one of the homes. They are read one by one only for a home that may
    stand in any of them: of a large page with many homes to be kept, that is hardly ever needed."""
    if not homes:
        return set()
    said = "\n".join(texts)
    heap = f"{run_together(said)} {run_together(_written(said))}"
    likely = [home for home in homes if any(needle in heap for needle in home.needles)]
    return {place for place, text in enumerate(texts) if any(home.is_told(text) for home in likely)}


def _numbers(telephone: str, email: str) -> Iterator[str]:
    """A telephone number's last digits, of each number that was typed, and an e-mail address, where long enough."""
    numbers = (run_together(one)[-_NUMBER:] for one in re.split(r"[^\d \t()+.-]+", telephone))
    address = run_together(email) if "@" in email else ""
    yield from (one for one in (*numbers, address) if len(one) >= _TELLING)


def telling_lines(address: str) -> Iterator[str]:
    """What of an address tells a home: its postcode, lines with a number and a word, and the first that names a house
    or a street.

    A flat's number, a town, a county or “Not known” tells none. A house number on a line of its own goes with the next
    line.
    """
    written = _written(address)
    yield from _POSTCODE.findall(written)
    found, before = 0, ""
    lines = [line.strip() for line in re.split(r"[\n\r,;]+", _POSTCODE.sub("", written))]
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        part = _UNIT.sub("", f"{before} {line}".strip()).strip()
        before = part if _ALONE.match(part) else ""
        if before or len(run_together(part)) < _TELLING:
            continue
        if part[0].isdigit() or (not found and _names_a_home(part, following)):
            found += 1
            street = _STREET.match(part)
            yield street[1] if street else part


def _names_a_home(part: str, following: str) -> bool:
    """Whether a line without a number says where: it names a house or a street, or a street comes after it."""
    if _NOT_SAID.search(part) or not re.search(r"[a-z]", _ANY_PLACE.sub("", _BUILDINGS.sub("", part))):
        return False
    named = _BUILDINGS.search(part) or _STREET_ALONE.match(part)
    return bool(named or _STREET.match(following) or _STREET_ALONE.match(following))


def _is_name(line: str) -> bool:
    return not line[0].isdigit() and not _POSTCODE.fullmatch(line)


def _stands(part: str, said: str) -> bool:
    """Whether it stands there in whole words and numbers, however spaced: 14 Mill Lane is not 114 Mill Lane."""
    letters = r"[\W_]*".join(re.escape(one) for one in part if one.isalnum())
    before, after = (r"\d" if one.isdigit() else r"[^\W\d_]" for one in (part[0], part[-1]))
    return bool(re.search(rf"(?<!{before}){letters}(?!{after})", _written(said)))


def _written(text: str) -> str:
    """In small letters, the kinds of street written out."""
    return _KIND.sub(lambda one: _KINDS[one[1]], text.casefold())


def run_together(text: str) -> str:
    """Letters and digits alone, so that “1 Hill Road,” and “1 hill road” are one."""
    return _BETWEEN.sub("", text.casefold())
