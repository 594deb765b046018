"""The stages of a case, of who leads it and of an invitation to it, and what moves them (architecture section 8).

Touches no database.
"""

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

# Who leads: no row holds this stage, it follows from whether somebody is asked. Until they accept the lead stays.
NOBODY_ASKED, ASKED = "nobody-asked", "asked"
_NOT_YOU = "You were not asked to lead this case, or somebody else has been asked since."

ASK = Move((NOBODY_ASKED, ASKED), ASKED, CHANGE.refusal)
ACCEPT = Move((ASKED,), NOBODY_ASKED, _NOT_YOU)
DECLINE = Move((ASKED,), NOBODY_ASKED, _NOT_YOU)
TAKE_BACK = Move((ASKED,), NOBODY_ASKED, "Nobody is asked to lead this case: they may have answered meanwhile.")
# A lead who does not use the portal, or was at the meeting whose minutes say so.
LEAD = Move((NOBODY_ASKED, ASKED), NOBODY_ASKED, CHANGE.refusal)

INVITED, ENDED = "invited", "ended"
END_INVITATION = Move((INVITED,), ENDED, "This invitation has ended already.")

# A child referred to a service; accepted, it becomes part of the child's case.
SENT, ACCEPTED, DECLINED, WITHDRAWN = "sent", "accepted", "declined", "withdrawn"
_ANSWERED = "This referral was answered or withdrawn already."

ACCEPT_REFERRAL = Move((SENT,), ACCEPTED, _ANSWERED)
DECLINE_REFERRAL = Move((SENT,), DECLINED, _ANSWERED)
WITHDRAW_REFERRAL = Move((SENT,), WITHDRAWN, _ANSWERED)
