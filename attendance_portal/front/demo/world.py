"""What the demo consists of: plain frozen records, ready for the ordinary actions and the upload path."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


@dataclass(frozen=True)
class DemoSchool:
    """A school; `phase` as in `schools.models.Phase`, year groups inclusive with 0 for Reception."""

    urn: str
    laestab: str
    name: str
    phase: str
    area: str
    address: str
    email: str
    telephone: str
    first_year_group: int
    last_year_group: int

    @property
    def domain(self) -> str:
        return self.email.partition("@")[2]


@dataclass(frozen=True)
class DemoCarer:
    """A parent or carer. `key` is the same for every child of the family."""

    key: str
    name: str
    relationship: str
    email: str
    telephone: str
    address: str
    parental_responsibility: bool
    lives_with: bool


@dataclass(frozen=True)
class DemoCircumstance:
    """A dated fact; `kind` as in `schools.models.Circumstance.Kind`."""

    kind: str
    from_on: date
    until_on: date | None
    source: str


@dataclass(frozen=True)
class DemoEnrolment:
    """A child on a school's roll, both dates inclusive. `year_group` is that of the last year attended.

    A child on two rolls from `shared_from` is due here on `attends_days` only (0 Monday).
    """

    urn: str
    local_id: str
    admission_on: date
    leaving_on: date | None
    year_group: int
    reg_group: str
    attends_days: tuple[int, ...] = (0, 1, 2, 3, 4)
    shared_from: date | None = None


@dataclass(frozen=True)
class DemoPupil:
    """A child. `upn` is empty where the school has none yet."""

    key: str
    upn: str
    surname: str
    forename: str
    sex: str
    date_of_birth: date
    address: str
    family: str
    carers: tuple[DemoCarer, ...]
    circumstances: tuple[DemoCircumstance, ...]
    enrolments: tuple[DemoEnrolment, ...]


@dataclass(frozen=True)
class DemoFile:
    """A file that a school sent earlier in the year, as its system had the marks on that day."""

    file_name: str
    content: bytes
    sent_on: date


@dataclass(frozen=True)
class DemoRegister:
    """One school's register of one school year as its system exports it, and the marks that went in.

    `marks` has a row a pupil (`pupils`, keys) and two columns a day (`days`): numbers of
    `schools.register.codes`, 0 where the file says nothing. It is for checks; the portal reads `content`.
    `closed` are the INSET days of the whole year; `sent_before` the files that came before this one.
    """

    urn: str
    year_starts_on: date
    file_name: str
    layout: str
    content: bytes
    pupils: tuple[str, ...]
    days: tuple[date, ...]
    marks: Bytes
    closed: tuple[date, ...] = ()
    sent_before: tuple[DemoFile, ...] = ()


@dataclass(frozen=True)
class DemoAuthority:
    """An invented authority with its schools, children and registers, oldest year first."""

    code: str
    slug: str
    name: str
    as_of: date
    schools: tuple[DemoSchool, ...]
    pupils: tuple[DemoPupil, ...]
    registers: tuple[DemoRegister, ...]
