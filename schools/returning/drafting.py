"""Returns drafted from the marks with every banding: never twice for an episode, withdrawn when the ground is gone."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Final

import numpy as np
from django.db.models import Q, QuerySet

from attendance_portal.audit import record
from attendance_portal.days import year_of, year_window
from attendance_portal.tenancy import current_authority_id
from schools.models import Enrolment, ReturnStep, StatutoryReturn
from schools.register.codes import MARKS
from schools.register.marks import column_of
from schools.returning.deadlines import Deadlines, policies
from schools.returning.edges import NO_EDGES, Edges, edges_of
from schools.returning.grounds import KINDS, PAIR, Due, Ground, Keys, due_in, keys_of
from schools.standing.figures import Figures, Window, worked_out
from schools.stored import bulk
from schools.stored.school_days import SchoolDays
from schools.stored.takeovers import carried_over

Kind, Stage = StatutoryReturn.Kind, StatutoryReturn.Stage
_OF_ABSENCE: Final = (Kind.ATTENDANCE, Kind.SICKNESS)
_IN_FORCE: Final = (Stage.DRAFT, Stage.SENT, Stage.ACKNOWLEDGED)
_SETTLED_FIRST: Final = (Stage.ACKNOWLEDGED, Stage.SENT, Stage.SET_ASIDE, Stage.DRAFT)
_FOLLOWING: Final = (Stage.DRAFT, Stage.WITHDRAWN)  # of a deletion on whatever day: it is put right, or drafted again
_MOST_TOLD: Final = 6
_SAME_LEAVING: Final = dt.timedelta(days=14)  # of a leaving put off by no more, who was told of it knows of it (design)
_NOBODY_TOLD: Final = {"told_at": None, "told_by": None, "told_whom": ""}
_NOT_ASKED_FOR: Final = {
    (Kind.NEW_PUPIL, False): "Of who joins the youngest class with the school year no return is asked for.",
    (Kind.DELETION, False): "Of who has finished the school’s final year a return is not asked for any more.",
    (Kind.DELETION, True): "The child had no social worker on the last day on roll: nobody is to be told any more.",
}

Held = StatutoryReturn
Pair = tuple[int, str]


@dataclass
class Moves:
    """What the marks ask to be done with the returns held."""

    draft: list[Ground] = field(default_factory=list)
    draft_again: list[tuple[Held, Ground]] = field(default_factory=list)
    refresh: list[tuple[Held, Ground]] = field(default_factory=list)
    retell: list[tuple[Held, Ground]] = field(default_factory=list)
    withdraw: list[tuple[Held, bool]] = field(default_factory=list)
    lost: list[Held] = field(default_factory=list)
    regained: list[Held] = field(default_factory=list)

    def asks_anew(self, ground: Ground, since: dt.date) -> bool:
        """Whether a ground of before asks for a return: it became due since that day, or is the other day of a leaving
        whose return goes for it."""
        gone = {
            one.enrolment_id for one in [*self.lost, *(one for one, _ in self.withdraw)] if one.kind == Kind.DELETION
        }
        return ground.arose_on >= since or (ground.kind == Kind.DELETION and ground.enrolment in gone)


def draft_returns(
    figures: Figures, windows: Sequence[Window], schools: Sequence[int], *, on: dt.date, since: dt.date | None = None,
    edges: Edges = NO_EDGES, were_marks_changed: bool = False,
) -> int:  # fmt: skip
    """Draft what has become due in these schools' year, and withdraw what no longer is. Returns how many changed.

    Most grounds have their return already; those are compared as numbers, and only the others are looked at closer.
    were_marks_changed: marks were stored, put right or undone just now, so what each draft of the same days rests on is
    compared mark by mark (a code put right changes no day). A night over a county has no need to, and no time.
    since: what became due before that day is drafted no more, but for a leaving put right; the returns there are follow
    the marks all the same.
    edges: the youngest and oldest classes of schools that have no mark of the year.
    """
    found = due_in(figures, windows, on=on, edges=edges)
    pairs = _differing([due.keys for due in found], _keys_held(schools, figures.roll.year))
    told_otherwise = _told_otherwise(found, schools, figures.roll.year) if were_marks_changed else []
    if not len(pairs) and not told_otherwise:
        return 0
    grounds = [ground for due in found for ground in due.grounds(np.isin(due.keys >> PAIR, pairs))]
    moves = moves_for(grounds, _held(schools, figures.roll.year, pairs) if len(pairs) else [])
    moved = {one.pk for one, _ in [*moves.draft_again, *moves.refresh, *moves.withdraw]}
    moves.retell = [(one, ground) for one, ground in told_otherwise if one.pk not in moved]
    if since:
        moves.draft = [ground for ground in moves.draft if moves.asks_anew(ground, since)]
        moves.draft_again = [(one, ground) for one, ground in moves.draft_again if moves.asks_anew(ground, since)]
    deadlines = Deadlines(policies(), SchoolDays(windows[0].calendars))
    return _do(moves, _Now(figures, schools, on), deadlines, on=on)


def draft_by_roll(before: Figures, windows: Sequence[Window], schools: Sequence[int], *, on: dt.date) -> int:
    """Draft for joiners and leavers of the year of `on` at schools that have sent no mark of it yet, by the roll alone.

    A name that is deleted on 31 August is due by that day, whenever the first register is taken. before, windows: the
    year before of these schools, which tells their youngest and oldest classes. Returns how many returns changed.
    """
    year = year_of(on)
    asked = _with_dates_in(schools, year)
    if not asked:
        return 0
    figures, now = worked_out(asked, year)
    return draft_returns(figures, now, asked, on=on, edges=edges_of(before, windows))


def _with_dates_in(schools: Sequence[int], year: int) -> list[int]:
    """Those of these schools where a day of entry or leaving is stated in that year, or a return of it is held."""
    days = year_window(year).first, year_window(year).last
    dated = Q(admission_on__range=days) | Q(leaving_on__range=days)
    found = Enrolment.objects.filter(dated | Q(pk__in=_of_year(schools, year).values("enrolment")), school__in=schools)
    return sorted(set(found.values_list("school", flat=True)))


def _of_year(schools: Sequence[int], year: int) -> QuerySet[StatutoryReturn]:
    found: QuerySet[StatutoryReturn] = StatutoryReturn.objects.filter(school__in=schools, year=year)
    return found


# --- What is to be done -------------------------------------------------------------------------------------

_HELD = """
    SELECT array_agg(enrolment_id), array_agg(array_position(%(kinds)s::text[], kind::text) - 1),
           array_agg(first_on - %(begins)s), array_agg(arose_on - %(begins)s),
           array_agg((kind = %(deletion)s AND facts ? 'finished')::int)
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
    return keys_of(*bulk.read(_HELD, asked, (">i8", ">i4", ">i4", ">i4", ">i4")))


