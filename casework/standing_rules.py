"""The standing rules: what should be true of every child on every day, each with its words and its source."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from attendance_portal.law import Confidence, DatedRule, Strength
from schools.register.codes import NEW_CODES_BEGAN_ON

GUIDANCE_BEGAN_ON: Final = dt.date(2022, 9, 1)
GUIDE_TO_HEALTH_BEGAN_ON: Final = dt.date(2013, 1, 1)
ILL_SESSIONS: Final = 30  # 15 days of two sessions


@dataclass(frozen=True, kw_only=True)
class StandingRule(DatedRule):
    """A rule of the board. `title` names the children whom it finds, `words` say when exactly; `group` is a heading.

    `days`: calendar days after which it finds them, 0 where it finds them at once.
    """

    code: str
    group: str
    title: str
    words: str
    days: int = 0


SEVERE, PLANS, PART_TIME, MISSING = (
    "Severely absent children",
    "Plans, actions and referrals",
    "Part-time timetables and illness",
    "Possibly missing education",
)
_JOINT = (
    "Working together to improve school attendance (August 2024), chapter 4: an agreed joint approach for every "
    "severely absent pupil, with one lead practitioner; as Hillingdon's document tells it"
)
_SEVERE = (
    "The child is on roll today, and of this school year’s sessions so far has missed half or more, at a school where "
    "they are on roll or at all their schools of this year together"
)
_HEALTH = (
    "EA 1996 s.19: the authority arranges suitable education for a child who because of illness may not receive it "
    "otherwise, with no count of days. That it does so once 15 days are reached or foreseen, consecutive or added up, "
    "is what DfE's guidance on children who cannot attend school because of health needs asks it to do, as Nottingham "
    "and Lincolnshire tell it; the school's sickness return is a duty (SI 2024/208 reg 13), as Hertfordshire tells it"
)
_OVERTAKEN = (
    "A plan that has ended, also one that says that nothing has to be arranged, answers for the illness until then: "
    "not where a school ended it, and not once the child was ill for 15 school days more since, added up."
)
_OWN = "Design of the portal: what was agreed is done by its day, or agreed again"

SEVERE_NO_LEAD: Final = StandingRule(
    code="severe-no-lead", group=SEVERE, title="No lead practitioner",
    words=f"{_SEVERE}, and no open case of theirs has a lead practitioner. Somebody who is asked and has not accepted "
    "does not lead yet, and somebody who has left the service leads no more.",
    in_force_from=GUIDANCE_BEGAN_ON, source=_JOINT, strength=Strength.SHOULD, confidence=Confidence.COUNCIL,
)  # fmt: skip
SEVERE_NO_PLAN: Final = StandingRule(
    code="severe-no-plan", group=SEVERE, title="No agreed plan",
    words=f"{_SEVERE}, and no open case of theirs has a plan that was agreed. A draft does not count yet.",
    in_force_from=GUIDANCE_BEGAN_ON, source=_JOINT, strength=Strength.SHOULD, confidence=Confidence.COUNCIL,
)  # fmt: skip
PLAN_PAST_REVIEW: Final = StandingRule(
    code="plan-past-review", group=PLANS, title="Plan past its review day",
    words="An agreed plan of an open case was to be reviewed on a day that has gone by. Where a review said that the "
    "case can be closed, it is found once the case is still open two weeks later.",
    in_force_from=GUIDANCE_BEGAN_ON, source=_OWN, strength=Strength.DESIGN, confidence=Confidence.DESIGN,
)  # fmt: skip
ACTION_OVERDUE: Final = StandingRule(
    code="action-overdue", group=PLANS, title="Action of a plan overdue",
    words="An action of an agreed plan of an open case was due on a day that has gone by, and was neither done nor "
    "given up.",
    in_force_from=GUIDANCE_BEGAN_ON, source=_OWN, strength=Strength.DESIGN, confidence=Confidence.DESIGN,
)  # fmt: skip
REFERRAL_UNANSWERED: Final = StandingRule(
    code="referral-unanswered", group=PLANS, title="Referral without an answer", days=7,
    words="A service was asked to help seven days ago or more, and has neither accepted nor declined.",
    in_force_from=GUIDANCE_BEGAN_ON, strength=Strength.DESIGN, confidence=Confidence.DESIGN,
    source="Design of the portal: a family that was told of help hears of it within a week",
)  # fmt: skip
PART_TIME_PAST_END: Final = StandingRule(
    code="part-time-past-end", group=PART_TIME, title="Part-time timetable past its end",
    words="A part-time timetable was agreed until a day that has gone by, and nobody has said that it ended or agreed "
    "another last day.",
    in_force_from=NEW_CODES_BEGAN_ON, strength=Strength.SHOULD, confidence=Confidence.SECONDARY,
    source="Working together to improve school attendance (August 2024): a part-time timetable is temporary, with a "
    "time limit and regular reviews; code C2, SI 2024/208 reg 10",
)  # fmt: skip
PART_TIME_NOT_RECORDED: Final = StandingRule(
    code="part-time-not-recorded", group=PART_TIME, title="Code C2 and no part-time timetable",
    words="On the latest day of this school year with code C2 in the register of a school where the child is on roll "
    "today, no part-time timetable of the child at that school was recorded as running.",
    in_force_from=NEW_CODES_BEGAN_ON, strength=Strength.DESIGN, confidence=Confidence.DESIGN,
    source="Code C2 stands for leave on an agreed temporary part-time timetable (SI 2024/208 reg 10); that each is "
    "recorded here is a design of the portal",
)  # fmt: skip
ILLNESS_NO_PLAN: Final = StandingRule(
    code="illness-no-plan", group=PART_TIME, title="15 days of illness and no health plan",
    words="A child of compulsory school age, on a roll today, was ill (code I) for 15 school days of this school year, "
    "in a row or added up, or a school sent a sickness return; and since the day on which that was reached, no health "
    f"plan ran that the authority recorded or looked into. {_OVERTAKEN} A school that the child has left since counts. "
    "The clock began on the first day of the illness shown, and starts again each school year. Whether education "
    "has to be arranged is for the authority to decide: a plan of its own, also one that says that nothing has to be, "
    "shows that it did, and what a school does itself counts once the authority has looked into it.",
    in_force_from=GUIDE_TO_HEALTH_BEGAN_ON, strength=Strength.SHOULD, confidence=Confidence.COUNCIL,
    source=f"{_HEALTH}. Two sessions a day, that a health plan is recorded here, and when one that ended is overtaken: "
    "design",
)  # fmt: skip
ILLNESS_TOGETHER: Final = StandingRule(
    code="illness-together", group=PART_TIME, title="15 days of illness at schools together, and no health plan",
    words="A child of compulsory school age, on a roll today, was ill (code I) for 30 sessions of this school year or "
    "more, at more than one school or in more than one stay at a school together; no sickness return of this year "
    "tells of it, and no health plan that the authority recorded or looked into ran this year. Which day was the "
    f"fifteenth is not worked out. {_OVERTAKEN}",
    in_force_from=GUIDE_TO_HEALTH_BEGAN_ON, strength=Strength.SHOULD, confidence=Confidence.COUNCIL,
    source=f"{_HEALTH}. The days are the child's: that a move does not begin them anew is a design of the portal",
)  # fmt: skip
MISSING_SEVERE: Final = StandingRule(
    code="missing-severe", group=MISSING, title="Severely absent, to be checked",
    words=f"{_SEVERE}, and no enquiry of this school year has looked into whether they are in truth missing education. "
    "A child on a roll counts in no return of children missing education.",
    in_force_from=GUIDANCE_BEGAN_ON, strength=Strength.SHOULD, confidence=Confidence.COUNCIL,
    source="A severely absent pupil should be checked for being missing education (Hillingdon); EA 1996 s.436A",
)  # fmt: skip
MISSING_RUN: Final = StandingRule(
    code="missing-run", group=MISSING, title="Ten days away without leave, not seen since",
    words="The child is on a roll today and was away without leave for ten school days without a break this school "
    "year (an attendance return is due), at this school or at one left since; was at no session of any school since, "
    "and no enquiry has been begun since that absence began. At "
    "20 school days the name may be deleted, and only after the school and the authority enquired together.",
    in_force_from=NEW_CODES_BEGAN_ON, strength=Strength.DESIGN, confidence=Confidence.DESIGN,
    source="Grounds H and I of SI 2024/208 reg 9 need joint reasonable enquiries at 10 and 20 school days (as "
    "Shropshire tells it); that they begin at ten is a design of the portal",
)  # fmt: skip
MISSING_LEFT: Final = StandingRule(
    code="missing-left", group=MISSING, title="Left a school, and no other is known",
    words="A deletion return is due or was sent for the roll that the child left last, the last day there has gone "
    "by, and no new school or address was told. The child is of compulsory school age on every day that is "
    "known, is on no roll here today (a place that begins later is none yet), is not recorded as educated at "
    "home or offered to another authority, and no enquiry has been begun since. Who finished a school’s final "
    "year is not looked for here, unless the authority asks for deletion returns of them too: many go on to "
    "schools whose rolls are not kept here. That nobody is found says nothing of them.",
    in_force_from=NEW_CODES_BEGAN_ON, strength=Strength.MUST, confidence=Confidence.PRIMARY,
    source="EA 1996 s.436A: children on no school roll and without suitable education otherwise are identified as far "
    "as possible; deletion return, SI 2024/208 reg 13(4)",
)  # fmt: skip
_NOTHING_SINCE = (
    "The child is of compulsory school age on every day that is known, and since then was on no roll here, is not "
    "recorded as educated at home or offered to another authority, and nothing else is said to have followed"
)
_LEFT_OUT = (
    "EA 1996 s.436A: children on no school roll and without suitable education otherwise are identified as far as "
    "possible; a child whose home education is found unsuitable moves from one count to the other (DfE)"
)
MISSING_HOME: Final = StandingRule(
    code="missing-home", group=MISSING, title="Home education ended, and nothing followed", days=14,
    words="Home education was found not to be suitable, or ended fourteen days ago or more with a return to school, "
    f"and no enquiry is open or has ended since. {_NOTHING_SINCE}.",
    in_force_from=GUIDANCE_BEGAN_ON, strength=Strength.MUST, confidence=Confidence.PRIMARY,
    source=f"{_LEFT_OUT}. Fourteen days for a school to tell of its roll: design",
)  # fmt: skip
MISSING_ENQUIRED: Final = StandingRule(
    code="missing-enquired", group=MISSING, days=14,
    title="An enquiry ended, and where the child is educated is not on record",
    words="The child was not found, or was found to be educated at home, or, fourteen days ago or more, to be on a "
    f"roll or to have taken up a place, and no other enquiry is open or has ended since. {_NOTHING_SINCE}. A school "
    "whose roll is not kept here is an outcome of its own.",
    in_force_from=GUIDANCE_BEGAN_ON, strength=Strength.MUST, confidence=Confidence.PRIMARY,
    source=f"{_LEFT_OUT}. Fourteen days for a school to tell of its roll: design",
)  # fmt: skip
RULES: Final[tuple[StandingRule, ...]] = (
    SEVERE_NO_LEAD,
    SEVERE_NO_PLAN,
    PLAN_PAST_REVIEW,
    ACTION_OVERDUE,
    REFERRAL_UNANSWERED,
    PART_TIME_PAST_END,
    PART_TIME_NOT_RECORDED,
    ILLNESS_NO_PLAN,
    ILLNESS_TOGETHER,
    MISSING_SEVERE,
    MISSING_RUN,
    MISSING_LEFT,
    MISSING_HOME,
    MISSING_ENQUIRED,
)
