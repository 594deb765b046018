"""Reading why a change of a register is undone."""

from __future__ import annotations

from django import forms

from attendance_portal.gov_forms import GovForm


class UndoForm(GovForm):
    """The reason: it stands beside the change for good."""

    reason = forms.CharField(
        label="Why is this undone?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For example, “The file was of the wrong week”. Everyone who looks at the change reads it.",
        error_messages={"required": "Say why this is undone"},
    )
