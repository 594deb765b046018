"""Returns drafted from the marks with every banding: never twice for an episode, withdrawn when the ground is gone."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np

from attendance_portal.audit import record
from attendance_portal.days import year_of
from attendance_portal.tenancy import current_authority_id
from schools.models import ReturnPolicy, ReturnStep, StatutoryReturn
from schools.register import returns as rules
from schools.register.calendars import Calendar
from schools.register.codes import MARKS
from schools.register.marks import column_of
from schools.returning.grounds import KINDS, PAIR, Ground, Keys, due_in, keys_of
from schools.standing.figures import Figures, Window
from schools.stored import bulk
from schools.stored.school_days import Calendars, is_school_day

Kind, Stage = StatutoryReturn.Kind, StatutoryReturn.Stage
_IN_FORCE: Final = (Stage.DRAFT, Stage.SENT, Stage.ACKNOWLEDGED)
_SETTLED_FIRST: Final = (Stage.ACKNOWLEDGED, Stage.SENT, Stage.SET_ASIDE, Stage.DRAFT)
_MOST_TOLD: Final = 6

Held = StatutoryReturn
Pair = tuple[int, str]


@dataclass
class Moves:
    """What the marks ask to be done with the returns held."""

    draft: list[Ground] = field(default_factory=list)
    draft_again: list[tuple[Held, Ground]] = field(default_factory=list)
    refresh: list[tuple[Held, Ground]] = field(default_factory=list)
    withdraw: list[tuple[Held, bool]] = field(default_factory=list)
    lost: list[Held] = field(default_factory=list)
    regained: list[Held] = field(default_factory=list)


def policy_on(on: dt.date) -> ReturnPolicy:
    """What the authority of the open scope asks of returns on a day; the law alone until it says more."""
    latest: ReturnPolicy | None = ReturnPolicy.objects.filter(from_on__lte=on).order_by("-from_on", "-pk").first()
    return latest or ReturnPolicy(from_on=on)


def deadline_of(
    kind: str, arose_on: dt.date, policy: ReturnPolicy, is_open: Callable[[dt.date], bool] = is_school_day
) -> dt.date:
    """The last day on which a return that became due on a day is in time; is_open: the school days of its school."""
    if kind == Kind.NEW_PUPIL:
        return rules.new_pupil_deadline(arose_on, is_school_day=is_open if policy.in_school_days else None)
    days = {
        Kind.ATTENDANCE: policy.attendance_days,
        Kind.SICKNESS: rules.SICKNESS_INTERVAL.days,
        Kind.DELETION: rules.DELETION_RETURN.days,
    }
    return arose_on + dt.timedelta(days=days[Kind(kind)])


@dataclass(frozen=True)
class Deadlines:
    """The last days of returns by what the authority asks, in days of each school's own calendar."""

    policy: ReturnPolicy
    calendars: Calendars
    rows: dict[tuple[int, int], Calendar | None] = field(default_factory=dict)

    def of(self, ground: Ground) -> dt.date:
        return deadline_of(ground.kind, ground.arose_on, self.policy, lambda day: self._is_open(ground.school, day))

    def _is_open(self, school: int, day: dt.date) -> bool:
        key = school, year_of(day)
        if key not in self.rows:
            found = self.calendars.rows([(school, "")], key[1])
            self.rows[key] = None if found is None else found[0]
        return is_school_day(day, self.rows[key])


def draft_returns(
    figures: Figures, windows: Sequence[Window], schools: Sequence[int], *, on: dt.date, since: dt.date | None = None
) -> int:
    """Draft what has become due in these schools' year, and withdraw what no longer is. Returns how many changed.

    Most grounds have their return already; those are compared as numbers, and only the others are looked at closer.
    since: what became due before that day is drafted no more; the returns there are follow the marks all the same.
    """
    policy = policy_on(on)
    found = due_in(figures, windows, policy, on=on)
    pairs = _differing([due.keys for due in found], _keys_held(schools, figures.roll.year))
    if not len(pairs):
        return 0
    grounds = [ground for due in found for ground in due.grounds(np.isin(due.keys >> PAIR, pairs))]
    moves = moves_for(grounds, _held(schools, figures.roll.year, pairs))
    if since:
        moves.draft = [ground for ground in moves.draft if ground.arose_on >= since]
        moves.draft_again = [(one, ground) for one, ground in moves.draft_again if ground.arose_on >= since]
    return _do(moves, _Marks(figures), Deadlines(policy, windows[0].calendars), on=on)


