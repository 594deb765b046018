"""Reading whom a person invites to a case, and why."""

from __future__ import annotations

from typing import Any

from django import forms

from attendance_portal.gov_forms import GovForm
from casework.forms.cases import MemberField


class InviteForm(GovForm):
    """Who is invited, and what for."""

    invited = MemberField(
        label="Who should work on the case?",
        queryset=None,
        error_messages={"required": "Choose who should work on the case"},
    )
    why = forms.CharField(
        label="What for?",
        help_text="They read it, and it stands in the case’s history",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Enter what they are invited for"},
    )

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["invited"]
        field.queryset = people
