"""The list of a Targeting Support Meeting draws itself up: who is on it, in what order, and why (pure).

Working together to improve school attendance (August 2024), chapter 4, targeting support meetings: every
severely absent pupil, persistently absent pupils whose barriers need joint action, pupils at risk of
becoming persistently absent. Within those, barriers out of school first, cases at another multi-agency
meeting by exception only, and cases with support in place last.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

# Below this many possible sessions (ten school days) a percentage moves much with one absence.
FEW_SESSIONS = 20
# Penalty notice threshold: 10 unauthorised sessions in 10 school weeks (SI 2024/210, national framework).
TEN_WEEK_THRESHOLD = 10


class Group(IntEnum):
    """Why the guidance names a pupil; lower comes first on the list."""

    SEVERE = 1
    PERSISTENT = 2
    AT_RISK = 3
    ASKED_FOR = 4


@dataclass(frozen=True)
class PupilFacts:
    """What is known of one pupil on the as-at day; sessions are half-days of the year to date.

    `persistent` and `severe` come from the national definition, never from rounded figures.
    `recent_possible` and `recent_missed` are those of the last six school weeks.
    `ten_week_unauthorised` is the highest count in any ten school weeks that is still open.
    """

    pupil: str
    name: str
    year_group: int | None
    possible: int
    attended: int
    absent: int
    authorised: int
    unauthorised: int
    band: int | None
    persistent: bool
    severe: bool
    recent_possible: int = 0
    recent_missed: int = 0
    has_lead_practitioner: bool = False
    has_plan: bool = False
    at_another_meeting: bool = False
    barriers_out_of_school: tuple[str, ...] = ()
    undone_actions: int = 0
    ten_week_unauthorised: int = 0
    ill_sessions: int = 0
    ehc_plan: bool = False
    sen_support: bool = False
    child_in_need: bool = False
    child_protection: bool = False
    looked_after: bool = False
    newly_since_last_meeting: bool = False

    @property
    def at_risk_next_term(self) -> bool:
        """90% or less over the last six school weeks while above it for the year."""
        recently = self.recent_possible > 0 and 10 * self.recent_missed >= self.recent_possible
        return recently and not self.persistent and not self.severe

    @property
    def support_in_place(self) -> bool:
        return self.has_lead_practitioner and self.has_plan


@dataclass(frozen=True)
class ByHand:
    """A pupil added to the list, or dropped from it, by a person and with a reason."""

    pupil: str
    reason: str
    by: str = ""


@dataclass(frozen=True)
class ListedPupil:
    """One pupil on the list: `position` counts from 1 over the whole list; `reasons` is for people."""

    facts: PupilFacts
    group: Group
    position: int
    reasons: str
    added_because: str = ""
    dropped_because: str = ""

    @property
    def pupil(self) -> str:
        return self.facts.pupil


def draw_up(
    facts: Iterable[PupilFacts], *, added: Iterable[ByHand] = (), dropped: Iterable[ByHand] = ()
) -> list[ListedPupil]:
    """Everyone whom the guidance names, and everyone added by hand, once each and in order.

    A dropped pupil stays on the list, last and with the reason, so that nobody disappears from sight.
    A pupil both added and dropped is dropped. Raises ValueError when a pupil comes twice in `facts`.
    """
    by_pupil = _by_pupil(facts)
    reason_added = {each.pupil: each.reason for each in added}
    reason_dropped = {each.pupil: each.reason for each in dropped}
    by_hand = reason_added.keys() | reason_dropped.keys()
    named = [f for f in by_pupil.values() if group_of(f) is not None or f.pupil in by_hand]
    named.sort(key=lambda f: (f.pupil in reason_dropped, *_order(f, f.pupil in reason_added)))
    return [
        ListedPupil(
            facts=f,
            group=group_of(f) or Group.ASKED_FOR,
            position=position,
            reasons=reasons(f),
            added_because=reason_added.get(f.pupil, ""),
            dropped_because=reason_dropped.get(f.pupil, ""),
        )
        for position, f in enumerate(named, start=1)
    ]


def _by_pupil(facts: Iterable[PupilFacts]) -> dict[str, PupilFacts]:
    by_pupil: dict[str, PupilFacts] = {}
    for each in facts:
        if each.pupil in by_pupil:
            raise ValueError(f"{each.name} comes twice in the facts of the list.")
        by_pupil[each.pupil] = each
    return by_pupil


def group_of(facts: PupilFacts) -> Group | None:
    """The group in which the guidance names this pupil, or None. Nothing possible: none."""
    if facts.possible == 0:
        return None
    if facts.severe:
        return Group.SEVERE
    if facts.persistent:
        return Group.PERSISTENT
    return Group.AT_RISK if facts.at_risk_next_term else None


def _order(facts: PupilFacts, added: bool) -> tuple[object, ...]:
    """Sorting key; a smaller one comes first. The rate is compared exactly, as whole numbers over 10^9."""
    return (
        group_of(facts) or Group.ASKED_FOR,
        not added,
        *_order_of_support(facts),
        facts.possible < FEW_SESSIONS,
        -_parts_missed(facts),
        not facts.undone_actions,
        not facts.newly_since_last_meeting,
        facts.name.casefold(),
        facts.pupil,
    )


def _order_of_support(facts: PupilFacts) -> tuple[int, bool, bool]:
    """Severely absent: whoever has nobody yet, then barriers out of school; others the other way round."""
    turn, within_school = _turn(facts), not facts.barriers_out_of_school
    waits = turn if turn >= 2 else 0
    if facts.severe:
        return (waits, turn > 0, within_school)
    return (waits, within_school, turn > 0)


def _turn(facts: PupilFacts) -> int:
    """0 no lead and no plan; 1 one of them, or an action undone; 2 support in place; 3 at another meeting."""
    if facts.at_another_meeting:
        return 3
    if not facts.has_lead_practitioner and not facts.has_plan:
        return 0
    return 2 if facts.support_in_place and not facts.undone_actions else 1


def _parts_missed(facts: PupilFacts) -> int:
    """Parts of 10^9 missed: by the year, or over the last six school weeks for those at risk."""
    if group_of(facts) == Group.AT_RISK:
        return facts.recent_missed * 10**9 // facts.recent_possible
    return facts.absent * 10**9 // facts.possible if facts.possible else 0


# -- reasons, in sentences


def percent(part: int, whole: int) -> str:
    """`part` of `whole` to one decimal, half up, by whole numbers: percent(112, 208) == "53.8%"."""
    if whole == 0:
        return "no percentage"
    tenths = (2000 * part + whole) // (2 * whole)
    return f"{tenths // 10}.{tenths % 10}%"


def reasons(facts: PupilFacts) -> str:
    """Why this pupil is on the list: plain sentences of fact about sessions and support."""
    said = [_of_attendance(facts), _of_recent_weeks(facts), _of_few_sessions(facts), *_of_absence(facts)]
    said += [*_of_support(facts), _of_circumstances(facts)]
    return " ".join(sentence for sentence in said if sentence)


def in_brief(facts: PupilFacts) -> str:
    """The same on one line and without figures: what sets this pupil apart within the group."""
    undone, barriers = facts.undone_actions, len(facts.barriers_out_of_school)
    said = [
        "new since the last meeting" if facts.newly_since_last_meeting else "",
        _support_in_brief(facts),
        _counted(barriers, "barrier", "out of school") if barriers else "",
        _counted(undone, "action", "undone") if undone else "",
        "many unauthorised sessions" if facts.ten_week_unauthorised >= TEN_WEEK_THRESHOLD else "",
        "at another multi-agency meeting" if facts.at_another_meeting else "",
    ]
    words = "; ".join(each for each in said if each)
    return words[:1].upper() + words[1:]


def _support_in_brief(facts: PupilFacts) -> str:
    if facts.support_in_place:
        return "lead practitioner and plan in place"
    if facts.has_lead_practitioner:
        return "no plan"
    return "no lead practitioner" if facts.has_plan or group_of(facts) != Group.AT_RISK else ""


def _counted(number: int, what: str, after: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'} {after}"


def _of_attendance(facts: PupilFacts) -> str:
    if facts.possible == 0:
        return "No sessions have been possible this year."
    missed = f"Has missed {facts.absent} of {_sessions(facts.possible)} ({percent(facts.absent, facts.possible)})"
    if facts.severe:
        half = "half" if 2 * facts.absent == facts.possible else "more than half"
        return f"{missed}, {half}: {_newly(facts, 'severely absent')}."
    if facts.persistent:
        tenth = "a tenth" if 10 * facts.absent == facts.possible else "more than a tenth"
        return f"{missed}, {tenth}: {_newly(facts, 'persistently absent')}."
    return f"{missed} this year."


def _newly(facts: PupilFacts, category: str) -> str:
    return f"newly {category} since the last meeting" if facts.newly_since_last_meeting else category


def _of_recent_weeks(facts: PupilFacts) -> str:
    if group_of(facts) != Group.AT_RISK:
        return ""
    share = percent(facts.recent_missed, facts.recent_possible)
    return (
        f"In the last six school weeks has missed {facts.recent_missed} of "
        f"{_sessions(facts.recent_possible)} ({share}): at risk of persistent absence next term."
    )


def _of_few_sessions(facts: PupilFacts) -> str:
    if not 0 < facts.possible < FEW_SESSIONS:
        return ""
    return "Few sessions have been possible so far, so the percentage moves quickly."


def _of_absence(facts: PupilFacts) -> list[str]:
    said = []
    if facts.absent and 2 * facts.ill_sessions > facts.absent:
        said.append(f"Illness is {percent(facts.ill_sessions, facts.absent)} of the absence.")
    if facts.ten_week_unauthorised >= TEN_WEEK_THRESHOLD:
        said.append(f"{_sessions(facts.ten_week_unauthorised)} were unauthorised within ten school weeks.")
    return said


def _of_support(facts: PupilFacts) -> list[str]:
    said = [_of_lead_and_plan(facts)]
    if facts.barriers_out_of_school:
        said.append(f"Barriers out of school: {_listed(facts.barriers_out_of_school)}.")
    if facts.undone_actions:
        actions = "action is" if facts.undone_actions == 1 else "actions are"
        said.append(f"{facts.undone_actions} {actions} undone from the last meeting.")
    if facts.at_another_meeting:
        said.append("Is already discussed at another multi-agency meeting.")
    return said


def _of_lead_and_plan(facts: PupilFacts) -> str:
    if facts.support_in_place:
        return "A lead practitioner and a plan are in place."
    if facts.has_lead_practitioner:
        return "A lead practitioner is in place, but no plan is recorded."
    if facts.has_plan:
        return "A plan is in place, but no lead practitioner is recorded."
    if group_of(facts) == Group.AT_RISK:
        return ""
    return "No lead practitioner is recorded."


def _of_circumstances(facts: PupilFacts) -> str:
    held = [
        words
        for words, true in (
            ("is looked after", facts.looked_after),
            ("has a child protection plan", facts.child_protection),
            ("has a child in need plan", facts.child_in_need),
            ("has an EHC plan", facts.ehc_plan),
            ("receives SEN support", facts.sen_support and not facts.ehc_plan),
        )
        if true
    ]
    return f"{_listed(held)[0].upper()}{_listed(held)[1:]}." if held else ""


def _sessions(number: int) -> str:
    return f"{number} session" if number == 1 else f"{number} sessions"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


# -- the agenda of one meeting

# Only these may be asked of the people in the room; a longer list waits for another time.
MINUTES_FOR_WHOLE_SCHOOL = 10
MINUTES_BY_GROUP: Mapping[Group, int] = {
    Group.SEVERE: 6,
    Group.PERSISTENT: 4,
    Group.AT_RISK: 3,
    Group.ASKED_FOR: 4,
}


@dataclass(frozen=True)
class AgendaItem:
    """A pupil with the minutes given, counted from the start of the meeting."""

    listed: ListedPupil
    starts_after: int
    minutes: int


@dataclass(frozen=True)
class KeptBack:
    """A pupil who stays on the list but not on this agenda, and the reason as people read it."""

    listed: ListedPupil
    reason: str


@dataclass(frozen=True)
class Agenda:
    """What fits the booked minutes, in order, the whole-school part last; and the rest with its reason."""

    minutes: int
    items: tuple[AgendaItem, ...]
    minutes_for_whole_school: int
    kept: tuple[KeptBack, ...]

    @property
    def minutes_used(self) -> int:
        return sum(item.minutes for item in self.items) + self.minutes_for_whole_school


def draw_agenda(
    listed: Iterable[ListedPupil],
    *,
    minutes: int,
    minutes_for_whole_school: int = MINUTES_FOR_WHOLE_SCHOOL,
    minutes_by_group: Mapping[Group, int] = MINUTES_BY_GROUP,
) -> Agenda:
    """An agenda that fits the booked time, taken from the top of the list, never out of its order.

    Pupils added by hand, whom somebody asked for, are given their place first. Cases at another
    multi-agency meeting, and those with support in place, come on only if time is left after the others.
    Raises ValueError when nothing, or less than nothing, is booked.
    """
    if minutes <= 0:
        raise ValueError("A meeting needs a length of at least one minute.")
    whole_school = min(minutes_for_whole_school, minutes)
    on_list = list(listed)
    chosen = _chosen(on_list, minutes - whole_school, minutes_by_group)
    items: list[AgendaItem] = []
    starts_after = 0
    for each in on_list:
        if each.pupil in chosen:
            items.append(AgendaItem(each, starts_after, minutes_by_group[each.group]))
            starts_after += minutes_by_group[each.group]
    kept = [KeptBack(each, _reason_kept(each, minutes, len(items))) for each in on_list if each.pupil not in chosen]
    return Agenda(minutes, tuple(items), whole_school, tuple(kept))


def _chosen(listed: Iterable[ListedPupil], left: int, minutes_by_group: Mapping[Group, int]) -> set[str]:
    chosen: set[str] = set()
    for each in sorted((one for one in listed if not one.dropped_because), key=_call):
        needed = minutes_by_group[each.group]
        if needed > left:
            break
        chosen.add(each.pupil)
        left -= needed
    return chosen


def _call(listed: ListedPupil) -> tuple[int, int]:
    """Who is called before time runs out: asked for by hand, then all others, then by exception."""
    if listed.added_because:
        return (0, listed.position)
    return (2 if _comes_by_exception(listed) else 1, listed.position)


def _comes_by_exception(listed: ListedPupil) -> bool:
    supported = listed.group != Group.SEVERE and _turn(listed.facts) == 2
    return listed.facts.at_another_meeting or supported


def _reason_kept(listed: ListedPupil, minutes: int, number: int) -> str:
    if listed.dropped_because:
        return f"Taken off this agenda: {listed.dropped_because.rstrip('.')}."
    if listed.facts.at_another_meeting:
        return "Kept for another time: already discussed at another multi-agency meeting."
    if _comes_by_exception(listed):
        return "Kept for another time: support is already in place."
    pupils = "1 pupil" if number == 1 else f"{number} pupils"
    allowed = pupils if number else "no pupil"
    return f"Kept for another time: the {minutes} minutes booked allow {allowed}."
