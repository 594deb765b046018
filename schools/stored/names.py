"""Names as they are searched and sorted: without accents, case or punctuation."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

KEY_LENGTH = 3
_LETTERS = {"ß": "ss", "æ": "ae", "ø": "o", "đ": "d", "ł": "l", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"}


@lru_cache(maxsize=4096)
def normal(name: str) -> str:
    """`name` in lower case, accents removed, punctuation dropped, single spaces: O’Brien-Łoś is "obrien los"."""
    spread = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(_LETTERS.get(letter, letter) for letter in spread if not unicodedata.combining(letter))
    without_apostrophes = re.sub(r"['’ʼ`]", "", plain)
    return " ".join(re.findall(r"\w+", without_apostrophes))


def sort_key(surname: str, forename: str) -> str:
    """What lists are sorted by and searched with: surname, then forename."""
    return f"{normal(surname)} {normal(forename)}".strip()[:310]


def name_keys(surname: str, forename: str) -> set[str]:
    """The first letters of each part of a name: what a search finds by equality."""
    return {part[:KEY_LENGTH] for part in sort_key(surname, forename).split()}


def search_parts(typed: str) -> list[str]:
    """What was typed to find a child, as parts to be compared with the parts of names."""
    return normal(typed).split()
