"""How large the database is, table by table, and waiting for autovacuum to have been at what a night wrote."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db import connection

from benchmarks.report import say

WAIT_FOR_AUTOVACUUM: Final = 10.0
_SWEPT = """
    SELECT coalesce(sum(autovacuum_count), 0) FROM pg_stat_user_tables
    WHERE relname IN ('schools_register', 'schools_standing')
"""
# Rows and what is kept beside them for long values; indexes; dead rows as the server counts them.
_SIZES = """
    SELECT c.relname, pg_table_size(c.oid), pg_indexes_size(c.oid) FROM pg_class c
    WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
"""


@dataclass(frozen=True)
class Sizes:
    """Bytes of the whole database, and of each table: its rows, its indexes."""

    whole: int
    tables: Mapping[str, tuple[int, int]]

    def since(self, before: Sizes) -> Sizes:
        """By how much each grew; those that did not are left out."""
        grown = {
            name: (rows - before.tables.get(name, (0, 0))[0], indexes - before.tables.get(name, (0, 0))[1])
            for name, (rows, indexes) in self.tables.items()
        }
        return Sizes(self.whole - before.whole, {name: both for name, both in grown.items() if any(both)})


def sizes() -> Sizes:
    """As it is now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        whole = int(cursor.fetchone()[0])
        cursor.execute(_SIZES)
        return Sizes(whole, {name: (rows, indexes) for name, rows, indexes in cursor.fetchall()})


def tell_growth(grown: Sizes, pupils: int) -> None:
    """Bytes a pupil, the largest tables first; what is in no table of ours is the server's own."""
    tables = sorted(grown.tables.items(), key=lambda one: -sum(one[1]))
    for name, (rows, indexes) in tables[:10]:
        say(f"    {name}: {rows / pupils:,.0f} bytes a pupil, its indexes {indexes / pupils:,.0f}")
    rest = sum(sum(both) for _, both in tables[10:])
    own = grown.whole - sum(sum(both) for _, both in tables)
    say(f"    other tables {rest / pupils:,.0f} bytes a pupil; the server's own catalogues {own / pupils:,.0f}")


def swept() -> int:
    """How often autovacuum has been at the registers and standings."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(_SWEPT)
        return int(cursor.fetchone()[0])


def wait_for_autovacuum(before: int) -> None:
    """Until it has been at both tables since `before`, or for so long: at a small size it has nothing to do."""
    until = time.monotonic() + WAIT_FOR_AUTOVACUUM
    with connection.cursor() as cursor:
        cursor.execute("SELECT sum(n_dead_tup) > 5000 FROM pg_stat_user_tables WHERE relname LIKE 'schools_%'")
        if not cursor.fetchone()[0]:
            return
    while swept() < before + 2 and time.monotonic() < until:
        time.sleep(0.2)
