"""The stages of a case and what moves it (architecture section 8). Touches no database."""

from __future__ import annotations

from dataclasses import dataclass

OPEN, CLOSED = "open", "closed"


@dataclass(frozen=True)
class Move:
    """What is done, from which stages, to which; `refusal` is said when the case stands elsewhere."""

    before: tuple[str, ...]
    after: str
    refusal: str


CLOSE = Move((OPEN,), CLOSED, "This case is closed already.")
REOPEN = Move((CLOSED,), OPEN, "This case is open already.")
CHANGE = Move((OPEN,), OPEN, "This case is closed. Open it again to change it.")
