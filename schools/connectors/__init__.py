"""Schools' own systems, one file a source: what each tells, in the portal's own terms. `connector_to` is the door.

A connector asks and understands; it stores nothing and knows no clock but the one it is given.
"""

from __future__ import annotations

from schools.connectors.terms import (
    Connector,
    DeletionThere,
    MarksThere,
    SchoolThere,
    SourceTrouble,
    StudentThere,
    Timing,
    Trouble,
)
from schools.connectors.wonde import Wonde, connector_to

__all__ = [
    "Connector",
    "DeletionThere",
    "MarksThere",
    "SchoolThere",
    "SourceTrouble",
    "StudentThere",
    "Timing",
    "Trouble",
    "Wonde",
    "connector_to",
]
