"""The home page put together: which sections stand on whose, what changed, and the figures of their schools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from attendance_portal.charts import percent
from attendance_portal.front.addresses import address
from attendance_portal.front.changes import Changes, changes_for
from attendance_portal.front.figures import Figures, figures_of_standings, together
from attendance_portal.front.home.meetings import meetings_of_a_school, meetings_of_an_officer, schools_due_a_meeting
from attendance_portal.front.home.sections import Asker, Section, SectionFunction
from attendance_portal.front.home.service import meetings_in_numbers, staff_to_do, trail_to_read
from attendance_portal.front.home.uploads import stale_schools, uploads_to_settle
from attendance_portal.front.home.work import actions_to_do, cases_to_review
from attendance_portal.roles import Permission, Role
from schools.models import School, Standing

_SCHOOL = (uploads_to_settle, meetings_of_a_school, actions_to_do, cases_to_review, stale_schools)
_OFFICER = (meetings_of_an_officer, schools_due_a_meeting, actions_to_do, cases_to_review, stale_schools)
_PARTNER = (cases_to_review, actions_to_do)

SECTIONS: Mapping[str, tuple[SectionFunction, ...]] = {
    Role.SCHOOL_LEAD: _SCHOOL,
    Role.SCHOOL_OFFICE: _SCHOOL,
    Role.OFFICER: _OFFICER,
    Role.TEAM_LEADER: (*_OFFICER, staff_to_do),
    Role.LEGAL: _PARTNER,
    Role.VIRTUAL_SCHOOL: _PARTNER,
    Role.PRACTITIONER: _PARTNER,
    Role.MANAGER: (meetings_in_numbers, stale_schools, staff_to_do),
    Role.AUDITOR: (trail_to_read, meetings_in_numbers),
    Role.ADMIN: (staff_to_do,),
}
# Whose figures are shown as one: of every school for the service, of the children they see for the virtual school.
_AS_ONE = (Role.TEAM_LEADER, Role.MANAGER, Role.AUDITOR)


@dataclass(frozen=True)
class SchoolRow:
    """A school and its figures."""

    school: School
    figures: Figures


@dataclass(frozen=True)
class HomePage:
    """Everything the page shows. `figures` is one school's or the whole service's, `rows` one line a school."""

    sections: Sequence[Section]
    changes: Changes | None
    figures_of: str = ""
    figures: Figures | None = None
    tiles: Sequence[dict[str, Any]] = field(default_factory=tuple)
    rows: Sequence[SchoolRow] = field(default_factory=tuple)

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
    return HomePage(sections, changes, **_figures(asker))


def _figures(asker: Asker) -> dict[str, Any]:
    role = asker.member.role
    if role == Role.VIRTUAL_SCHOOL:
        cohort = figures_of_standings(Standing.objects.visible_to(asker.member))
        return _as_tiles("Children with a social worker", cohort)
    if role in _AS_ONE:
        return _as_tiles(f"{len(asker.schools)} schools", together(asker.figures.values()))
    rows = [SchoolRow(school, asker.figures.get(school.pk, Figures())) for school in asker.schools]
    if len(rows) == 1:
        return _as_tiles(rows[0].school.name, rows[0].figures, rows[0].school)
    return {"rows": rows}


def _as_tiles(words: str, figures: Figures, school: School | None = None) -> dict[str, Any]:
    return {"figures_of": words, "figures": figures, "tiles": _tiles(figures, school)}


def _tiles(figures: Figures, school: School | None) -> list[dict[str, Any]]:
    def pupils(**query: str) -> str:
        return address("pupil_list", school.urn, **query) if school else ""

    day = f"{figures.as_at:%-d %b %Y}" if figures.as_at else "None"
    return [
        {"number": f"{figures.pupils:,}", "label": "Pupils on roll", "href": pupils()},
        {"number": figures.attendance, "label": "Attendance", "note": "This year, ages 5 to 15"},
        {
            "number": f"{figures.persistent:,}",
            "label": "Persistently absent",
            "note": f"{percent(figures.persistent, figures.official)} of ages 5 to 15",
            "band": 3,
        },
        {
            "number": f"{figures.severe:,}",
            "label": "Severely absent",
            "note": f"{percent(figures.severe, figures.official)} of ages 5 to 15",
            "band": 5,
        },
        {"number": f"{figures.missing:,}", "label": "Missing marks", "note": "Half-days without a mark"},
        {"number": day, "label": "Last data", "href": address("school_page", school.urn) if school else ""},
    ]
