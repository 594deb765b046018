"""Who the pupils of a file are: matched to those held, or new."""

from __future__ import annotations

import datetime as dt
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BigIntegerField, CharField, F, Field, Value

from attendance_portal.models import Authority, Membership
from attendance_portal.tenancy import current_authority_id
from schools.models import Enrolment, FormerUpn, Pupil, School
from schools.reading import Problem, PupilInFile
from schools.sending.identity import is_known_as, may_be
from schools.sending.told_names import told_otherwise
from schools.sending.told_sex import take_over_sex
from schools.stored.bulk import whole_sets
from schools.stored.in_error import bring_back
from schools.stored.known import note_dates
from schools.stored.names import name_keys, sort_key
from schools.stored.one_of import IsOneOf
from schools.stored.turns import hold_new_pupils

# A file whose pupils are mostly on another school's roll was uploaded at the wrong school (formats.md 9.11).
_FEW, _MOST, _ENOUGH = 0.1, 0.5, 10


@dataclass
class Held:
    """An enrolment of the school as matching sees it."""

    enrolment: int
    pupil: uuid.UUID
    upn: str | None
    name: str
    born_on: dt.date | None
    local_id: str
    year_group: str
    admission_on: dt.date | None
    leaving_on: dt.date | None
    reg_group: str
    made_by_act: uuid.UUID | None
    in_error_at: dt.datetime | None


@dataclass
class Match:
    """One pupil of a file: `held` if enrolled here, else the `pupil` known elsewhere, else new; or a problem.

    other_stays: the child's other enrolments here, to which marks of their days belong. carried_from: of an enrolment
    that goes on where one at a school taken over ended, the admission there (date.min where that is not stated).
    stays_off: of one made in error, that the file leaves it so.
    """

    told: PupilInFile
    held: Held | None = None
    pupil: uuid.UUID | None = None
    problem: Problem | None = None
    warning: Problem | None = None
    new_upn: str | None = None
    other_stays: list[Held] = field(default_factory=list)
    carried_from: dt.date | None = None
    stays_off: bool = False

    @property
    def is_new(self) -> bool:
        return self.problem is None and self.held is None


@dataclass
class Matches:
    """All pupils of a file, in its order, and the enrolments on roll that the file does not name."""

    matches: list[Match]
    missing: list[Held] = field(default_factory=list)
    wrong_school: Problem | None = None
    told_as: dict[str, list[str]] = field(default_factory=dict)
    """What the file calls children, by their key, where that is not the name held, or not their school."""

    @property
    def new(self) -> list[Match]:
        return [match for match in self.matches if match.is_new]


def match_pupils(school: School, told: Sequence[PupilInFile], *, first_on: dt.date, last_on: dt.date) -> Matches:
    """Match the pupils of a file that covers `first_on` to `last_on` against the school's roll and the authority."""
    with whole_sets():
        here = _held_at(school)
    index = _Index(here, _by_upn(here, told), first_on, last_on)
    matches = [_with_dates_in_order(index.match(pupil)) for pupil in told]
    for match in matches:
        match.other_stays = [row for row in index.stays_of(match.pupil) if row is not match.held]
    found = {match.held.enrolment for match in matches if match.held}
    groups = {pupil.year_group for pupil in told if pupil.year_group}
    missing = [
        held
        for held in index.held
        if held.enrolment not in found
        and not held.in_error_at
        and (not groups or held.year_group in groups)
        and (held.leaving_on is None or held.leaving_on >= first_on)
        and (held.admission_on is None or held.admission_on <= last_on)
    ]
    return Matches(matches, missing, _wrong_school(school, matches), told_otherwise(told, here, index.elsewhere))


def names_told(school: School, told: Sequence[PupilInFile]) -> Matches:
    """What a file that cannot be used calls children: nobody is matched, but its problems name them."""
    if not told:
        return Matches([])
    here = _held_at(school)
    return Matches([], told_as=told_otherwise(told, here, _by_upn(here, told)))


def _held_at(school: School) -> list[Held]:
    """The school's enrolments. One made in error comes back when a file names the child, who has no other here."""
    rows = Enrolment.every.filter(school=school).order_by("pk").values_list(
        "pk", "pupil_id", "pupil__upn", "pupil__sort_key", "pupil__date_of_birth", "local_id", "year_group",
        "admission_on", "leaving_on", "reg_group", "made_by_act", "made_in_error_at",
    )  # fmt: skip
    held = [Held(*row) for row in rows]
    if not any(row.in_error_at for row in held):
        return held
    here = {row.pupil for row in held if not row.in_error_at}
    return [row for row in held if not row.in_error_at or row.pupil not in here]


