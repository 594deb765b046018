"""What is handed over arrives as it was sent, whatever it is."""

from __future__ import annotations

import datetime as dt
import json
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schools.register.marks import WIDTH
from schools.stored.parcels import (
    COUNTED,
    HandedCircumstance,
    HandedStay,
    HandedUpn,
    HandedYear,
    Parcel,
    pack,
    packed_flags,
    unpack,
)

days = st.dates(dt.date(2005, 1, 1), dt.date(2030, 12, 31))
maybe = st.none() | days
words = st.text(max_size=20)
stays = st.builds(
    HandedStay, school=words, urn=words, laestab=words, year_group=words, admission_on=maybe, leaving_on=maybe
)
flags = st.lists(st.booleans(), min_size=WIDTH, max_size=WIDTH).map(lambda told: np.array(told, np.bool_))
years = st.builds(
    HandedYear,
    stay=stays,
    year=st.integers(2010, 2040),
    as_at=maybe,
    marks=st.binary(min_size=WIDTH, max_size=WIDTH),
    is_open=flags.map(packed_flags),
    counts=st.fixed_dictionaries({name: st.integers(0, WIDTH) for name in COUNTED}),
)
parcels = st.builds(
    Parcel,
    surname=words,
    forename=words,
    upn=words,
    date_of_birth=maybe,
    sex=words,
    former_upns=st.lists(st.builds(HandedUpn, upn=words, until_on=days), max_size=3).map(tuple),
    stays=st.lists(stays, max_size=3).map(tuple),
    years=st.lists(years, max_size=2).map(tuple),
    circumstances=st.lists(st.builds(HandedCircumstance, words, days, maybe, words, words, words), max_size=2).map(
        tuple
    ),
    restriction=words,
    note=words,
)


@given(parcels)
def test_every_parcel_arrives_as_it_was_sent(parcel: Parcel) -> None:
    assert unpack(pack(parcel)) == parcel
    assert unpack(memoryview(pack(parcel))) == parcel
    assert pack(unpack(pack(parcel))) == pack(parcel)


@given(flags)
def test_open_half_days_arrive_as_they_were(told: np.ndarray) -> None:
    stay = HandedStay("Hill", "1", "", "7", None, None)
    year = HandedYear(stay, 2026, None, bytes(WIDTH), packed_flags(told), dict.fromkeys(COUNTED, 0))
    assert np.array_equal(year.open_half_days(), told)


def test_a_year_of_marks_takes_little_room() -> None:
    stay = HandedStay("Hill Academy", "999001", "9994001", "7", dt.date(2026, 9, 1), None)
    marks = bytes([1, 2] * (WIDTH // 2))
    year = HandedYear(stay, 2026, None, marks, packed_flags(np.ones(WIDTH, np.bool_)), dict.fromkeys(COUNTED, 300))
    assert len(pack(Parcel("Abbott", "Amy", "A", None, "", years=(year,)))) < 1000


def test_a_parcel_of_an_unknown_edition_is_refused() -> None:
    told = json.loads(zlib.decompress(pack(Parcel("Abbott", "Amy", "", None, ""))))
    later = zlib.compress(json.dumps(told | {"edition": 2}).encode())
    with pytest.raises(ValueError, match="edition 2"):
        unpack(later)
