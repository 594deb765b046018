"""Two records side by side, and pairs as lines of a list, in words."""

from __future__ import annotations

from typing import Any

from schools.children.child_words import enrolment_words
from schools.children.duplicates import Facts, Suspicion
from schools.models import PupilLink

HEADINGS = (
    "Surname", "Forename", "UPN", "Date of birth", "Surname of the other", "Forename of the other", "UPN of the other",
    "Date of birth of the other", "Evidence", "What was said", "By", "On",
)  # fmt: skip


def side_by_side(one: Facts, other: Facts) -> list[dict[str, Any]]:
    """The facts of both records under one another: what, of the first, of the second, and whether they agree."""
    rows = [
        ("Name", str(one.pupil), str(other.pupil)),
        ("Date of birth", _day(one), _day(other)),
        ("UPN", one.pupil.upn or "None held", other.pupil.upn or "None held"),
        ("Former UPNs", ", ".join(one.former_upns) or "None", ", ".join(other.former_upns) or "None"),
        ("Sex", _sex(one), _sex(other)),
    ]
    told = [{"what": what, "one": [mine], "other": [theirs], "agree": mine == theirs} for what, mine, theirs in rows]
    return [*told, {"what": "Schools", "one": _stays(one), "other": _stays(other), "agree": False}]


def _sex(facts: Facts) -> str:
    return {"M": "Male", "F": "Female"}.get(facts.pupil.sex, facts.pupil.sex) or "Not held"


def _day(facts: Facts) -> str:
    born = facts.pupil.date_of_birth
    return f"{born:%-d %B %Y}" if born else "Not held"


def _stays(facts: Facts) -> list[str]:
    return [f"{stay.school}: {enrolment_words(stay)}" for stay in facts.enrolments] or ["On no roll"]


def suspicion_line(one: Suspicion) -> list[Any]:
    """A suspected pair under `HEADINGS`."""
    return [*_of(one.one.pupil), *_of(one.other.pupil), one.said, "", "", ""]


def judged_line(link: PupilLink) -> list[Any]:
    """A pair that somebody judged, under `HEADINGS`."""
    said = f"{PupilLink.Verdict(link.verdict).label}: {link.reason}"
    return [*_of(link.pupil), *_of(link.other), link.evidence, said, link.made_by.name, f"{link.made_at:%Y-%m-%d}"]


def _of(pupil: Any) -> list[Any]:
    return [pupil.surname, pupil.forename, pupil.upn, pupil.date_of_birth]