Known = dict[str, tuple[uuid.UUID, str, dt.date | None]]


def _by_upn(held: Sequence[Held], told: Sequence[PupilInFile]) -> Known:
    """Pupils of the authority by the UPNs of the file, present or former. Most are on this roll, and not asked for."""
    here: Known = {row.upn: (row.pupil, row.name, row.born_on) for row in held if row.upn}
    upns = [upn for pupil in told for upn in (pupil.upn, pupil.former_upn) if upn and upn not in here]
    if not upns:
        return here
    any_of = _any_of("upn", upns, CharField())
    known = Pupil.objects.filter(any_of).values_list("upn", "pk", "sort_key", "date_of_birth")
    former = FormerUpn.objects.filter(any_of).values_list("upn", "pupil_id", "pupil__sort_key", "pupil__date_of_birth")
    return here | {upn: (pk, name, born) for rows in (former, known) for upn, pk, name, born in rows if upn}


def _any_of(name: str, values: Sequence[object], field: Field[Any, Any]) -> IsOneOf:
    """A condition: the field is any of many values."""
    return IsOneOf(F(name), Value(list(values), output_field=ArrayField(field)))


class _Index:
    """The school's roll by UPN, by the school's own number, and by name with date of birth."""

    def __init__(self, held: list[Held], elsewhere: Known, first_on: dt.date, last_on: dt.date) -> None:
        self.held, self.elsewhere = held, elsewhere
        self.first_on, self.last_on = first_on, last_on
        self.by_pupil: defaultdict[uuid.UUID, list[Held]] = defaultdict(list)
        self.by_local_id: dict[str, Held] = {}
        self.by_name: defaultdict[tuple[str, dt.date | None], list[Held]] = defaultdict(list)
        for row in sorted(held, key=lambda row: (row.leaving_on is None, row.leaving_on or dt.date.min)):
            self.by_pupil[row.pupil].append(row)  # an open enrolment last, so that it is the one found
            if row.local_id:
                self.by_local_id[row.local_id.casefold()] = row
            self.by_name[row.name, row.born_on].append(row)

    def match(self, told: PupilInFile) -> Match:
        if told.upn and told.upn in self.elsewhere:
            return self._by_upn(told, *self.elsewhere[told.upn])
        if told.local_id and told.local_id.casefold() in self.by_local_id:
            return self._by_local_id(told, self.by_local_id[told.local_id.casefold()])
        if told.former_upn and told.former_upn in self.elsewhere:
            return self._by_former_upn(told, told.former_upn)
        same = self.by_name[sort_key(told.surname, told.forename), told.born_on] if told.born_on else []
        if len({row.pupil for row in same}) == 1 and (_is_temporary(told.upn) or _is_temporary(same[-1].upn)):
            new_upn = told.upn if _is_temporary(same[-1].upn) else None
            return Match(told, self._stay(told, same[-1].pupil), same[-1].pupil, new_upn=new_upn)
        if told.can_be_created:
            return Match(told)
        return Match(told, problem=_unknown(told))

    def _by_upn(self, told: PupilInFile, pupil: uuid.UUID, name: str, born_on: dt.date | None) -> Match:
        is_known_here = pupil in self.by_pupil
        if not (may_be(told, name, born_on) if is_known_here else is_known_as(told, name, born_on)):
            return Match(told, problem=_another_child(told, "UPN", told.upn))
        held = self._stay(told, pupil)
        if held is None and not told.can_be_created:
            return Match(told, problem=_unknown(told))
        return Match(told, held, pupil)

    def _by_former_upn(self, told: PupilInFile, former_upn: str) -> Match:
        """The child held with the UPN that the file says is the former one; a temporary one gives way."""
        match = self._by_upn(told, *self.elsewhere[former_upn])
        if match.held and told.upn and told.upn != match.held.upn:
            _change_or_keep_upn(match, told, match.held)
        return match

    def _by_local_id(self, told: PupilInFile, held: Held) -> Match:
        if not (told.number_is_certain or told.surname or told.born_on):
            return Match(told, problem=_unknown(told))  # a number of unknown meaning tells nobody by itself
        if not may_be(told, held.name, held.born_on):
            return Match(told, problem=_another_child(told, "admission number", told.local_id))
        match = Match(told, self._stay(told, held.pupil), held.pupil)
        if told.upn and told.upn != held.upn:
            _change_or_keep_upn(match, told, held)
        return match

    def stays_of(self, pupil: uuid.UUID | None) -> list[Held]:
        """A child's enrolments here, the latest last."""
        return self.by_pupil.get(pupil, []) if pupil else []

    def _stay(self, told: PupilInFile, pupil: uuid.UUID) -> Held | None:
        """Which enrolment of a child here the file is about; None where it is one not held yet.

        Of several (the child left and came back) that of the stated days, else the latest within the file's
        period: a file of before must not put its dates and marks onto the stay of now.
        """
        stays = self.stays_of(pupil)
        stated = [
            row
            for row in stays
            if (told.admitted_on and row.admission_on == told.admitted_on)
            or (told.left_on and row.leaving_on == told.left_on)
        ]
        within = [row for row in stays if _is_within(row, self.first_on, self.last_on)]
        found = stated or within or stays
        return found[-1] if found and not _is_another_stay(told, found[-1]) else None


