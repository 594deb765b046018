"""Fixtures of the isolation tests: two authorities, and the Python layer of tenancy switched off."""

from __future__ import annotations

import pytest

from attendance_portal.models import Authority
from tests.isolation.rows import two_authorities


@pytest.fixture
def north_and_south(db: None) -> tuple[Authority, Authority]:
    """Two authorities with nothing in them, rolled back after the test."""
    return two_authorities()


@pytest.fixture
def without_the_python_layer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Managers neither refuse nor filter: what is still hidden, row security alone hides."""
    monkeypatch.setattr("django_scopes.manager.get_scope", lambda: {"_enabled": False})
