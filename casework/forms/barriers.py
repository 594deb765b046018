"""Reading what a person types about the list of barriers, and what a family said in its own words."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from attendance_portal.gov_forms import GovDateField, GovForm
from casework.forms.begun import BegunForm
from casework.models import OwnWords

_IN_SCHOOL, _OUT_OF_SCHOOL = "in", "out"


class AddBarrierForm(GovForm):
    """A barrier of the authority's own."""

    label = forms.CharField(
        label="What stands in the way",
        help_text="In words that a family could read, for example “Waiting for a school place”",
        max_length=100,
        error_messages={"required": "Enter what stands in the way"},
    )
    where = forms.ChoiceField(
        label="Where does it lie?",
        choices=[(_IN_SCHOOL, "In school"), (_OUT_OF_SCHOOL, "Out of school")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose where it lies"},
    )
    option_hints = {"where": {_OUT_OF_SCHOOL: "The authority and partners need to act together"}}

    @property
    def told(self) -> dict[str, Any]:
        """As `actions.barriers.add_barrier` takes it."""
        return {"label": self.cleaned_data["label"], "out_of_school": self.cleaned_data["where"] == _OUT_OF_SCHOOL}


class ChangeBarrierForm(BegunForm):
    """How a barrier is called, and whether it is offered."""

    label = forms.CharField(
        label="What it is called",
        help_text="It changes wherever the barrier is named, in cases and meetings too",
        max_length=100,
        error_messages={"required": "Enter what it is called"},
    )
    is_offered = forms.BooleanField(
        label="Offer it to choose from",
        help_text="Where it stands in a case already, it stays until somebody clears it there",
        required=False,
    )


class OwnWordsForm(GovForm):
    """What somebody of the family said, word by word."""

    speaker = forms.ChoiceField(
        label="Who said it?",
        choices=OwnWords.Speaker.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose who said it"},
    )
    whose = forms.CharField(label="Their name, if it was not the child", max_length=150, required=False)
    words = forms.CharField(
        label="Their own words",
        help_text="As they said them. They cannot be edited afterwards",
        max_length=5000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Enter what they said"},
    )
    said_on = GovDateField(label="When they said it", error_messages={"required": "Enter when they said it"})

    def __init__(self, *args: Any, on: dt.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on = on

    def clean_said_on(self) -> dt.date:
        day: dt.date = self.cleaned_data["said_on"]
        if day > self.on:
            raise ValidationError("The date must be today or in the past", code="late")
        return day
