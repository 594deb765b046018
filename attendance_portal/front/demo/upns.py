"""UPNs of invented pupils: right check letters under an authority number that no real authority has."""

from __future__ import annotations

from typing import Final

import numpy as np

from attendance_portal.upn import LETTERS, check_letter

TEMPORARY_SHARE: Final = 0.004
MISSING_SHARE: Final = 0.003


def with_check_letter(rest: str) -> str:
    """The UPN of 13 characters whose last 12 are `rest`."""
    return check_letter(rest) + rest


class Issuer:
    """Gives out UPNs of one authority, none twice: three digits of serial for each school and year."""

    def __init__(self, code: str, establishments: list[str], rng: np.random.Generator) -> None:
        self._code = code
        # Children who came from elsewhere have the number of a school that is not in the demo.
        self._establishments = establishments + [f"{number}" for number in range(3900, 3906)]
        self._given: dict[int, int] = {}
        self._rng = rng

    def issue(self, year: int) -> str:
        """A UPN allotted in the calendar `year`; now and then a temporary one, or none (empty)."""
        chance = self._rng.random()
        if chance < MISSING_SHARE:
            return ""
        serial, at = divmod(self._next(year), len(self._establishments))
        stem = f"{self._code}{self._establishments[at]}{year % 100:02d}"
        if chance < MISSING_SHARE + TEMPORARY_SHARE and serial < 98:
            return with_check_letter(f"{stem}{serial + 1:02d}{LETTERS[serial % 23]}")
        if serial >= 999:
            raise ValueError(f"More than 999 UPNs for one school in {year}: ask for more schools.")
        return with_check_letter(f"{stem}{serial + 1:03d}")

    def _next(self, year: int) -> int:
        self._given[year] = self._given.get(year, -1) + 1
        return self._given[year]
