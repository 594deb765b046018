"""Reading one uploaded register file: pure of Django and of any clock. `read_register` is the door."""

from schools.reading.counts import Counts
from schools.reading.problems import (
    KINDS,
    LEAVES_OUT_THE_MARK,
    LEAVES_OUT_THE_ROW,
    LISTED_PER_KIND,
    STOPS_THE_FILE,
    UNREADABLE,
    WARNING,
    Kind,
    Problem,
)
from schools.reading.pupils import PupilInFile
from schools.reading.reader import read_register
from schools.reading.register_file import ColumnUse, Marks, RegisterFile
from schools.reading.said import NOTHING_SAID, Layout, Said, SaidCode

__all__ = [
    "KINDS",
    "LEAVES_OUT_THE_MARK",
    "LEAVES_OUT_THE_ROW",
    "LISTED_PER_KIND",
    "NOTHING_SAID",
    "STOPS_THE_FILE",
    "UNREADABLE",
    "WARNING",
    "ColumnUse",
    "Counts",
    "Kind",
    "Layout",
    "Marks",
    "Problem",
    "PupilInFile",
    "RegisterFile",
    "Said",
    "SaidCode",
    "read_register",
]