# --- What is to be done -------------------------------------------------------------------------------------

_HELD = """
    SELECT array_agg(enrolment_id), array_agg(array_position(%(kinds)s::text[], kind::text) - 1),
           array_agg(first_on - %(begins)s), array_agg(arose_on - %(begins)s)
    FROM schools_statutoryreturn
    WHERE authority_id = %(authority)s AND school_id = ANY(%(schools)s) AND year = %(year)s
      AND (stage = ANY(%(stages)s) OR (stage, kind) = (%(aside)s, %(deletion)s)) AND ground_gone_on IS NULL
"""


def _keys_held(schools: Sequence[int], year: int) -> Keys:
    """The keys of the returns in force, and of deletions set aside, whose ground was there when it was looked at."""
    asked = {
        "authority": current_authority_id(), "schools": list(schools), "year": year, "begins": dt.date(year, 8, 1),
        "kinds": [str(kind) for kind in KINDS], "stages": [str(stage) for stage in _IN_FORCE],
        "aside": str(Stage.SET_ASIDE), "deletion": str(Kind.DELETION),
    }  # fmt: skip
    return keys_of(*bulk.read(_HELD, asked, (">i8", ">i4", ">i4", ">i4")))


def _differing(found: Sequence[Keys], held: Keys) -> Keys:
    """The pairs of enrolment and kind of which a ground has no such return, or a return no such ground."""
    differing: Keys = np.unique(np.setxor1d(np.concatenate(found), held) >> PAIR)
    return differing


