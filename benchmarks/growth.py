"""How large the database is, table by table, and what autovacuum does between two nights, done at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import connection, connections

from benchmarks.report import say

# What autovacuum would sweep when it next looks, by its thresholds of dead and of new rows.
_TO_SWEEP = """
    SELECT seen.relname FROM pg_stat_user_tables seen JOIN pg_class held ON held.oid = seen.relid
    WHERE n_dead_tup > 50 + 0.2 * greatest(reltuples, 0) OR n_ins_since_vacuum > 1000 + 0.2 * greatest(reltuples, 0)
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


def sweep() -> None:
    """Vacuum at once what autovacuum would by the next night: between two nights lies a day in which it looks often."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_force_next_flush()")
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(_TO_SWEEP)
        names = [name for (name,) in cursor.fetchall()]
    with connections["owner"].cursor() as cursor:
        for name in names:
            cursor.execute(f"VACUUM (ANALYZE) {connection.ops.quote_name(name)}")
