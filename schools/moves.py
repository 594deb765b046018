"""The stages of an uploaded file and what moves it (architecture section 8). Touches no database."""

from __future__ import annotations

from dataclasses import dataclass

from schools.models import Upload

Stage = Upload.Stage


@dataclass(frozen=True)
class Move:
    """What is done, from which stages, to which; more than one where the file itself decides."""

    before: tuple[str, ...]
    after: tuple[str, ...]


MOVES: dict[str, Move] = {
    "receive_upload": Move((), (Stage.RECEIVED,)),
    "read_upload": Move((Stage.RECEIVED,), (Stage.READ, Stage.REFUSED)),
    "accept_upload": Move((Stage.READ,), (Stage.ACCEPTING,)),
    "discard_upload": Move((Stage.READ, Stage.REFUSED), (Stage.DISCARDED,)),
    # Refused where the register has changed since the file was read, so that it no longer fits.
    "store_upload": Move((Stage.ACCEPTING,), (Stage.ACCEPTED, Stage.REFUSED)),
}