def _differing(found: Sequence[Keys], held: Keys) -> Keys:
    """The pairs of enrolment and kind of which a ground has no such return, or a return no such ground."""
    differing: Keys = np.unique(np.setxor1d(np.concatenate(found), held) >> PAIR)
    return differing


def _told_otherwise(found: Sequence[Due], schools: Sequence[int], year: int) -> list[tuple[Held, Ground]]:
    """Drafts from the marks of the same days as a ground, that rest on other sessions or codes. One query."""
    marked = StatutoryReturn.objects.to_make().filter(is_by_hand=False, kind__in=_OF_ABSENCE)
    drafts = list(marked.filter(school__in=schools, year=year))
    if not drafts:
        return []
    begins = dt.date(year, 8, 1)
    kinds = [KINDS.index(Kind(one.kind)) for one in drafts]
    first, arose = ([(getattr(one, name) - begins).days for one in drafts] for name in ("first_on", "arose_on"))
    keys = keys_of([one.enrolment_id for one in drafts], kinds, first, arose)
    draft_of = dict(zip(keys.tolist(), drafts, strict=True))
    return [
        (draft_of[key], ground)
        for due in found
        for key, ground in zip(*_grounds_with(due, keys), strict=True)
        if _rests_on_others(draft_of[key], ground)
    ]


def _grounds_with(due: Due, keys: Keys) -> tuple[list[int], Iterable[Ground]]:
    """The grounds that have one of these keys: the key of each, and the ground itself."""
    chosen = np.isin(due.keys, keys)
    return due.keys[chosen].tolist(), due.grounds(chosen)


