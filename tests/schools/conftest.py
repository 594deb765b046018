"""A school's own system beside the tests that ask it; a test file may say otherwise."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from tests.cast import Cast
from tests.schools.systems import Wonde, wonde_of_hill


@pytest.fixture
def wonde(cast: Cast, settings: Settings) -> Iterator[Wonde]:
    with wonde_of_hill(cast, settings) as wonde:
        yield wonde


@pytest.fixture
def synced(wonde: Wonde) -> Wonde:
    """Hill Academy once read to its end; the requests of that are forgotten."""
    wonde.work()
    wonde.server.asked.clear()
    wonde.clock.at += dt.timedelta(days=1)
    return wonde
