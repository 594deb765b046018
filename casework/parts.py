"""The parts of a case's page, each made by the module of its subject."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from attendance_portal.models import Membership
from casework.models import Case


@dataclass(frozen=True)
class Part:
    """A part of a case's page: its heading, the template that shows `shown`, and what can be done there.

    `links` are words and addresses, as far as the member may do it now.
    """

    title: str
    template: str
    shown: Any
    links: Sequence[tuple[str, str]] = ()


PartMaker = Callable[[Case, Membership], Part | None]
"""None: this member has nothing to see or do there. Two queries at most."""
