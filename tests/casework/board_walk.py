"""A walk through every kind of write that can change the rule board, each followed at once by the oracle's question.

Whoever walks does everything by the portal's own actions, and keeps a log of plain facts beside it.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from attendance_portal.models import Membership
from attendance_portal.roles import Role
from casework import rule_board, rule_rows
from casework.actions.directory import add_service, add_service_member
from schools.models import Enrolment, Pupil, School, SchoolMembership
from schools.models.places import Phase
from schools.sending import uploads
from tests.casework import board_oracle as oracle
from tests.casework.board_facts import Facts, Sending, Stay
from tests.cast import SINCE, Cast, in_scope, make_member, make_pupil

T = TypeVar("T")
Pair = tuple[str, str]
Told = dict[Stay, dict[dt.date, Pair]]
Step = Callable[["Walk"], bool]
STEPS: dict[str, Step] = {}
WAYS: dict[str, tuple[str, ...]] = {}
"""What may have to be done before a step can be, the likeliest first."""
DAY = dt.timedelta(days=1)
TERM = (dt.date(2026, 9, 7), dt.date(2026, 12, 18))
HALF_TERM = (dt.date(2026, 10, 26), dt.date(2026, 10, 30))
SPRING = dt.date(2027, 1, 4)
HERE, SHUT = ("/", "\\"), ("#", "#")
HABITS: dict[str, Sequence[Pair]] = {
    "here": [HERE, HERE, HERE, ("L", "\\"), ("V", "B")],
    "ill": [("I", "I")],
    "away": [("O", "O"), ("O", "O"), ("N", "G"), ("U", "O")],
    "half": [("/", "O"), ("I", "\\"), ("M", "\\")],
    "part-time": [("/", "C2"), ("/", "C2"), HERE],
    "elsewhere": [("D", "D"), ("D", "D"), HERE, ("D", "O")],
    "any": [HERE, ("I", "E"), ("T", "R"), ("Q", "Y2"), ("X", "X"), ("C", "C1"), ("O", "K"), ("S", "J1"), ("P", "W")],
}


def step(*ways: str) -> Callable[[Step], Step]:
    """One of the steps that every walk takes. It answers False where there is nothing to do it to yet; then some of
    those named here may make way for it."""

    def keep(doing: Step) -> Step:
        STEPS[doing.__name__], WAYS[doing.__name__] = doing, ways
        return doing

    return keep


def school_days(first: dt.date, last: dt.date) -> list[dt.date]:
    """Weekdays of term; those of the half-term week are closed."""
    days = [first + n * DAY for n in range((last - first).days + 1)]
    return [day for day in days if day.weekday() < 5 and not TERM[1] < day < SPRING]


@dataclass
class Viewer:
    """Whose board is looked at; the schools whose registers they are told of, None for all."""

    member: Membership
    schools: set[str] | None = None


class Walk:
    """What has been done, on which day it is, and what the boards must show of it."""

    def __init__(self, cast: Cast, seed: int, begins: dt.date) -> None:
        self.cast, self.facts, self.chance = cast, Facts(), random.Random(seed)
        self.pupils: dict[Any, Pupil] = {}
        self.schools: dict[str, School] = {}
        self.enrolments: dict[Stay, int] = {}
        self.habits: dict[Stay, str] = {}
        self.sent_until: dict[str, dt.date] = {}
        self.told_of: dict[tuple[Stay, dt.date | None], str] = {}  # the school in a deletion return that was sent
        self.uploads: list[tuple[Any, Sending]] = []
        self.needs_approval = False
        self.done: list[str] = []
        self.found: set[str] = set()
        self._expected: dict[str, dict[str, list[Any]]] = {}
        self._found: tuple[int, dict[str, set[Any]]] = (0, {})
        with in_scope(cast.eastshire):
            self._people()
            self._children()
        self.on = begins
        self._tell_everyone_the_day()

    # --- The scene ----------------------------------------------------------------------------------------------

    def _people(self) -> None:
        """Beside the cast: somebody who will leave, and a service whose practitioner answers."""
        cast = self.cast
        self.leaver = make_member(cast.eastshire, "leo@eastshire.example", "Leo Marsh", Role.OFFICER, "Eastshire")
        self.people = {one.name: one for one in (cast.practitioner, cast.officer, self.leaver)}
        self.viewers = [Viewer(cast.officer), Viewer(cast.team_leader), Viewer(cast.lead, {"Hill Academy"})]
        told = {"name": "Housing help", "takes_referrals": True}
        self.service = add_service(told=told, by=cast.team_leader)
        add_service_member(self.service, person=cast.practitioner, is_duty=True, on=SINCE, by=cast.team_leader)

    def _children(self) -> None:
        """Fifteen records: twins, a child on two rolls, one known twice, one too young, one too old for the law."""
        hill, vale = self.cast.hill, self.cast.vale
        brook = School.objects.create(
            urn="999003", laestab="9991103", name="Brook Unit", phase=Phase.ALTERNATIVE, email="office@brook.example"
        )
        SchoolMembership.objects.create(
            membership=self.cast.officer, school=brook, capacity="named-officer", from_on=SINCE
        )
        self.schools = {school.name: school for school in (hill, vale, brook)}
        more = [
            make_pupil(hill, 11, "Thorne", "Tia", "7"), make_pupil(hill, 12, "Thorne", "Tom", "7"),
            make_pupil(hill, 13, "Nash", "Nell", "8"), make_pupil(hill, 14, "Hale", "Hugo", "9"),
            make_pupil(brook, 15, "Ivey", "Ivy", "9"), make_pupil(brook, 16, "Clark", "Cora", "9"),
            make_pupil(vale, 17, "Small", "Sid", "0"), make_pupil(vale, 18, "Young", "Yara", "2"),
        ]  # fmt: skip
        Pupil.objects.filter(pk=more[6].pk).update(date_of_birth=dt.date(2021, 11, 30))
        for pupil in [*self.cast.pupils, *self.cast.vale_pupils, *more]:
            pupil.refresh_from_db()
            self._enrolled(Enrolment.objects.get(pupil=pupil), pupil)
        amy = self.cast.pupil
        self._enrolled(Enrolment.objects.create(pupil=amy, school=brook, year_group="7", admission_on=SINCE), amy)

    def _enrolled(self, enrolment: Enrolment, pupil: Pupil) -> Stay:
        """A name that has come onto a register."""
        assert enrolment.admission_on and pupil.date_of_birth
        self.pupils[pupil.pk] = pupil
        self.facts.born[pupil.pk] = pupil.date_of_birth
        school = next(name for name, one in self.schools.items() if one.pk == enrolment.school_id)
        stay = Stay(pupil.pk, school, enrolment.admission_on)
        self.facts.stays.append(stay)
        self.enrolments[stay], self.habits[stay] = enrolment.pk, "here"
        return stay

    def enrolled(self, enrolment: Enrolment) -> Stay:
        """A further stay of a child who is known."""
        return self._enrolled(enrolment, self.pupils[enrolment.pupil_id])

    # --- The day ------------------------------------------------------------------------------------------------

    @property
    def at(self) -> dt.datetime:
        return dt.datetime.combine(self.on, dt.time(9, 30), dt.UTC)

    def _tell_everyone_the_day(self) -> None:
        for member in (*self.cast.members.values(), self.leaver):
            member.on = self.on

    def sleep(self) -> None:
        """One to three school days pass, a holiday as one night; nobody writes anything."""
        ahead = school_days(self.on + DAY, self.on + 40 * DAY)
        self.on = self.chance.choice(ahead[:3])
        self._tell_everyone_the_day()
        self.did("a day passes")

    def day(self, before: int, after: int = 0) -> dt.date:
        """A day near this one."""
        return self.on + self.chance.randint(-before, after) * DAY

    def by(self, record: Any) -> dict[str, Any]:
        """Today, and somebody who may see the child."""
        is_kept = self.facts.restricted.get(record)
        return {"on": self.on, "by": self.cast.team_leader if is_kept else self.cast.officer}

    # --- Choosing -----------------------------------------------------------------------------------------------

    def one(self, rows: Iterable[T], prefer: Callable[[T], object] = bool) -> T | None:
        """One of these, mostly of those that are preferred; None where there is none. Sets and dicts are of records."""
        held = list(rows)
        if isinstance(rows, set | dict):  # of records, whose keys are another every time
            held.sort(key=list(self.pupils).index)
        liked = [row for row in held if prefer(row)]
        some = liked if liked and self.chance.random() < 0.75 else held
        return self.chance.choice(some) if some else None

    def world(self, viewer: Viewer) -> oracle.World:
        return oracle.World(self.facts, self.on, self.seen_by(viewer), viewer.schools)

    def found_by(self, *codes: str) -> set[Any]:
        """Records of the children whom these rules find now, restricted or not."""
        if self._found[0] != len(self.done):
            self._found = len(self.done), {}
        world = oracle.World(self.facts, self.on, set(self.facts.born))
        for code in codes:
            if code not in self._found[1]:
                self._found[1][code] = {record for child in oracle.RULES[code](world) for record in child}
        return set().union(*(self._found[1][code] for code in codes))

    def of(self, pupil: Any) -> Pupil:
        """The record as it stands in the portal."""
        return Pupil.objects.get(pk=pupil)

    # --- Marks --------------------------------------------------------------------------------------------------

    def send(self, school: str, told: Told) -> None:
        """Send a register file the whole way, as a school does."""
        upload = uploads.receive_upload(
            self.schools[school], [self._file(told)], file_name="register.csv", by=self.cast.officer, at=self.at
        )
        uploads.read_upload(upload, on=self.on)
        assert upload.stage == "read", list(upload.problems.values_list("message", flat=True))
        uploads.store_upload(uploads.accept_upload(upload, by=self.cast.officer, at=self.at), on=self.on)
        cells = {
            (stay, day, half): code for stay, days in told.items() for day, pair in days.items()
            for half, code in enumerate(pair)
        }  # fmt: skip
        self.facts.sendings.append(Sending(school, cells))
        self.uploads.append((upload.pk, self.facts.sendings[-1]))

    def _file(self, told: Told) -> bytes:
        lines = ["UPN,Surname,Forename,DOB,Year,Date,Session,Mark"]
        for stay, days in told.items():
            pupil = self.pupils[stay.record]
            group = Enrolment.objects.get(pk=self.enrolments[stay]).year_group
            who = f"{pupil.upn},{pupil.surname},{pupil.forename},{pupil.date_of_birth:%Y-%m-%d},{group}"
            lines += [
                f"{who},{day:%Y-%m-%d},{half},{code}"
                for day, pair in days.items() for half, code in zip(("AM", "PM"), pair, strict=True)
            ]  # fmt: skip
        return ("\r\n".join(lines) + "\r\n").encode()

    def marks(self, stay: Stay, days: Iterable[dt.date], habit: str) -> dict[dt.date, Pair]:
        """A habit's marks on the days of these on which the child is on roll; nothing but “#” where it is closed."""
        return {
            day: SHUT if HALF_TERM[0] <= day <= HALF_TERM[1] else self.chance.choice(HABITS[habit])
            for day in days
            if stay.holds(day) and day <= self.on
        }

    # --- Looking ------------------------------------------------------------------------------------------------

    def seen_by(self, viewer: Viewer) -> set[Any]:
        """Whom this person may see: everyone, or those of their schools this year, but for restricted records."""
        seen = set()
        for record in self.facts.born:
            stays = [stay for stay in self.facts.stays if stay.record == record]
            theirs = [one for one in stays if viewer.schools is None or one.school in viewer.schools]
            there = any(one.last_on is None or one.last_on >= oracle.YEAR_BEGAN for one in theirs)
            keepers = self.facts.restricted.get(record)
            if (there or viewer.schools is None) and (not keepers or viewer.member.name in keepers):
                seen.add(record)
        return seen

    def did(self, what: str) -> None:
        """Something was done: the officer's board must show it now, and others' in turn."""
        self.done.append(what)
        first, *others = self.viewers
        differing = []
        for viewer in (first, others[len(self.done) // 4 % 2]) if len(self.done) % 4 == 0 else (first,):
            compared = self._both(viewer, self.world(viewer))
            self.found |= {name for name, (_, expected) in compared.items() if expected}
            differing += [self._told(viewer, name, *both) for name, both in compared.items() if both[0] != both[1]]
        assert not differing, "\n".join(differing)

    def _both(self, viewer: Viewer, world: oracle.World) -> dict[str, tuple[list[Any], list[Any]]]:
        """What the board shows and what it must. Every rule whose answer the write changed, and of those it did not
        each in turn; now and then the whole board with its counts."""
        is_whole = len(self.done) % 16 == 0
        all_of = {code: self.ordered(must(world)) for code, must in oracle.RULES.items()}
        before = self._expected.get(viewer.member.name, {})
        self._expected[viewer.member.name] = all_of
        compared: dict[str, tuple[list[Any], list[Any]]] = {}
        for number, (code, expected) in enumerate(all_of.items(), len(self.done) // 4):
            if is_whole or before.get(code) != expected or number % 4 == len(self.done) % 4:
                compared[code] = self.listed(code, viewer, world, is_whole=is_whole), expected
        if is_whole:
            counts = {found.rule.code: found.count for _, group in rule_board.board(viewer.member) for found in group}
            compared["the counts"] = [counts], [{code: len(expected) for code, expected in all_of.items()}]
        if len(self.done) % 4 == 0 or {"severe-no-lead", "severe-no-plan"} & {*compared}:
            kept = rule_board.promise(viewer.member)
            compared["promise"] = [(kept.severe, kept.both, kept.lead_alone, kept.plan_alone)], [oracle.promise(world)]
        return compared

    def ordered(self, rows: Iterable[Any]) -> list[Any]:
        return sorted(rows, key=_order)

    def listed(self, code: str, viewer: Viewer, world: oracle.World, *, is_whole: bool = False) -> list[Any]:
        """What a rule lists, as the oracle tells it."""
        listed = self._keys(code, viewer, is_whole=is_whole)
        is_of_children = code not in oracle.ABOUT_RECORDS
        return self.ordered(self._child(record, world) for record in listed) if is_of_children else self.ordered(listed)

    def _keys(self, code: str, viewer: Viewer, *, is_whole: bool) -> list[Any]:
        """Keys of the plans, referrals … that a rule lists, or of the records of the children."""
        key = "pk" if code in oracle.ABOUT_RECORDS else "pupil_id"
        rule = rule_board.rule_of(code)
        assert rule is not None
        if is_whole:
            return [getattr(row, key) for row in rule_board.rows_of(rule, viewer.member)]
        return list(rule_rows.ROWS[code](viewer.member).values_list(key, flat=True))

    def _child(self, record: Any, world: oracle.World) -> Any:
        """The child of a listed record, which whoever looks must be allowed to see."""
        return self.facts.child_of(record) if record in world.records else "somebody unseen"

    def _told(self, viewer: Viewer, name: str, board: list[Any], expected: list[Any]) -> str:
        lines = [f"{viewer.member.name} on {self.on}, after {self.done[-6:]} ({len(self.done)}): {name}"]
        lines += [f"listed: {self._named(board)}", f"expected: {self._named(expected)}"]
        return "\n".join(lines)

    def _named(self, rows: list[Any]) -> list[str]:
        return [" + ".join(str(self.pupils[key]) for key in row) if isinstance(row, frozenset) else str(row)
                for row in rows]  # fmt: skip

    # --- Walking ------------------------------------------------------------------------------------------------

    def take(self, doing: Step) -> bool:
        """One step in a scope of its own, as each request has."""
        with in_scope(self.cast.eastshire):
            return doing(self)

    def go(self, rounds: int) -> None:
        """Every step so often, in an order of chance; what cannot be done yet waits until others made way for it."""
        ordered = sorted(STEPS)
        todo = [name for _ in range(rounds) for name in self.chance.sample(ordered, len(ordered))]
        for _ in range(len(todo) * 2):
            taken = next((name for name in todo if self.take(STEPS[name])), None)
            if taken:
                todo.remove(taken)
            if not todo:
                return
            if not taken:
                self.make_way(todo[0])
            if not taken or self.chance.random() < 0.2:
                with in_scope(self.cast.eastshire):
                    self.sleep()
        raise AssertionError(f"There was nothing to do these to: {todo}")

    def make_way(self, name: str) -> bool:
        """Do what comes before this step, or what comes before that."""
        ways = WAYS.get(name, ())
        return any(self.take(STEPS[way]) for way in ways) or any(self.make_way(way) for way in ways[:1])


def _order(row: Any) -> Any:
    return sorted(map(str, row)) if isinstance(row, frozenset) else [str(row)]
