"""Reading what a person types about a referral."""

from __future__ import annotations

from typing import Any

from django import forms

from attendance_portal.gov_forms import GovForm
from casework.models import Referral, Service

_TEXT = 2000


class ReferralForm(GovForm):
    """To which service, and why."""

    service: forms.ModelChoiceField[Service] = forms.ModelChoiceField(
        label="Which service?",
        queryset=None,
        empty_label="Choose a service",
        error_messages={
            "required": "Choose a service",
            "invalid_choice": "Choose a service that takes referrals in the portal",
        },
    )
    reason = forms.CharField(
        label="Why, and what would help?",
        help_text="The service reads this with the child's name, year and school before it answers, and nothing more",
        max_length=_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Enter why you refer the child"},
    )

    def __init__(self, *args: Any, services: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["service"]
        field.queryset = services


class ReferralAnswerForm(GovForm):
    """Whether the service takes the child on; if not, why."""

    answer = forms.ChoiceField(
        label="Does your service take this child on?",
        choices=[("yes", "Yes, accept"), ("no", "No, decline")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether your service takes the child on"},
    )
    next_step = forms.CharField(
        label="What happens next", max_length=_TEXT, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    reason = forms.CharField(
        label="Why not, and who might help instead",
        max_length=_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    reveals = {"answer": {"yes": ("next_step",), "no": ("reason",)}}
    small = ("next_step", "reason")

    def clean(self) -> dict[str, Any]:
        typed = super().clean() or {}
        if typed.get("answer") == "no" and not typed.get("reason"):
            self.add_error("reason", "Enter the reason: whoever referred the child reads it")
        return typed


class ReferralFilter(GovForm):
    """What a list of referrals is narrowed to."""

    stage = forms.ChoiceField(label="Answer", required=False, choices=[("", "All"), *Referral.Stage.choices])
    service = forms.CharField(label="Name of the service", required=False, max_length=150)

    @property
    def wanted(self) -> dict[str, str]:
        """What was chosen; what makes no sense narrows nothing."""
        self.is_valid()
        return {name: self.cleaned_data.get(name, "") for name in self.fields}


class FindChildForm(GovForm):
    """Whom to refer, by name, UPN or the school's own number."""

    q = forms.CharField(label="Name, UPN or school number of the child", required=False, max_length=100)
