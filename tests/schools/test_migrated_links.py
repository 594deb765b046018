"""The migration of linked records: which child each record is of."""

from __future__ import annotations

from importlib import import_module


def test_records_joined_over_others_have_the_smallest_key_of_all() -> None:
    smallest_of = import_module("schools.migrations.0033_linked_records_by_composite_keys").smallest_of
    pairs = [(7, 8), (5, 6), (6, 7), (2, 9), (9, 2), (1, 3)]
    assert smallest_of(pairs) == {5: 5, 6: 5, 7: 5, 8: 5, 2: 2, 9: 2, 1: 1, 3: 1}
    chain = smallest_of([(one, one + 1) for one in range(20_000, 0, -1)])  # a second at most, in either order
    assert set(chain.values()) == {1} and len(chain) == 20_001
