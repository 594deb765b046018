"""What is typed on the pages about who is behind with their registers."""

from __future__ import annotations

from typing import Any

from django import forms

from attendance_portal.gov_forms import GovForm
from schools.models.places import Phase


class BehindFilter(GovForm):
    """Which schools are looked at."""

    which = forms.ChoiceField(label="Schools", required=False, choices=[("", "Your schools"), ("all", "All schools")])
    state = forms.ChoiceField(
        label="Registers", required=False, choices=[("", "Behind or not complete"), ("all", "All")]
    )
    phase = forms.ChoiceField(label="Phase", required=False, choices=[("", "All"), *Phase.choices])
    q = forms.CharField(label="School name", required=False, max_length=150)

    @property
    def wanted(self) -> dict[str, str]:
        """What was chosen; what makes no sense narrows nothing."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class ChaseForm(GovForm):
    """Sending, and where a school was asked a few days ago, that it is meant."""

    again = forms.BooleanField(
        label="Write again to the schools that were asked in the last days",
        error_messages={"required": "Tick this if you mean to write again, or go back and untick those schools"},
    )

    def __init__(self, *args: Any, lately: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not lately:
            del self.fields["again"]
