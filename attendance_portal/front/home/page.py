"""The home page put together: which sections stand on whose, what changed, and the figures of their schools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from attendance_portal.charts import percent
from attendance_portal.front.addresses import address
from attendance_portal.front.changes import Changes, changes_for
from attendance_portal.front.figures import Figures, figures_of_standings, together
from attendance_portal.front.home.hand_overs import hand_overs_to_answer
from attendance_portal.front.home.meetings import meetings_of_a_school, meetings_of_an_officer, schools_due_a_meeting
from attendance_portal.front.home.plans import plan_actions_to_do, plans_to_approve
from attendance_portal.front.home.promise import promise_to_keep
from attendance_portal.front.home.referrals import referrals_of_mine
from attendance_portal.front.home.registers import (
    calendar_to_settle,
    care_lines_to_settle,
    duplicates_to_judge,
    register_gaps_of_a_school,
    register_gaps_of_an_authority,
    systems_of_a_school,
    systems_of_an_authority,
    tokens_that_end,
    tokens_to_approve,
)
from attendance_portal.front.home.returns import deletions_told, returns_arrived, returns_to_confirm
from attendance_portal.front.home.sections import Asker, Section, SectionFunction
from attendance_portal.front.home.service import meetings_in_numbers, staff_to_do, trail_to_read
from attendance_portal.front.home.uploads import stale_schools, uploads_to_settle
from attendance_portal.front.home.work import actions_to_do, cases_to_review
from attendance_portal.roles import Permission, Role
from schools.models import School, Standing
from schools.stored.carried import counted_once

_SCHOOL = (
    uploads_to_settle,
    returns_to_confirm,
    meetings_of_a_school,
    actions_to_do,
    plan_actions_to_do,
    cases_to_review,
    referrals_of_mine,
    stale_schools,
    register_gaps_of_a_school,
    calendar_to_settle,
    systems_of_a_school,
)
_OFFICER = (
    meetings_of_an_officer,
    schools_due_a_meeting,
    promise_to_keep,
    hand_overs_to_answer,
    returns_arrived,
    actions_to_do,
    plan_actions_to_do,
    cases_to_review,
    referrals_of_mine,
    stale_schools,
    register_gaps_of_an_authority,
    systems_of_an_authority,
    duplicates_to_judge,
)
_PARTNER = (cases_to_review, actions_to_do, plan_actions_to_do)

SECTIONS: Mapping[str, tuple[SectionFunction, ...]] = {
    Role.SCHOOL_LEAD: _SCHOOL,
    Role.SCHOOL_OFFICE: _SCHOOL,
    Role.OFFICER: _OFFICER,
    Role.TEAM_LEADER: (plans_to_approve, *_OFFICER, staff_to_do, tokens_to_approve),
    Role.LEGAL: _PARTNER,
    Role.VIRTUAL_SCHOOL: (deletions_told, care_lines_to_settle, *_PARTNER),
    Role.PRACTITIONER: (referrals_of_mine, *_PARTNER),
    Role.MANAGER: (meetings_in_numbers, stale_schools, register_gaps_of_an_authority, staff_to_do, tokens_to_approve),
    Role.AUDITOR: (trail_to_read, meetings_in_numbers),
    Role.ADMIN: (staff_to_do, systems_of_an_authority, tokens_that_end),
}
# Whose figures are shown as one: of every school for the service, of the children they see for the virtual school.
_AS_ONE = (Role.TEAM_LEADER, Role.MANAGER, Role.AUDITOR)


Tile = dict[str, Any]


@dataclass(frozen=True)
class SchoolRow:
    """A school and its figures."""

    school: School
    figures: Figures


@dataclass(frozen=True)
class HomePage:
    """Everything the page shows. `figures` are of one school or of several together, `rows` one line a school."""

    sections: Sequence[Section]
    changes: Changes | None
    figures_of: str = ""
    figures: Figures | None = None
    tiles: Sequence[dict[str, Any]] = field(default_factory=tuple)
    rows: Sequence[SchoolRow] = field(default_factory=tuple)
    is_of_one_school: bool = False

    @property
    def pupil_ids(self) -> set[object]:
        """The children named on the page, for its audit event."""
        items = {item.pupil_id for part in self.sections for item in part.shown if item.pupil_id}
        return items | (self.changes.pupil_ids if self.changes else set())


def home_page(asker: Asker) -> HomePage:
    """The home page of a member; as many queries for one school as for a hundred."""
    member = asker.member
    sections = [part for function in SECTIONS[member.role] for part in function(asker)]
    changes = changes_for(member, asker.own_schools) if member.may(Permission.PUPIL_SEE) else None
    return HomePage(sections, changes, is_of_one_school=len(asker.own_schools) == 1, **_figures(asker))


def _figures(asker: Asker) -> dict[str, Any]:
    role = asker.member.role
    if role == Role.VIRTUAL_SCHOOL:
        seen = Standing.objects.visible_to(asker.member)
        cohort = figures_of_standings(counted_once(seen, asker.member.on))
        return _as_tiles("Children with a social worker", cohort, _on_roll(cohort))
    words = f"{len(asker.schools)} schools"
    if role in _AS_ONE:
        return _as_tiles(words, asker.service, _official(asker.service))
    rows = [SchoolRow(school, asker.figures.get(school.pk, Figures())) for school in asker.schools]
    if len(rows) == 1:
        one = rows[0]
        return _as_tiles(one.school.name, one.figures, _on_roll(one.figures, one.school), one.school)
    all_of_them = together(asker.figures.values())
    return _as_tiles(f"Your {words}", all_of_them, _on_roll(all_of_them)) | {"rows": rows} if rows else {}


def _as_tiles(words: str, figures: Figures, absent: list[Tile], school: School | None = None) -> dict[str, Any]:
    return {"figures_of": words, "figures": figures, "tiles": _tiles(figures, absent, school)}


def _pupils(school: School | None, **query: str) -> str:
    return address("pupil_list", school.urn, **query) if school else ""


def _on_roll(figures: Figures, school: School | None = None) -> list[Tile]:
    """Those who are there now, as on the school's page, its pupil list and its meetings."""
    tenth, half, of = figures.missed_a_tenth, figures.missed_half, figures.banded
    return [
        _absent(tenth, "Persistently absent", f"missed 10% or more: {percent(tenth, of)}", 3)
        | {"href": _pupils(school, absence="persistent")},
        _absent(half, "Severely absent", f"missed 50% or more: {percent(half, of)}", 5)
        | {"href": _pupils(school, absence="severe")},
    ]


def _official(figures: Figures) -> list[Tile]:
    """The national count, as on the overview."""
    persistent, severe, of = figures.persistent, figures.severe, figures.official
    return [
        _absent(persistent, "Persistently absent", f"{percent(persistent, of)} of ages 5 to 15", 3),
        _absent(severe, "Severely absent", f"{percent(severe, of)} of ages 5 to 15", 5),
    ]


def _absent(count: int, label: str, note: str, band: int) -> Tile:
    return {"number": f"{count:,}", "label": label, "note": note, "band": band}


def _tiles(figures: Figures, absent: list[Tile], school: School | None) -> list[Tile]:
    return [
        {"number": f"{figures.pupils:,}", "label": "Pupils on roll", "href": _pupils(school)},
        {
            "number": figures.attendance,
            "label": "Attendance",
            "note": "this year, ages 5 to 15",
            "href": address("school_page", school.urn) if school else "",
        },
        *absent,
        {
            "number": f"{figures.missing:,}",
            "label": "Missing marks",
            "note": "half-days without a mark, of those on roll",
            "href": _pupils(school, sort="-missing"),
        },
    ]