def _change_or_keep_upn(match: Match, told: PupilInFile, held: Held) -> None:
    """Another UPN than the one held takes its place only where that was temporary; else it is told."""
    if _is_temporary(held.upn):
        match.new_upn = told.upn
    else:
        match.warning = Problem("upn-differs", told.row, "UPN", told.upn, (("pupil", told.known_as),))


def _is_temporary(upn: str | None) -> bool:
    """None, or a temporary UPN, which ends in a letter: another may yet take its place."""
    return upn is None or upn[-1].isalpha()


def _is_within(row: Held, first_on: dt.date, last_on: dt.date) -> bool:
    """Whether the child was on roll on any day of a period."""
    begun = row.admission_on is None or row.admission_on <= last_on
    return begun and (row.leaving_on is None or row.leaving_on >= first_on)


def _with_dates_in_order(match: Match) -> Match:
    """The match, with a problem where what the file states would have the child leave before being admitted."""
    told, held = match.told, match.held
    admitted = told.admitted_on or (held.admission_on if held else None)
    left = told.left_on or (held.leaving_on if held else None)
    if match.problem is None and admitted and left and left < admitted:
        details = (("pupil", told.known_as), ("left", f"{left:%-d %B %Y}"), ("admitted", f"{admitted:%-d %B %Y}"))
        match.problem = Problem("enrolment-dates-crossed", told.row, details=details)
    return match


def _is_another_stay(told: PupilInFile, held: Held) -> bool:
    """Whether the file states an admission after that enrolment ended (the child came back), or an end before it."""
    after = told.admitted_on and held.leaving_on and told.admitted_on > held.leaving_on
    before = told.left_on and held.admission_on and told.left_on < held.admission_on
    return bool(after or before)


def _unknown(told: PupilInFile) -> Problem:
    return Problem("unknown-pupil", told.row, details=(("pupil", told.known_as),))


def _another_child(told: PupilInFile, number: str, value: str | None) -> Problem:
    return Problem("another-child", told.row, number, value, (("pupil", told.known_as), ("number", number)))


def _wrong_school(school: School, matches: Sequence[Match]) -> Problem | None:
    """Most pupils with a UPN are on another school's roll and hardly any on this one's."""
    known = [match for match in matches if match.pupil]
    here = sum(match.held is not None and not match.held.in_error_at for match in known)
    if len(known) < _ENOUGH or here > _FEW * len(matches):
        return None
    before = School.objects.filter(successor_links__successor=school).values("pk")  # their children are expected here
    there = Enrolment.objects.filter(pupil__in=[match.pupil for match in known], leaving_on=None)
    there = there.exclude(school=school).exclude(school__in=before)
    if there.count() < _MOST * len(matches):
        return None
    return Problem("roll-of-another-school", value=f"{len(known) - here} of {len(matches)}")


