"""Every write of a Targeting Support Meeting, from arranging it to the last agreed action done."""

from tsm.actions.agreed import give_up_action, mark_done, take_up_again
from tsm.actions.confirming import confirm_minutes, reopen_minutes
from tsm.actions.holding import begin_meeting, end_meeting
from tsm.actions.lists import add_to_list, drop_from_list, follow_the_rule_again
from tsm.actions.timetable import (
    arrange_again,
    arrange_meeting,
    cancel_meeting,
    mark_not_attended,
    move_meeting,
    take_over_meeting,
)
from tsm.actions.writing import write_minutes

__all__ = [
    "add_to_list",
    "arrange_again",
    "arrange_meeting",
    "begin_meeting",
    "cancel_meeting",
    "confirm_minutes",
    "drop_from_list",
    "end_meeting",
    "follow_the_rule_again",
    "give_up_action",
    "mark_done",
    "mark_not_attended",
    "move_meeting",
    "reopen_minutes",
    "take_over_meeting",
    "take_up_again",
    "write_minutes",
]
