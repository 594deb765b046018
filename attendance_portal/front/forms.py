"""What people type on the composed pages: filters and searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms

from attendance_portal.front.changes import KINDS
from attendance_portal.front.overview import STATE_WORDS, STATES, SchoolLine, Wanted
from attendance_portal.front.trail import Search, kind_words, kinds
from attendance_portal.gov_forms import GovDateField, GovForm
from schools.models import School
from schools.models.places import Phase

ANY = ("", "All")


def _one_of(label: str, choices: Sequence[tuple[str, str]]) -> forms.ChoiceField:
    """A choice that may be left at all of them."""
    return forms.ChoiceField(label=label, required=False, choices=[ANY, *choices])


class SeenForm(GovForm):
    """Up to which moment a person has seen what changed."""

    until = forms.DateTimeField(widget=forms.HiddenInput)


class ChangesForm(GovForm):
    """The filter of what changed."""

    kind = _one_of("What changed", [(kind.value, kind.label) for kind in KINDS])
    school = _one_of("School", [])
    period = forms.ChoiceField(
        label="When", required=False, choices=[("", "Since you last looked"), ("month", "The last 30 days")]
    )

    small: ClassVar = ("kind", "school", "period")

    def __init__(self, *args: Any, schools: Sequence[School], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["school"] = _one_of("School", [(school.urn, school.name) for school in schools])


class FindForm(GovForm):
    """What was typed to find a child."""

    q = forms.CharField(
        label="Name, UPN or the school’s own number",
        required=False,
        max_length=100,
        error_messages={"max_length": "Type 100 characters or fewer"},
    )


class OverviewForm(GovForm):
    """The filter of the overview: the schools of a phase, an area, an officer, or where their meetings stand."""

    phase = _one_of("Phase", [(str(value), str(label)) for value, label in Phase.choices])
    area = _one_of("Area", [])
    officer = _one_of("Named officer", [])
    state = _one_of("Meetings this term", [(state, STATE_WORDS[state]) for state in STATES])

    small: ClassVar = ("phase", "area", "officer", "state")

    def __init__(self, *args: Any, lines: Sequence[SchoolLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        areas = sorted({line.school.area for line in lines if line.school.area})
        officers = {str(line.officer.pk): line.officer.name for line in lines if line.officer}
        self.fields["area"] = _one_of("Area", [(area, area) for area in areas])
        self.fields["officer"] = _one_of("Named officer", sorted(officers.items(), key=lambda pair: pair[1]))

    @property
    def wanted(self) -> Wanted:
        """What was asked for; what makes no sense asks for nothing."""
        return Wanted(**self.cleaned_data) if self.is_valid() else Wanted()


class AuditForm(GovForm):
    """A search of the trail of events."""

    who = forms.CharField(label="Who", required=False, max_length=100)
    pupil = forms.CharField(label="Child: name, UPN or key", required=False, max_length=100)
    what = forms.ChoiceField(label="Action", required=False)
    from_on = GovDateField(label="From", required=False)
    until_on = GovDateField(label="Until", required=False)

    small: ClassVar = ("who", "pupil", "what", "from_on", "until_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["what"] = _one_of("Action", [(kind, kind_words(kind)) for kind in kinds()])

    @property
    def search(self) -> Search:
        """What was asked for; what makes no sense asks for nothing."""
        return Search(**self.cleaned_data) if self.is_valid() else Search()
