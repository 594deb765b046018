"""Unique pupil numbers: their shape, their check letter and the authority that issued them.

Source: the government data standard for the UPN, version 2.0; census rule 1530 for the issuing authority.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
"""The 23 letters of a UPN (no I, O or S); a letter's value is its place, from 0."""

LENGTH = 13
_SHAPE = re.compile(rf"[{LETTERS}][0-9]{{11}}[0-9{LETTERS}]")


def _codes(*spans: tuple[int, int]) -> frozenset[str]:
    return frozenset(f"{code:03d}" for first, last in spans for code in range(first, last + 1))


CURRENT_AUTHORITIES = _codes(
    (201, 213), (301, 320), (330, 336), (340, 344), (350, 359), (370, 373), (380, 384), (390, 394),
    (420, 420), (800, 803), (805, 808), (810, 813), (815, 816), (821, 823), (825, 826), (830, 831),
    (838, 841), (845, 846), (850, 852), (855, 857), (860, 861), (865, 874), (876, 896), (908, 908),
    (916, 916), (919, 919), (921, 921), (925, 926), (929, 929), (931, 931), (933, 933), (935, 938),
    (940, 943),
)  # fmt: skip
"""The 153 authorities of England since April 2023, by their three-digit number."""

RETIRED_AUTHORITIES = _codes((820, 820), (835, 837), (875, 875), (909, 909), (928, 928))
"""Numbers no longer in use that are still inside UPNs: old Bedfordshire, Dorset, Cheshire and others."""

PSEUDO_AUTHORITIES = _codes((1, 5), (660, 681), (701, 708))
"""Welsh authorities and the numbers of service and overseas schools (census rule 1530)."""

ISSUERS = CURRENT_AUTHORITIES | RETIRED_AUTHORITIES | PSEUDO_AUTHORITIES
"""Every number that may stand in places 2 to 4: the issuing school's authority, not the pupil's."""


@dataclass(frozen=True, slots=True)
class UPN:
    """A number that passed every check."""

    value: str
    temporary: bool

    @property
    def authority(self) -> str:
        """The issuing authority's three digits."""
        return self.value[1:4]


class BrokenUPN(ValueError):
    """Text that is not a UPN; the message ends a sentence beginning 'it' ('it has 12 characters …')."""


def tidy(text: str) -> str:
    """The text as a UPN is written: no spaces, capital letters."""
    return "".join(text.split()).upper()


def check_letter(rest: str) -> str:
    """The letter that belongs before `rest`, the last 12 characters of a UPN.

    Each character's value is multiplied by its place (2 to 13); the sum modulo 23 names the letter.
    """
    values = (LETTERS.index(c) if c in LETTERS else int(c) for c in rest)
    return LETTERS[sum(value * place for place, value in enumerate(values, start=2)) % len(LETTERS)]


def read_upn(text: str, extra_codes: frozenset[str] = frozenset()) -> UPN:
    """The UPN written in `text`; raises `BrokenUPN` saying what is wrong with it.

    `extra_codes` are further three-digit numbers that may issue, such as the fictional 998 and 999, which
    are good only where the installation has an authority of that number.
    """
    value = tidy(text)
    if len(value) != LENGTH:
        raise BrokenUPN(f"it has {len(value)} characters where a UPN has {LENGTH}")
    if not _SHAPE.fullmatch(value):
        raise BrokenUPN("a UPN is a letter (never I, O or S), then 11 digits, then a digit or a letter")
    if value[0] != check_letter(value[1:]):
        raise BrokenUPN("its first letter does not agree with the digits, so a character is wrong")
    if value[1:4] not in ISSUERS and value[1:4] not in extra_codes:
        raise BrokenUPN(f"no authority has the number {value[1:4]}")
    return UPN(value, temporary=is_temporary(value))


def is_temporary(upn: str) -> bool:
    """Whether a UPN, one that passed the checks, is a temporary one: it ends in a letter."""
    return upn[-1] in LETTERS


def is_upn(text: str, extra_codes: frozenset[str] = frozenset()) -> bool:
    """Whether `text` is a UPN that passes every check of `read_upn`."""
    try:
        read_upn(text, extra_codes)
    except BrokenUPN:
        return False
    return True
