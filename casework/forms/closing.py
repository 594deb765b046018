"""Reading what a person types when a case is closed or opened again."""

from __future__ import annotations

from django import forms

from attendance_portal.gov_forms import GovForm
from casework.models import Case


class CloseForm(GovForm):
    """What came of the case, why it closes, and what worked."""

    outcome = forms.ChoiceField(
        label="What came of it?",
        choices=Case.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what came of it"},
    )
    reason = forms.CharField(
        label="Why does the case close now?",
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Enter why the case closes"},
    )
    what_worked = forms.CharField(
        label="What worked for this child?",
        help_text="Whoever helps this child next reads it. Leave it empty if nothing stands out",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
