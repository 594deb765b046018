"""The simple list: a school without an export enters its persistently and severely absent pupils by hand.

The list goes the way of every file of counts: kept, read, shown, confirmed, undone. It is never mixed with marks.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from attendance_portal.models import Membership
from schools.models import School, Upload
from schools.register.bands import persistent
from schools.sending.counts import BY_HAND
from schools.sending.uploads import read_upload, receive_upload

FILE_NAME: Final = f"{BY_HAND}.csv"
HEADINGS: Final = (
    "UPN",
    "Admission Number",
    "Surname",
    "Forename",
    "Date of Birth",
    "Year Group",
    "Possible Sessions",
    "Authorised Absences",
    "Unauthorised Absences",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One pupil of the list: how to know the pupil, and the sessions of the period."""

    upn: str
    local_id: str
    surname: str
    forename: str
    born_on: str
    year_group: str
    possible: int
    authorised: int
    unauthorised: int

    @property
    def is_persistent(self) -> bool:
        """Whether the absence is persistent, or severe, by the national rule."""
        missed = self.authorised + self.unauthorised
        return bool(persistent(np.array([missed]), np.array([self.possible]))[0])

    @property
    def cells(self) -> tuple[str | int, ...]:
        numbers = (self.possible, self.authorised, self.unauthorised)
        return (self.upn, self.local_id, self.surname, self.forename, self.born_on, self.year_group, *numbers)


def enter_list(
    school: School,
    entries: Sequence[Entry],
    *,
    first_on: dt.date,
    last_on: dt.date,
    by: Membership,
    at: dt.datetime,
    on: dt.date,
) -> Upload:
    """Take the list of a period (both days inclusive) and read it; the person confirms it as any file."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([BY_HAND, f"{first_on:%d/%m/%Y} to {last_on:%d/%m/%Y}"])
    writer.writerow(HEADINGS)
    writer.writerows(entry.cells for entry in entries)
    upload = receive_upload(school, [text.getvalue().encode()], file_name=FILE_NAME, by=by, at=at)
    read_upload(upload, on=on)
    return upload
