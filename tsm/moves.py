"""The stages of a meeting and what moves it (architecture section 8). Touches no database.

Overdue, due and late are no stages: they follow from dates (`tsm.timetable`).
"""

from __future__ import annotations

from dataclasses import dataclass

from tsm.models import Meeting

Stage = Meeting.Stage


@dataclass(frozen=True)
class Move:
    """What is done, from which stages, to which; `refusal` is said when the meeting stands elsewhere."""

    before: tuple[str, ...]
    after: str
    refusal: str


_NO_LONGER = "This meeting has begun, was cancelled or was not attended, so"

MOVES: dict[str, Move] = {
    "move_meeting": Move((Stage.ARRANGED,), Stage.ARRANGED, f"{_NO_LONGER} its date cannot be changed."),
    "cancel_meeting": Move((Stage.ARRANGED,), Stage.CANCELLED, f"{_NO_LONGER} it cannot be cancelled."),
    "take_over_meeting": Move((Stage.ARRANGED,), Stage.ARRANGED, f"{_NO_LONGER} nobody can take it over."),
    "mark_not_attended": Move(
        (Stage.ARRANGED,), Stage.NOT_ATTENDED, f"{_NO_LONGER} it cannot be marked as not attended."
    ),
    "change_list": Move(
        (Stage.ARRANGED,), Stage.ARRANGED, "The list of this meeting is settled: it has begun or was called off."
    ),
    "begin_meeting": Move(
        (Stage.ARRANGED,), Stage.UNDER_WAY, "This meeting has begun already, or was called off. Open its page."
    ),
    "write_minutes": Move(
        (Stage.UNDER_WAY,),
        Stage.UNDER_WAY,
        "The meeting has ended, so its minutes are no longer typed here. Either side can open them again "
        "until both have confirmed.",
    ),
    "end_meeting": Move((Stage.UNDER_WAY,), Stage.TO_CONFIRM, "This meeting has ended already."),
    "confirm_minutes": Move(
        (Stage.TO_CONFIRM,), Stage.TO_CONFIRM, "These minutes cannot be confirmed now. Look at the page again."
    ),
    "freeze_minutes": Move(
        (Stage.TO_CONFIRM,), Stage.CONFIRMED, "These minutes cannot be confirmed now. Look at the page again."
    ),
    "reopen_minutes": Move(
        (Stage.TO_CONFIRM,), Stage.UNDER_WAY, "Both sides have confirmed these minutes: they no longer change."
    ),
}
# A meeting that was called off may be arranged again: a new one, which names the one it replaces.
MAY_BE_ARRANGED_AGAIN = (Stage.CANCELLED, Stage.NOT_ATTENDED)
