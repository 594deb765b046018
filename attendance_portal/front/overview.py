"""The whole authority: which schools were met, and the five categories by school and by phase."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from attendance_portal.charts import Chart, Share, band_bar, percent
from attendance_portal.front.figures import Figures, figures_of_the_year, in_the_year, together
from attendance_portal.front.known_figures import figures_as_known
from attendance_portal.models import Membership
from attendance_portal.tables import Column
from attendance_portal.templatetags.portal import BAND_LABELS
from schools.models import School
from schools.models.places import Phase
from tsm.timetable import SchoolTerm, State, day_of, named_officers, timetable

STATES = (State.OVERDUE, State.UNRECORDED, State.DUE, State.ARRANGED, State.MET, State.NOT_DUE)
STATE_WORDS: Mapping[str, str] = {
    State.OVERDUE: "Overdue",
    State.UNRECORDED: "Date passed, not recorded",
    State.DUE: "Due, none arranged",
    State.ARRANGED: "Arranged",
    State.MET: "Met this term",
    State.NOT_DUE: "None due this term",
}
STATE_COLOURS: Mapping[str, str] = {
    State.OVERDUE: "red",
    State.UNRECORDED: "red",
    State.DUE: "yellow",
    State.ARRANGED: "blue",
    State.MET: "green",
    State.NOT_DUE: "grey",
}
FIGURE_COLUMNS = (
    Column("school", "School", ("school__name",)),
    Column("pupils", "Pupils", ("figures__pupils",), numeric=True),
    Column("attendance", "Attendance", ("figures__attendance_share",), numeric=True),
    *(Column(f"band_{band}", label, (f"share_{band}",), numeric=True) for band, label in BAND_LABELS.items()),
    Column("pa", "Persistently absent, ages 5 to 15", ("persistent_share",), numeric=True),
    Column("sa", "Severely absent, ages 5 to 15", ("severe_share",), numeric=True),
    Column("missing", "Missing marks", ("figures__missing",), numeric=True),
    Column("as_at", "Last data", ("figures__as_at",)),
)
MEETING_COLUMNS = (
    Column("school", "School", ("school__name",)),
    Column("phase", "Phase", ("phase",)),
    Column("area", "Area", ("school__area",)),
    Column("officer", "Named officer", ("officer_name",)),
    Column("state", "This term", ("state_place",)),
    Column("meeting", "Meeting", ("meeting_at",)),
    Column("last_term", "Last term", ("term__missed_last_term",)),
)
MEETING_HEADERS = (
    *("School", "URN", "Phase", "Area", "Named officer", "This term"),
    *("Meeting on", "Held by", "Missed last term"),
)


@dataclass(frozen=True)
class SchoolLine:
    """One school of the overview."""

    school: School
    figures: Figures
    term: SchoolTerm
    officer: Membership | None
    is_closed: bool = False

    @property
    def phase(self) -> str:
        return str(Phase(self.school.phase).label)

    @property
    def officer_name(self) -> str | None:
        return self.officer.name if self.officer else None

    @property
    def state_place(self) -> int:
        return STATES.index(self.term.state)

    @property
    def state_words(self) -> str:
        return STATE_WORDS[self.term.state]

    @property
    def state_colour(self) -> str:
        return STATE_COLOURS[self.term.state]

    @property
    def meeting_at(self) -> dt.datetime | None:
        return self.term.meeting.starts_at if self.term.meeting else None

    @property
    def persistent_share(self) -> float | None:
        return _share(self.figures.persistent, self.figures.official)

    @property
    def severe_share(self) -> float | None:
        return _share(self.figures.severe, self.figures.official)

    @property
    def share_1(self) -> float | None:
        return _share(self.figures.bands[0], self.figures.banded)

    @property
    def share_2(self) -> float | None:
        return _share(self.figures.bands[1], self.figures.banded)

    @property
    def share_3(self) -> float | None:
        return _share(self.figures.bands[2], self.figures.banded)

    @property
    def share_4(self) -> float | None:
        return _share(self.figures.bands[3], self.figures.banded)

    @property
    def share_5(self) -> float | None:
        return _share(self.figures.bands[4], self.figures.banded)


@dataclass(frozen=True)
class PhaseLine:
    """All schools of one phase together; `phase` is empty for the whole."""

    phase: str
    label: str
    schools: int
    figures: Figures


@dataclass(frozen=True)
class Wanted:
    """What a person narrowed the overview to; empty means all."""

    phase: str = ""
    area: str = ""
    officer: str = ""
    state: str = ""

    @property
    def is_everything(self) -> bool:
        return self == Wanted()

    def holds(self, line: SchoolLine) -> bool:
        officer = str(line.officer.pk) if line.officer else ""
        asked = (self.phase, self.area, self.officer, self.state)
        found = (line.school.phase, line.school.area, officer, line.term.state)
        return all(not one or one == other for one, other in zip(asked, found, strict=True))


def school_lines(member: Membership, *, known_on: dt.date | None = None) -> list[SchoolLine]:
    """Every school this member may see that was open in the academic year, by name; queries do not grow with them.

    Of a school that closed in it, those stay in the official figures who left before its last day. Whoever went on at
    a school that took it over is counted there, with the marks of both; on roll a child is here only until an open
    school has told of them.
    known_on: with the figures that were known by the end of that day; meetings and officers are those of now.
    """
    day = known_on or member.on
    schools = list(in_the_year(School.objects.visible_to(member), on=day))
    closed = {one.pk for one in schools if one.closed_on and one.closed_on < day}
    figures = figures_as_known(schools, known_on) if known_on else figures_of_the_year(schools, on=day)
    officers = named_officers(schools, on=member.on)
    return [
        SchoolLine(
            row.school,
            figures.get(row.school.pk, Figures()),
            row,
            officers.get(row.school.pk),
            is_closed=row.school.pk in closed,
        )
        for row in timetable(schools, on=member.on)
    ]


def phase_lines(lines: Sequence[SchoolLine]) -> list[PhaseLine]:
    """The schools added up by phase, in the order of the phases; those without a school are left out."""
    by_phase = {phase: [line for line in lines if line.school.phase == phase] for phase in Phase}
    return [
        PhaseLine(phase.value, str(phase.label), _open(found), together(line.figures for line in found))
        for phase, found in by_phase.items()
        if found
    ]


def _open(lines: Sequence[SchoolLine]) -> int:
    return sum(not line.is_closed for line in lines)


def whole(lines: Sequence[SchoolLine]) -> PhaseLine:
    """All of these schools together."""
    return PhaseLine("", "All schools", _open(lines), together(line.figures for line in lines))


def shares(figures: Figures) -> list[Share]:
    return [Share(band, BAND_LABELS[band], count) for band, count in enumerate(figures.bands, 1)]


def category_chart(figures: Figures) -> Chart:
    return band_bar("categories", "Pupils by category", shares(figures))


def state_tiles(lines: Sequence[SchoolLine], address: str) -> list[dict[str, object]]:
    """How many schools stand where with this term's meetings; each leads to them at `address`."""
    counts = Counter(line.term.state for line in lines if not line.is_closed)
    shown = [state for state in STATES if counts[state] or state in (State.OVERDUE, State.DUE, State.MET)]
    return [
        {
            "number": counts[state],
            "label": STATE_WORDS[state],
            "href": f"{address}?state={state}",
            "note": f"{percent(counts[state], _open(lines))} of schools",
        }
        for state in shown
    ]


def meeting_row(line: SchoolLine) -> tuple[object, ...]:
    """One school as a line of the meetings' file, under `MEETING_HEADERS`."""
    school, meeting = line.school, line.term.meeting
    held = (day_of(meeting), meeting.officer.name) if meeting else ("", "")
    about = (school.name, school.urn, line.phase, school.area, line.officer_name, line.state_words)
    return (*about, *held, line.term.missed_last_term)


def _share(count: int, total: int) -> float | None:
    """For sorting only; what is shown are the integers and their rounded share."""
    return count / total if total else None


def view_tabs(path: str) -> list[dict[str, Any]]:
    """The pages of the overview, the one at this path the current one."""
    pages = (("Figures", "overview"), ("Meetings this term", "overview_meetings"), ("Did it help?", "overview_helped"))
    return [{"text": text, "href": reverse(name), "current": path == reverse(name)} for text, name in pages]