def _held(schools: Sequence[int], year: int, pairs: Keys) -> list[Held]:
    """The returns of these pairs, at whatever stage."""
    wanted = set(pairs.tolist())
    enrolments = np.unique(pairs // len(KINDS)).tolist()
    rows = StatutoryReturn.objects.filter(school__in=schools, year=year, enrolment__in=enrolments).defer("facts")
    return [one for one in rows if one.enrolment_id * len(KINDS) + KINDS.index(Kind(one.kind)) in wanted]


def moves_for(found: Sequence[Ground], held: Sequence[Held]) -> Moves:
    """Compare the grounds there are with the returns there are, pair by pair."""
    grounds: defaultdict[Pair, list[Ground]] = defaultdict(list)
    returns: defaultdict[Pair, list[Held]] = defaultdict(list)
    for ground in found:
        grounds[ground.enrolment, ground.kind].append(ground)
    for one in held:
        returns[one.enrolment_id, one.kind].append(one)
    moves = Moves()
    for pair in sorted({*grounds, *returns}):
        _compare(sorted(grounds[pair], key=lambda ground: ground.arose_on), returns[pair], moves)
    return moves


def _compare(grounds: Sequence[Ground], held: Sequence[Held], moves: Moves) -> None:
    """One enrolment's grounds and returns of one kind. Each ground has one return, the one nearest to done first.

    A draft from the marks stands for one ground alone, the one with its first day before any other, and follows it.
    """
    live = [one for one in held if one.stage != Stage.WITHDRAWN]
    withdrawn = [one for one in held if one.stage == Stage.WITHDRAWN]
    used: set[Any] = set()
    followed: set[dt.date] = set()
    for ground in grounds:
        if ground.first_on in followed:
            continue
        covering = [one for one in live if _covers(one, ground) and not (_follows_marks(one) and one.pk in used)]
        if not covering:
            _draft(ground, withdrawn, moves)
            followed.add(ground.first_on)
        elif not used & {one.pk for one in covering}:
            one = min(covering, key=partial(_nearest_to_done, ground))
            used.add(one.pk)
            _keep(one, ground, moves)
            followed |= {ground.first_on} if _follows_marks(one) else set()
    for one in live:
        if one.pk not in used and not one.is_by_hand:
            _lose(one, moves, is_doubled=any(_overlaps(one, ground) for ground in grounds))


def _follows_marks(one: Held) -> bool:
    """Whether it is a draft from the marks: what a person began, or settled, stays as they left it."""
    return one.stage == Stage.DRAFT and not one.is_by_hand


def _nearest_to_done(ground: Ground, one: Held) -> tuple[int, bool, bool, bool, dt.date]:
    """Sorts the returns that cover a ground: the settled and those begun by hand first, then by how near they are."""
    is_apart, begins = not _overlaps(one, ground), one.first_on != ground.first_on
    return _SETTLED_FIRST.index(Stage(one.stage)), not one.is_by_hand, begins, is_apart, one.first_on


def _overlaps(one: Held, ground: Ground) -> bool:
    """Whether a return and a ground are of the same episode: an enrolment has one admission and one leaving.

    But who was put back on the roll and leaves on another day leaves once more: that is another deletion.
    """
    if ground.kind == Kind.DELETION:
        return not one.ground_gone_on or one.arose_on == ground.arose_on
    if ground.kind == Kind.NEW_PUPIL:
        return True
    return bool(one.first_on <= ground.last_on and ground.first_on <= one.arose_on)


def _covers(one: Held, ground: Ground) -> bool:
    """Of the same episode; or, for what is due by the year's total, any sickness return made before that day."""
    return _overlaps(one, ground) or (ground.added_up and one.arose_on <= ground.arose_on)


def _draft(ground: Ground, withdrawn: list[Held], moves: Moves) -> None:
    """A new draft, or the one again that the service withdrew of this episode: no person ever withdraws a return."""
    of_it = [one for one in withdrawn if _overlaps(one, ground)]
    if not of_it:
        moves.draft.append(ground)
        return
    again = min(of_it, key=lambda one: (one.first_on != ground.first_on, one.first_on))
    withdrawn.remove(again)
    moves.draft_again.append((again, ground))


def _keep(one: Held, ground: Ground, moves: Moves) -> None:
    """A draft follows its ground wherever corrections moved it, so that what becomes of it is counted from the day."""
    if _follows_marks(one) and (one.first_on, one.arose_on) != (ground.first_on, ground.arose_on):
        moves.refresh.append((one, ground))
    if one.ground_gone_on:
        moves.regained.append(one)


def _lose(one: Held, moves: Moves, *, is_doubled: bool) -> None:
    """A draft goes with its ground; so does what was said of a deletion, when the name is back on the roll."""
    if one.stage == Stage.DRAFT or (one.stage, one.kind) == (Stage.SET_ASIDE, Kind.DELETION):
        moves.withdraw.append((one, is_doubled))
    elif one.stage in StatutoryReturn.ARRIVED and not is_doubled and not one.ground_gone_on:
        moves.lost.append(one)


# --- Doing it -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Marks:
    """The marks as they are now, of any enrolment of the roll."""

    figures: Figures

    def now(self, enrolment: int, on: dt.date, half: int) -> str:
        """The code of a session of this year, '' where there is none."""
        roll = self.figures.roll
        at = int(np.searchsorted(roll.enrolments, enrolment))
        if at == len(roll) or roll.enrolments[at] != enrolment:
            return ""
        return MARKS.get(int(roll.marks[at, column_of(on, half)]), "")

    def is_of_this_year(self, on: dt.date) -> bool:
        begins = dt.date(self.figures.roll.year, 8, 1)
        return begins <= on < begins.replace(year=begins.year + 1)


def _do(moves: Moves, marks: _Marks, deadlines: Deadlines, *, on: dt.date) -> int:
    steps = _add(moves.draft, deadlines)
    for one, ground in moves.draft_again:
        steps += _again(one, ground, deadlines)
    for one, ground in moves.refresh:
        steps += _refresh(one, ground, deadlines)
    for one, is_doubled in moves.withdraw:
        steps += _withdraw(one, _same_absence() if is_doubled else why_gone(one, marks))
    for one in moves.lost:
        steps += _put(one, {"ground_gone_on": on}, "ground_gone", why_gone(one, marks))
    for one in moves.regained:
        steps += _put(one, {"ground_gone_on": None}, "ground_back", "The marks give the ground again.")
    ReturnStep.objects.bulk_create(steps)
    if steps:
        words = f"Returns drafted or changed from the marks: {len(steps)}."
        record("draft_returns", by=None, words=words, pupils={step.of.pupil_id for step in steps})
    return len(steps)


def _add(grounds: Iterable[Ground], deadlines: Deadlines) -> list[ReturnStep]:
    made = [
        StatutoryReturn(
            kind=ground.kind, school_id=ground.school, pupil_id=ground.pupil, enrolment_id=ground.enrolment,
            year=ground.year, **_of_ground(ground, deadlines),
        )
        for ground in grounds
    ]  # fmt: skip
    StatutoryReturn.objects.bulk_create(made)
    return [ReturnStep(of=one, what="draft_return", words=_due_words(one)) for one in made]


def _of_ground(ground: Ground, deadlines: Deadlines) -> Mapping[str, Any]:
    return {
        "first_on": ground.first_on,
        "arose_on": ground.arose_on,
        "deadline_on": deadlines.of(ground),
        "facts": {"marks": ground.evidence(), "added_up": ground.added_up},
    }


def _due_words(one: StatutoryReturn | Ground) -> str:
    return f"Drafted by the service: it became due on {one.arose_on:%-d %B %Y}."


def _put(one: StatutoryReturn, values: Mapping[str, Any], what: str, words: str) -> list[ReturnStep]:
    """Change a return that still stands as it was read, and say so; not one that a person moved on meanwhile."""
    if not StatutoryReturn.objects.filter(pk=one.pk, stage=one.stage).update(**values):
        return []
    for name, value in values.items():
        setattr(one, name, value)
    return [ReturnStep(of=one, what=what, words=words)]


def _again(one: StatutoryReturn, ground: Ground, deadlines: Deadlines) -> list[ReturnStep]:
    words = f"The ground is there again. {_due_words(ground)}"
    return _put(one, {**_of_ground(ground, deadlines), "stage": Stage.DRAFT}, "draft_again", words)


def _refresh(one: StatutoryReturn, ground: Ground, deadlines: Deadlines) -> list[ReturnStep]:
    words = f"Marks were corrected: the episode began on {ground.first_on:%-d %B %Y}. {_due_words(ground)}"
    return _put(one, _of_ground(ground, deadlines), "refresh_draft", words)


def _withdraw(one: StatutoryReturn, why: str) -> list[ReturnStep]:
    return _put(one, {"stage": Stage.WITHDRAWN}, "withdraw_draft", why)


def _same_absence() -> str:
    return "After a correction this absence is part of another return's."


def why_gone(one: StatutoryReturn, marks: _Marks) -> str:
    """Why the ground is no longer there: the marks that were corrected, or the date that was."""
    if one.kind == Kind.NEW_PUPIL:
        return "The admission date, or the first mark, was corrected: no new pupil return is due any more."
    if one.kind == Kind.DELETION:
        return "The leaving date was corrected: no deletion return is due any more."
    rests_on = [(dt.date.fromisoformat(day), half, code) for day, half, code in one.facts.get("marks", [])]
    changed = [
        f"{day:%-d %B} {'afternoon' if half else 'morning'} {code} is now {now or 'without a mark'}"
        for day, half, code in rests_on
        if marks.is_of_this_year(day) and (now := marks.now(one.enrolment_id, day, half)) != code
    ]
    more = f", and {len(changed) - _MOST_TOLD} more" if len(changed) > _MOST_TOLD else ""
    told = ", ".join(changed[:_MOST_TOLD])
    return f"Marks were corrected: {told}{more}." if told else "The enrolment or the marks round it were corrected."