def _rests_on_others(one: Held, ground: Ground) -> bool:
    held = one.facts.get("marks"), bool(one.facts.get("added_up"))
    return held != (ground.evidence(), ground.added_up)


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

    But who was put back on the roll and leaves on another day leaves once more: that is another deletion. So is one on
    a day far from the one that was sent or set aside: a return of 31 March says nothing of 18 June.
    """
    if ground.kind == Kind.DELETION:
        if one.ground_gone_on:
            return one.arose_on == ground.arose_on
        return one.stage in _FOLLOWING or _is_same_leaving(one, ground)
    if ground.kind == Kind.NEW_PUPIL:
        return True
    return bool(one.first_on <= ground.last_on and ground.first_on <= one.arose_on)


def _is_same_leaving(one: Held, ground: Ground) -> bool:
    return abs(one.arose_on - ground.arose_on) <= _SAME_LEAVING


def _covers(one: Held, ground: Ground) -> bool:
    """Of the same episode; or, for what is due by the year's total, any sickness return made before that day.

    Where none was made (it was set aside) only what was itself due by that total stands for it. One begun by hand and
    set aside says nothing of the marks; it is made after all where they begin with it, for a day has one return.
    """
    is_aside = one.stage == Stage.SET_ASIDE
    if is_aside and one.is_by_hand:
        return bool(one.first_on == ground.first_on)
    is_before = ground.added_up and one.arose_on <= ground.arose_on
    return _overlaps(one, ground) or (is_before and (not is_aside or bool(one.facts.get("added_up"))))


def _is_for_something_else(one: Held, ground: Ground) -> bool:
    """Whether it was set aside without regard to what is due now: begun by hand, or as no return was asked for."""
    if one.stage != Stage.SET_ASIDE:
        return False
    return one.is_by_hand or (one.kind == Kind.DELETION and one.is_finished and not ground.finished)


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
    if _is_for_something_else(one, ground):
        moves.draft_again.append((one, ground))
    elif _follows_marks(one) and _is_elsewhere(one, ground):
        moves.refresh.append((one, ground))
    if one.ground_gone_on:
        moves.regained.append(one)


def _is_elsewhere(one: Held, ground: Ground) -> bool:
    if (one.first_on, one.arose_on) != (ground.first_on, ground.arose_on):
        return True
    return bool(one.kind == Kind.DELETION and one.is_finished != ground.finished)


def _lose(one: Held, moves: Moves, *, is_doubled: bool) -> None:
    """A draft goes with its ground; so does what was said of a deletion, when the name is back on the roll."""
    if one.stage == Stage.DRAFT or (one.stage, one.kind) == (Stage.SET_ASIDE, Kind.DELETION):
        moves.withdraw.append((one, is_doubled))
    elif one.stage in StatutoryReturn.ARRIVED and not is_doubled and not one.ground_gone_on:
        moves.lost.append(one)


# --- Doing it -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Now:
    """The marks and the dates as they are now, of any enrolment of the roll of these schools."""

    figures: Figures
    schools: Sequence[int]
    on: dt.date

    def mark(self, enrolment: int, on: dt.date, half: int) -> str:
        """The code of a session of this year, '' where there is none."""
        at = self._place(enrolment)
        return "" if at is None else MARKS.get(int(self.figures.roll.marks[at, column_of(on, half)]), "")

    def _place(self, enrolment: int) -> int | None:
        roll = self.figures.roll
        at = int(np.searchsorted(roll.enrolments, enrolment))
        return at if at < len(roll) and roll.enrolments[at] == enrolment else None

    def states(self, one: StatutoryReturn) -> bool:
        """Whether the day of entry or of leaving that a return is about is the one stated, of no roll carried over."""
        at, roll = self._place(one.enrolment_id), self.figures.roll
        stated = {Kind.NEW_PUPIL: roll.admission_on, Kind.DELETION: roll.leaving_on}.get(Kind(one.kind))
        if at is None or stated is None or stated[at] != bulk.dates([one.arose_on])[0]:
            return False
        return not self.is_carried_over(one)

    def is_carried_over(self, one: StatutoryReturn) -> bool:
        return one.enrolment_id in self._carried_over

    @cached_property
    def _carried_over(self) -> set[int]:
        return carried_over(self.schools, self.on)

    def is_of_this_year(self, on: dt.date) -> bool:
        begins = dt.date(self.figures.roll.year, 8, 1)
        return begins <= on < begins.replace(year=begins.year + 1)


def _do(moves: Moves, now: _Now, deadlines: Deadlines, *, on: dt.date) -> int:
    steps = _add(moves.draft, deadlines)
    for one, ground in moves.draft_again:
        steps += _again(one, ground, deadlines)
    for one, ground in moves.refresh:
        steps += _refresh(one, ground, deadlines)
    for one, ground in moves.retell:
        steps += _put(one, {"facts": {**one.facts, **_facts_of(ground)}}, "refresh_draft", _what_changed(one, now))
    for one, is_doubled in moves.withdraw:
        is_of_another = is_doubled and one.kind in _OF_ABSENCE
        steps += _withdraw(one, _same_absence() if is_of_another else why_gone(one, now))
    for one in moves.lost:
        if not now.states(one):  # else what was sent is true, though it is not asked for any more
            steps += _put(one, {"ground_gone_on": on}, "ground_gone", why_gone(one, now))
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
        "facts": _facts_of(ground),
    }


def _facts_of(ground: Ground) -> dict[str, Any]:
    facts = {"marks": ground.evidence(), "added_up": ground.added_up}
    return facts | ({"finished": True} if ground.finished else {})


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
    again = {**_of_ground(ground, deadlines), **_to_be_told(one, ground), "stage": Stage.DRAFT, "is_by_hand": False}
    why = "The ground is there again" if one.stage == Stage.WITHDRAWN else "It was set aside, but a return is due now"
    return _put(one, again, "draft_again", f"{why}. {_due_words(ground)}")


def _refresh(one: StatutoryReturn, ground: Ground, deadlines: Deadlines) -> list[ReturnStep]:
    values = {**_of_ground(ground, deadlines), **_to_be_told(one, ground)}
    return _put(one, values, "refresh_draft", f"{_why_elsewhere(one, ground)} {_due_words(ground)}")


def _to_be_told(one: StatutoryReturn, ground: Ground) -> Mapping[str, Any]:
    """Nobody was told of a deletion that was off in between, or of one on a day far from that of which they were.

    Before any deletion a social worker of that day is told (domain.md 1.7 and 7). The steps keep who was told before.
    """
    is_another = one.stage == Stage.WITHDRAWN or not _is_same_leaving(one, ground)
    return _NOBODY_TOLD if one.kind == Kind.DELETION and is_another else {}


def _why_elsewhere(one: StatutoryReturn, ground: Ground) -> str:
    if one.kind in _OF_ABSENCE:
        return f"Marks were corrected: the episode began on {ground.first_on:%-d %B %Y}."
    if one.arose_on != ground.arose_on:
        return "The day was corrected."
    return "The final year is finished, so that no return is asked for." if ground.finished else "A return is due now."


def _withdraw(one: StatutoryReturn, why: str) -> list[ReturnStep]:
    return _put(one, {"stage": Stage.WITHDRAWN}, "withdraw_draft", why)


def _same_absence() -> str:
    return "After a correction this absence is part of another return's."


def why_gone(one: StatutoryReturn, now: _Now) -> str:
    """Why the ground is no longer there: the marks that were corrected, the date that was, or what is asked for."""
    if one.kind in _OF_ABSENCE:
        return _what_changed(one, now)
    if now.is_carried_over(one):
        return "The roll was taken over and goes on: nobody has left or joined, and no return is due any more."
    if now.states(one):
        return _NOT_ASKED_FOR[Kind(one.kind), one.is_finished]
    if one.kind == Kind.DELETION:
        return "The leaving date was corrected: this deletion is off."
    return "The admission date, or the marks that tell it, were corrected: no new pupil return is due any more."


def _what_changed(one: StatutoryReturn, marks: _Now) -> str:
    """Which of the marks that a return rests on are others now, as they were and as they are."""
    rests_on = [(dt.date.fromisoformat(day), half, code) for day, half, code in one.facts.get("marks", [])]
    changed = [
        f"{day:%-d %B} {'afternoon' if half else 'morning'} {code} is now {now or 'without a mark'}"
        for day, half, code in rests_on
        if marks.is_of_this_year(day) and (now := marks.mark(one.enrolment_id, day, half)) != code
    ]
    more = f", and {len(changed) - _MOST_TOLD} more" if len(changed) > _MOST_TOLD else ""
    told = ", ".join(changed[:_MOST_TOLD])
    return f"Marks were corrected: {told}{more}." if told else "The enrolment or the marks round it were corrected."