def enrol(
    school: School,
    matches: Iterable[Match],
    *,
    on: dt.date,
    is_latest: bool,
    made_by: Membership | None = None,
    made_at: dt.datetime | None = None,
    act: uuid.UUID | None = None,
) -> dict[int, int]:
    """Create who is new, put what the file states onto who is held. Returns enrolment ids by place in `matches`.

    Call it after `match_those_just_created`. made_at: when it became known, else now. act: what makes the enrolments,
    by which an undo finds them. A file of an earlier year (`is_latest` false) states nothing about the year or
    registration group of today.
    """
    matches = list(matches)
    _create_pupils([match for match in matches if match.is_new and match.pupil is None])
    fresh = [match for match in matches if match.is_new]
    one_each = {match.pupil: match for match in fresh}  # two rows of a child may have no number in common
    created = dict(zip(one_each, _create_enrolments(school, [*one_each.values()], made_at, act), strict=True))
    enrolments = {id(match): created[match.pupil] for match in fresh}
    held = [match for match in matches if match.held and match.problem is None and not match.stays_off]
    in_error = [match.held.enrolment for match in held if match.held and match.held.in_error_at]
    bring_back(in_error, by=made_by, at=made_at)
    _take_over(held, is_latest, by=made_by, at=made_at)
    take_over_sex([(match.pupil, match.told.sex) for match in (*held, *fresh) if match.pupil], is_latest)
    _change_upns([match for match in held if match.new_upn], on=on)
    _keep_former_upns([match for match in (*held, *fresh) if match.told.former_upn], on=on)
    enrolments |= {id(match): match.held.enrolment for match in held if match.held}
    return {place: enrolments[id(match)] for place, match in enumerate(matches) if id(match) in enrolments}


# A school's whole roll is one JSON document: the ORM takes a third of an import's time over as many objects.
_PUPILS = """
    WITH n AS MATERIALIZED (
        SELECT * FROM json_to_recordset(%(rows)s::json)
            AS n (id uuid, upn text, surname text, forename text, born_on date, sex text, sort_key text, keys json)
    ), made AS (
        INSERT INTO schools_pupil
            (authority_id, id, upn, surname, forename, date_of_birth, sex, sort_key, is_restricted)
        SELECT %(authority)s, id, upn, surname, forename, born_on, sex, sort_key, false FROM n
    )
    INSERT INTO schools_pupilnamekey (authority_id, pupil_id, key)
    SELECT %(authority)s, n.id, key FROM n, json_array_elements_text(n.keys) AS key
"""
# Ids are given in the order of the rows, which is that of `place`.
_ENROLMENTS = """
    INSERT INTO schools_enrolment
        (authority_id, school_id, pupil_id, local_id, year_group, reg_group, admission_on, leaving_on, destination,
         known_at, made_by_act)
    SELECT %(authority)s, %(school)s, n.pupil, n.local_id, n.year_group, n.reg_group, n.admitted_on, n.left_on, '',
           coalesce(%(at)s::timestamptz, statement_timestamp()), %(act)s::uuid
    FROM json_to_recordset(%(rows)s::json)
        AS n (place integer, pupil uuid, local_id text, year_group text, reg_group text, admitted_on date, left_on date)
    ORDER BY n.place
    RETURNING id
"""


def _insert(sql: str, rows: Sequence[Mapping[str, object]], **asked: Any) -> list[int]:
    """Insert rows given by the names of the statement's columns; the ids it returns, if any, in their order."""
    with connection.cursor() as cursor:
        document = json.dumps(rows, default=str)
        cursor.execute(sql, asked | {"authority": current_authority_id(), "rows": document})
        return sorted(pk for (pk,) in cursor.fetchall()) if cursor.description else []


def match_those_just_created(matches: Iterable[Match]) -> list[Match]:
    """Match those whom nobody knew to the pupils that another school's file created since, by the same rules.

    Until this transaction ends no other file of the authority creates pupils: a UPN is there once. Returns those of
    whom it now is a problem: the number is another child's.
    """
    unknown = [match for match in matches if match.is_new and match.pupil is None]
    if not unknown:
        return []
    hold_new_pupils()
    created = _by_upn([], [match.told for match in unknown])
    index = _Index([], created, dt.date.min, dt.date.max)
    found = [match for match in unknown if {match.told.upn, match.told.former_upn} & created.keys()]
    for match in found:
        again = index.match(match.told)
        match.pupil, match.problem = again.pupil, again.problem
    return [match for match in found if match.problem]


