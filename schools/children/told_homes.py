"""Whether a text tells where somebody lives: contact details found in words that were typed by somebody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

_TELLING: Final = 6  # letters and digits: less stands in any text
_NUMBER: Final = 10  # the last digits of a telephone number, the same with 0 and with +44
_KINDS: Final = {
    "ave": "avenue", "av": "avenue", "cl": "close", "cres": "crescent", "ct": "court", "dr": "drive", "gdns": "gardens",
    "gr": "grove", "ln": "lane", "pl": "place", "rd": "road", "sq": "square", "st": "street", "ter": "terrace",
    "terr": "terrace",
}  # fmt: skip
_WAYS: Final = "|".join(sorted({*_KINDS.values(), "hill", "row", "view", "walk", "way"}))
_POSTCODE: Final = re.compile(r"\b[a-z]{1,2}\d[a-z\d]?\s*\d[a-z]{2}\b")
_UNIT: Final = re.compile(
    r"^(?:(?:flat|apartment|apt|unit|room|floor|plot|caravan|no|number)\b[\s.]*(?:\d+[a-z]?|[a-z])?\b|\d+[a-z]?\s*/)\W*"
)
_ALONE: Final = re.compile(r"^\d+[a-z]?$")
_STREET: Final = re.compile(rf"^(\d+\w?(?:\s*-\s*\d+\w?)?\W+(?:\w+\W+)+?(?:{_WAYS}))\b")


def tells_of(said: str, *, telephone: str, email: str, address: str) -> bool:
    """Whether the telephone number, the e-mail address, the postcode or a telling line of the address stands in it."""
    words = run_together(said)
    numbers = (run_together(one)[-_NUMBER:] for one in re.split(r"[^\d \t()+.-]+", telephone))
    told = [one for one in (*numbers, run_together(email)) if len(one) >= _TELLING]
    return any(one in words for one in told) or any(_stands(line, said) for line in telling_lines(address))


def telling_lines(address: str) -> Iterator[str]:
    """What of an address tells a home: its postcode, lines with a number and a word, and the first where it has a name.

    A flat's number, a town or a county alone tells none. A house number on a line of its own goes with the next line.
    """
    written = _written(address)
    yield from _POSTCODE.findall(written)
    found, before = 0, ""
    for line in re.split(r"[\n\r,;]+", _POSTCODE.sub("", written)):
        part = _UNIT.sub("", f"{before} {line.strip()}".strip()).strip()
        before = part if _ALONE.match(part) else ""
        is_telling = len(run_together(part)) >= _TELLING and (not found or part[0].isdigit())
        if is_telling and not before:
            found += 1
            street = _STREET.match(part)
            yield street[1] if street else part


def _stands(part: str, said: str) -> bool:
    """Whether it stands there in whole words and numbers, however spaced: 14 Mill Lane is not 114 Mill Lane."""
    letters = r"[\W_]*".join(re.escape(one) for one in part if one.isalnum())
    before, after = (r"\d" if one.isdigit() else r"[^\W\d_]" for one in (part[0], part[-1]))
    return bool(re.search(rf"(?<!{before}){letters}(?!{after})", _written(said)))


def _written(text: str) -> str:
    """In small letters, the kinds of street written out."""
    return re.sub(r"\b[a-z]+\b\.?", lambda one: _KINDS.get(one[0].rstrip("."), one[0]), text.casefold())


def run_together(text: str) -> str:
    """Letters and digits alone, so that “1 Hill Road,” and “1 hill road” are one."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())
