"""What people type on the composed pages: filters and searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms

from attendance_portal.front.changes import KINDS
from attendance_portal.gov_forms import GovForm
from schools.models import School

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