def _create_pupils(new: Sequence[Match]) -> None:
    for match in new:
        match.pupil = uuid.uuid4()
    if new:
        _insert(_PUPILS, [_pupil(match) for match in new])


def _pupil(match: Match) -> dict[str, object]:
    told = match.told
    return {
        **{"id": match.pupil, "upn": told.upn, "surname": told.surname, "forename": told.forename},
        **{"born_on": told.born_on, "sex": told.sex},
        "sort_key": sort_key(told.surname, told.forename),
        "keys": sorted(name_keys(told.surname, told.forename)),
    }


def _create_enrolments(
    school: School, fresh: Sequence[Match], at: dt.datetime | None, act: uuid.UUID | None
) -> list[int]:
    """The ids of the new enrolments, match for match."""
    if not fresh:
        return []
    rows = [_enrolment(place, match) for place, match in enumerate(fresh)]
    return _insert(_ENROLMENTS, rows, school=school.pk, at=at, act=act)


def _enrolment(place: int, match: Match) -> dict[str, object]:
    told = match.told
    assert match.pupil is not None, "whoever is new was given a pupil before"
    return {
        "place": place,
        "pupil": match.pupil,
        "local_id": told.local_id or "",
        "year_group": told.year_group or "",
        "reg_group": told.registration_group,
        "admitted_on": told.admitted_on,
        "left_on": told.left_on,
    }


def _take_over(held: Sequence[Match], is_latest: bool, *, by: Membership | None, at: dt.datetime | None) -> None:
    """Put the year group, registration group, number and stated dates of the file onto held enrolments."""
    news: defaultdict[int, dict[str, Any]] = defaultdict(dict)
    for match in held:
        if match.held and (new := _news(match.held, match.told, is_latest)):
            news[match.held.enrolment] |= new
    if not news:  # the night's file of a school seldom says anything new of the roll
        return
    changed = list(Enrolment.objects.filter(_any_of("pk", list(news), BigIntegerField())))
    for row in changed:
        for name, value in news[row.pk].items():
            setattr(row, name, value)
    note_dates(changed, by=by, at=at)
    Enrolment.objects.bulk_update(
        changed, ["local_id", "year_group", "reg_group", "admission_on", "leaving_on"], batch_size=500
    )


def _news(held: Held, told: PupilInFile, is_latest: bool) -> dict[str, Any]:
    """What the file states otherwise than it is held. What it leaves empty stays."""
    stated = {
        "local_id": told.local_id,
        "year_group": told.year_group,
        "reg_group": told.registration_group,
        "admission_on": told.admitted_on,
        "leaving_on": told.left_on,
    }
    if not is_latest:
        del stated["year_group"], stated["reg_group"]
    if held.local_id and not told.number_is_certain:
        del stated["local_id"]
    return {name: value for name, value in stated.items() if value and getattr(held, name) != value}


def _change_upns(changing: Sequence[Match], *, on: dt.date) -> None:
    """A temporary UPN became permanent, or one was given at last; the former one still finds the child."""
    pupils = Pupil.objects.in_bulk([match.pupil for match in changing])
    FormerUpn.objects.bulk_create(
        [
            FormerUpn(pupil=pupils[match.pupil], upn=upn, until_on=on)
            for match in changing
            if match.pupil and (upn := pupils[match.pupil].upn)
        ],
        ignore_conflicts=True,
    )
    for match in changing:
        if match.pupil:
            pupils[match.pupil].upn = match.new_upn
    Pupil.objects.bulk_update(pupils.values(), ["upn"])


def _keep_former_upns(matches: Sequence[Match], *, on: dt.date) -> None:
    """Keep the UPNs that the file says the children had before, but for those that are a child's UPN today."""
    if not matches:
        return
    any_of = _any_of("upn", [match.told.former_upn for match in matches], CharField())
    in_use = set(Pupil.objects.filter(any_of).values_list("upn", flat=True))
    FormerUpn.objects.bulk_create(
        [
            FormerUpn(pupil_id=match.pupil, upn=upn, until_on=on)
            for match in matches
            if match.pupil and (upn := match.told.former_upn) and upn not in in_use
        ],
        ignore_conflicts=True,
    )


def fictional_codes() -> frozenset[str]:
    """Authority numbers valid in UPNs here though no such council exists: those of this installation's authorities."""
    return frozenset(Authority.objects.filter(code__in=["998", "999"]).values_list("code", flat=True))
